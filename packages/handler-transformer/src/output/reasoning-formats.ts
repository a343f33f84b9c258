/** The tags around a model's thinking. */
export interface ReasoningFormat {
  open: string;
  close: string;
  /** Tags around the answer proper, left out of it. */
  noise?: readonly string[];
}

/** Known tags, by what a template writes. The more special ones come first. */
const formats: readonly ReasoningFormat[] = [
  { open: '<|START_THINKING|>', close: '<|END_THINKING|>', noise: ['<|START_RESPONSE|>', '<|END_RESPONSE|>', '<|START_TEXT|>', '<|END_TEXT|>'] }, // Command A, Command R7B
  { open: '<seed:think>', close: '</seed:think>' }, // Seed-OSS
  { open: '[THINK]', close: '[/THINK]' }, // Magistral, Mistral Small 4
  { open: '◁think▷', close: '◁/think▷' }, // Kimi
  { open: '<|inner_prefix|>', close: '<|inner_suffix|>' }, // Apertus
  { open: '<|channel>thought', close: '<channel|>' }, // Gemma 4
  { open: '<thought>', close: '</thought>' }, // EXAONE Deep
  { open: '<reasoning>', close: '</reasoning>' },
  { open: '<thinking>', close: '</thinking>' },
  { open: '<think>', close: '</think>' }, // DeepSeek R1, Qwen, GLM, and most others
];

/** Templates of models that think without saying so in their template: by the close tag alone, which they cut out of earlier turns. */
export function reasoningFormat(template: string): ReasoningFormat | undefined {
  return formats.find(({ open, close }) => template.includes(open) || template.includes(close));
}
