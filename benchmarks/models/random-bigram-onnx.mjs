// A text model in ONNX format with random weights: what comes next depends on the last token alone. For testing without fetching anything.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { onnxInitializer, onnxInput, onnxModel, onnxNode, onnxOutput } from '@llmi/handler-testkit/onnx';
import { byteLevelTokenizer } from '@llmi/handler-testkit/tokenizers';
import { randomNumbers } from './random-schema.mjs';

/** Logits go from 0 to this: some tokens are several times as likely as others. */
const largestLogit = 4;

/**
 * Writes the folder of the model: byte-level BPE with `vocabulary` tokens, of which the first are `special`; the last of those ends an
 * answer, and the first begins a text. `template` is its chat template.
 */
export function writeRandomBigram(folder, { vocabulary = 384, context = 2048, seed = 7, special = ['<|endoftext|>', '<|im_start|>', '<|im_end|>'], template } = {}) {
  const random = randomNumbers(seed);
  const table = Float32Array.from({ length: vocabulary * vocabulary }, () => random() * largestLogit);
  const graph = onnxModel(
    onnxNode('Gather', ['table', 'input_ids'], ['logits']),
    onnxInitializer('table', [vocabulary, vocabulary], { raw: Buffer.from(table.buffer) }),
    onnxInput('input_ids', 'int64', 'batch', 'tokens'),
    onnxOutput('logits', 'float32', 'batch', 'tokens', vocabulary),
  );
  const files = {
    'onnx/model.onnx': graph,
    'config.json': JSON.stringify({ architectures: ['LlamaForCausalLM'], model_type: 'llama', max_position_embeddings: context, bos_token_id: 0, eos_token_id: special.length - 1 }),
    'tokenizer.json': JSON.stringify(byteLevelTokenizer(vocabulary, special)),
    'tokenizer_config.json': JSON.stringify({ tokenizer_class: 'PreTrainedTokenizerFast', bos_token: special[0], eos_token: special.at(-1), ...(template === undefined ? {} : { chat_template: template }) }),
  };
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
}
