import { checklist, checklistItems, type ChecklistItem } from './checklist.js';

/** How one check came out. */
export interface CheckResult {
  item: ChecklistItem;
  name: string;
  model?: string; // none for what concerns the package
  outcome: 'passed' | 'failed' | 'not applicable';
  detail?: string; // why it failed, or does not apply
}

/** The guide's handler checklist, filled in. */
export class ConformanceReport {
  constructor(
    readonly handler: string,
    readonly results: readonly CheckResult[],
  ) {}

  get failures(): CheckResult[] {
    return this.results.filter(({ outcome }) => outcome === 'failed');
  }

  get ok(): boolean {
    return this.failures.length === 0;
  }

  /** The checklist as text: a box for each item, ticked when all its checks passed, with what failed under it. */
  toString(): string {
    const lines = checklistItems.flatMap((item) => {
      const results = this.results.filter((result) => result.item === item);
      const failed = results.filter(({ outcome }) => outcome === 'failed');
      const passed = results.filter(({ outcome }) => outcome === 'passed').length;
      return [`[${passed > 0 && failed.length === 0 ? 'x' : ' '}] ${checklist[item]} (${passed} of ${passed + failed.length})`, ...failed.map(describeFailure)];
    });
    return [`Handler "${this.handler}"`, ...lines, ''].join('\n');
  }
}

function describeFailure({ name, model, detail }: CheckResult): string {
  return `    ${model === undefined ? '' : `${model}: `}${name}\n        ${(detail ?? '').replaceAll('\n', '\n        ')}`;
}
