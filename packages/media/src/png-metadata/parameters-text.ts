/** Fields of a record by what stable-diffusion-webui calls them. */
const labels: Record<string, string> = {
  Steps: 'num_inference_steps',
  Sampler: 'scheduler',
  'CFG scale': 'guidance_scale',
  Seed: 'seed',
  'Denoising strength': 'strength',
  'Clip skip': 'clip_skip',
  Model: 'model',
};
const negativeLabel = 'Negative prompt: ';
const numeric = /^-?\d+(\.\d+)?$/;

/**
 * How a picture came about, as stable-diffusion-webui writes it and other programs read it: the prompt, the negative prompt, and a
 * line of settings. Its clip skip counts from 1 for no layer left out, ours from 0.
 */
export function parametersText(record: Readonly<Record<string, unknown>>): string {
  const textOf = (value: unknown) => (typeof value === 'string' || typeof value === 'number' ? String(value) : '');
  const settings = Object.entries(labels).flatMap(([label, field]) => {
    const value = field === 'clip_skip' && typeof record[field] === 'number' ? record[field] + 1 : record[field];
    return textOf(value) === '' ? [] : [`${label}: ${textOf(value)}`];
  });
  if (textOf(record.width) !== '' && textOf(record.height) !== '') settings.push(`Size: ${textOf(record.width)}x${textOf(record.height)}`);
  const negative = textOf(record.negative_prompt);
  return [textOf(record.prompt), ...(negative === '' ? [] : [negativeLabel + negative]), settings.join(', ')].filter((line, index) => index === 0 || line !== '').join('\n');
}

/** The record behind such a text; what it does not know is left out. */
export function parseParametersText(text: string): Record<string, unknown> {
  const lines = text.split('\n');
  const hasSettings = /^Steps: \d+/.test(lines.at(-1) ?? '');
  const settings = hasSettings ? lines.pop()! : '';
  const negativeAt = lines.findIndex((line) => line.startsWith(negativeLabel));
  const prompt = lines.slice(0, negativeAt < 0 ? undefined : negativeAt).join('\n');
  const negative = negativeAt < 0 ? '' : lines.slice(negativeAt).join('\n').slice(negativeLabel.length);
  const record: Record<string, unknown> = { prompt, ...(negative === '' ? {} : { negative_prompt: negative }) };
  for (const part of settings.split(', ')) {
    const [, label = '', value = ''] = /^([^:]+): (.+)$/.exec(part) ?? [];
    const size = label === 'Size' ? /^(\d+)x(\d+)$/.exec(value) : undefined;
    if (size) Object.assign(record, { width: Number(size[1]), height: Number(size[2]) });
    const field = labels[label];
    if (field !== undefined) record[field] = numeric.test(value) ? Number(value) - (field === 'clip_skip' ? 1 : 0) : value;
  }
  return record;
}
