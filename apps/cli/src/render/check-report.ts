import type { CheckReport, HandlerRank } from '@llmi/engine';
import { formatBytes, formatCount } from '@llmi/core/units';
import type { Colours } from './colours.js';
import { factsDocument } from './model-document.js';
import { toDocument } from './snake-case.js';
import { formatFacts, formatTable } from './table.js';

/** The report for programs. */
export function checkDocument(report: CheckReport): unknown {
  return toDocument({ ...report, model: factsDocument(report.model) });
}

/** The report for a person. */
export function formatCheck(report: CheckReport, { explain, colours }: { explain: boolean; colours: Colours }): string[] {
  const { model, handler, choice, requirements, machine } = report;
  const { tasks } = report.capabilities;
  const task = model.pipelineTag ?? tasks[0];
  const taker = report.ranking.find((rank) => rank.handler === handler.name);
  const facts: [string, string | undefined][] = [
    ['adapter', report.adapter && `${report.adapter.id}, ${formatBytes(report.adapter.sizeBytes)}, of the model below`],
    ['model', [model.id, model.revision?.slice(0, 12)].filter(Boolean).join(' at ')],
    ['kind', [model.architectures[0], model.modelType].filter(Boolean).join(', ')],
    ['task', task],
    ['parameters', requirements.parameterCount === undefined ? undefined : `${formatCount(requirements.parameterCount)} (from the ${requirements.parameterSource})`],
    ['context', requirements.maxContextLength === undefined ? undefined : `${requirements.maxContextLength} tokens${contextNote(requirements)}`],
    ['licence', model.license],
    ['handler', `${handler.name} of ${handler.package} ${handler.version}${taker ? `, since ${because(taker)}` : ''}`],
    ['files', `${formatWeights(choice)}${choice.files.length} ${choice.files.length === 1 ? 'file' : 'files'}, ${formatBytes(choice.sizeBytes)}\n${choice.reason}`],
    ['or', report.quantizations.length > 1 ? undefined : choice.alternatives.map(({ name, diskBytes }) => `${name} ${formatBytes(diskBytes)}`).join(', ')],
    ['does', tasks.join() === task ? undefined : tasks.join(', ')],
    ['speed', report.speed && `about ${formatSpeed(report.speed)} on the processor`],
    ['machine', formatMachine(machine)],
  ];
  return [
    ...formatFacts(facts),
    '',
    ...formatRequirements(report, colours),
    ...formatQuantizations(report, colours),
    ...formatNotes(report.notes, colours),
    ...(explain ? ['', ...formatRanking(report.ranking, colours)] : []),
    '',
    ...formatVerdict(report.verdict, colours),
  ];
}

/** `12 tokens per second`; `0.5 texts of 32 tokens per second`. */
function formatSpeed({ unit, perSecond }: NonNullable<CheckReport['speed']>): string {
  const rounded = Number(perSecond.toPrecision(2)); // an estimate is not known better
  const [noun, ...rest] = unit.split(' ');
  return [rounded, rounded === 1 ? noun : `${noun}s`, ...rest, 'per second'].join(' ');
}

/** Vector instructions that decide how fast a processor computes, as people call them. */
const featureNames: Record<string, string> = { avx2: 'AVX2', avx512f: 'AVX-512', avx512_vnni: 'AVX-512 VNNI', amx_int8: 'AMX', i8mm: 'I8MM', sve: 'SVE' };

function formatMachine({ cores, cpuFeatures = [], memoryFreeBytes, memoryTotalBytes, diskFreeBytes, gpus }: CheckReport['machine']): string {
  const features = cpuFeatures.flatMap((feature) => featureNames[feature] ?? []);
  return [
    `${cores} ${cores === 1 ? 'core' : 'cores'}${features.length === 0 ? '' : ` with ${features.join(', ')}`}`,
    `${formatBytes(memoryFreeBytes)} of ${formatBytes(memoryTotalBytes)} memory free`,
    `${formatBytes(diskFreeBytes)} disk free`,
    ...gpus.map(({ name, memoryBytes }) => (memoryBytes === undefined ? name : `${name} with ${formatBytes(memoryBytes)}`)),
  ].join(', ');
}

/** `Q8_0 (gguf), `; empty for a handler with a format of its own. */
export function formatWeights({ quantization, format }: CheckReport['choice']): string {
  const name = [quantization, format === undefined ? undefined : `(${format})`].filter((part) => part !== undefined).join(' ');
  return name === '' ? '' : `${name}, `;
}

function contextNote({ defaultContextLength, maxContextLength }: CheckReport['requirements']): string {
  return defaultContextLength === undefined || defaultContextLength === maxContextLength ? '' : `, of which ${defaultContextLength} are used unless told otherwise`;
}

/** What the memory adds up from, so that a person can check it. */
function formatRequirements({ requirements }: CheckReport, colours: Colours): string[] {
  const { min, recommended } = requirements.memoryRequirements;
  const parts = requirements.memoryParts.map(({ name, bytes, derivation }) => [`  ${name}`, formatBytes(bytes), colours.dim(derivation)]);
  const needs = min === recommended ? `It needs ${gigabytes(min)} of memory` : `It needs ${gigabytes(min)} of memory at least, ${gigabytes(recommended)} for its whole work`;
  return parts.length === 0 ? [`${needs}.`] : [`${needs}:`, ...formatTable(['  PART', 'BYTES', 'FROM'].map(colours.bold), parts)];
}

/** What else the repository offers, and what would fit: the chosen one is marked. */
function formatQuantizations({ quantizations, choice, machine }: CheckReport, colours: Colours): string[] {
  if (quantizations.length < 2) return [];
  const rows = quantizations.map(({ name, diskBytes, memoryBytes }) => [
    `  ${name}`,
    formatBytes(diskBytes),
    formatBytes(memoryBytes),
    memoryBytes <= machine.memoryFreeBytes ? colours.green('yes') : colours.red('no'),
    name === choice.quantization ? 'chosen' : '',
  ]);
  return ['', 'On offer:', ...formatTable(['  WEIGHTS', 'DISK', 'MEMORY', 'FITS', ''].map(colours.bold), rows)];
}

const gigabytes = (value: number) => formatBytes(value * 1e9);

/** What the handler has to say of this model on this machine. */
export function formatNotes(notes: CheckReport['notes'], colours: Colours): string[] {
  return Object.entries(notes).map(([subject, note]) => `${colours.yellow('note')} ${subject}: ${note}`);
}

export function formatVerdict({ fits, tight, reason, hint }: CheckReport['verdict'], colours: Colours): string[] {
  const word = fits ? (tight ? colours.yellow('It is tight.') : colours.green('It fits.')) : colours.red('It does not fit.');
  return [`${word} ${reason}`, ...(hint === undefined ? [] : [`  ${hint}`])];
}

const because = (rank: HandlerRank) => rank.reasons.map(({ explanation }) => explanation)[0] ?? rank.refusal ?? 'nothing fits';

function formatRanking(ranking: HandlerRank[], colours: Colours): string[] {
  const rows = ranking.map((rank) => [
    rank.taken ? colours.green('yes') : 'no',
    rank.handler,
    rank.package,
    String(rank.specificity),
    String(rank.priority),
    [...rank.reasons.map(({ explanation }) => explanation), ...(rank.refusal === undefined ? [] : [`but ${rank.refusal}`])].join('; ') || 'nothing of it fits',
  ]);
  return formatTable(['TAKES', 'HANDLER', 'PACKAGE', 'SPECIFIC', 'PRIORITY', 'WHY'].map(colours.bold), rows);
}
