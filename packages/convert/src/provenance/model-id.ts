import { isLower, title } from './python-text.js';

/** What the name of a model tells: `Qwen/Qwen3-0.6B-Instruct` is of Qwen, has 0.6B parameters and is a finetune. */
export interface ModelIdParts {
  fullName?: string;
  organization?: string;
  basename?: string;
  finetune?: string;
  version?: string;
  sizeLabel?: string;
}

type PartKind = 'basename' | 'size' | 'finetune' | 'version' | 'type';

interface NamePart {
  text: string;
  kinds: Set<PartKind>;
}

/**
 * Takes a model's name apart at its dashes.
 *
 * @param totalParameters of the model at hand: a "size" far from it is a context length. Negative for an adapter
 * Source: Metadata.get_model_id_components of llama.cpp's gguf-py/gguf/metadata.py
 */
export function modelIdParts(id: string, totalParameters: number): ModelIdParts {
  if (id.includes(' ')) return { fullName: id };
  const slash = id.indexOf('/');
  let organization = slash < 0 ? undefined : id.slice(0, slash);
  const fullName = slash < 0 ? id : id.slice(slash + 1);
  if (organization?.startsWith('.')) organization = undefined;
  const parts = fullName.split('-').filter((text) => text !== '').map((text): NamePart => ({ text, kinds: new Set() }));
  parts.forEach((part, index) => annotate(part, index, totalParameters));
  dropWordSizes(parts);
  annotateBasename(parts);
  const join = (kind: PartKind, of = parts.filter(({ kinds }) => kinds.has(kind))) => of.map(({ text }) => text).join('-') || undefined;
  const sizes = [...new Set(parts.filter(({ kinds }) => kinds.has('size')).map(({ text }) => text))].join('-') || undefined;
  const version = join('version', parts.filter(({ kinds }) => kinds.has('version') && !kinds.has('basename')));
  const finetune = join('finetune');
  const isAmbiguous = sizes === undefined && finetune === undefined && version === undefined;
  return { fullName, organization, basename: isAmbiguous ? undefined : join('basename'), finetune, version, sizeLabel: sizes };
}

function annotate(part: NamePart, index: number, totalParameters: number): void {
  if (/^(v|iter)?\d+([.]\d+)*$/i.test(part.text)) {
    part.kinds.add('version');
  } else if (/^(i?q\d(_\w)*|b?fp?(16|32))$/i.test(part.text)) {
    part.kinds.add('type');
    part.text = part.text.toUpperCase();
  } else if (index > 0 && /^((([A]|\d+[x])?\d+([._]\d+)?[KMBT][\d]?)|small|mini|medium|large|x?xl)$/i.test(part.text)) {
    annotateSize(part, totalParameters);
  } else if (index > 0 && /^(chat|instruct|vision|lora)$/i.test(part.text)) {
    part.kinds.add(totalParameters < 0 && part.text.toLowerCase() === 'lora' ? 'type' : 'finetune');
  }
}

function annotateSize(part: NamePart, totalParameters: number): void {
  let text = part.text.replace(/_/g, '.');
  if (/\d$/.test(text)) text = `${text.slice(0, -2)}.${text.at(-1)}${text.at(-2)}`; // bloom-7b1
  if (/\d[kmbt]$/.test(text)) text = text.slice(0, -1) + text.at(-1)!.toUpperCase();
  const number = Number(text.slice(0, -1));
  if (totalParameters !== 0 && text.length > 1 && !Number.isNaN(number)) {
    const named = number * 1000 ** ' KMBT'.indexOf(text.at(-1)!);
    const total = Math.abs(totalParameters);
    const isOther = totalParameters < 0 ? named < Math.floor(total / 8) : Math.abs(named - total) > Math.floor((7 * total) / 8);
    if (isOther) {
      part.kinds.add('finetune');
      text = text.slice(0, -1) + text.at(-1)!.toLowerCase();
    }
  }
  if (part.kinds.size === 0) part.kinds.add('size');
  part.text = text;
}

/** `small` says nothing where there is a number. */
function dropWordSizes(parts: readonly NamePart[]): void {
  const sizes = parts.filter(({ kinds }) => kinds.has('size'));
  if (!sizes.some(({ text }) => /\d/.test(text))) return;
  for (const { text, kinds } of sizes) if (/^\p{L}+$/u.test(text)) kinds.delete('size');
}

function annotateBasename(parts: readonly NamePart[]): void {
  let isStart = true;
  for (const { text, kinds } of parts) {
    if (isStart && ((kinds.size === 0 && /^\p{L}/u.test(text)) || kinds.has('version'))) {
      kinds.add('basename');
    } else {
      isStart = false;
      if (kinds.size === 0) kinds.add('finetune');
    }
  }
  for (const { kinds } of [...parts].reverse()) {
    if (!kinds.has('basename') || kinds.size === 1) break;
    kinds.delete('basename'); // a version at the end is no part of the name
  }
}

/** A name as a title: words in small letters get a capital, acronyms and versions stay. */
export function idToTitle(id: string): string {
  const words = id.trim().replace(/-/g, ' ').split(/\s+/).filter((word) => word !== '');
  return words.map((word) => (isLower(word) && !/^(v\d+(?:\.\d+)*|\d.*)$/.test(word) ? title(word) : word)).join(' ');
}
