import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { byteLevelTokenizer, tinyFolder, type TinyFolder } from '../../test/helpers/tiny-model.js';
import { GgufMetadata } from '../gguf/metadata.js';
import { ModelFolder } from '../model-folder.js';
import { writeSpecialTokens } from './special-tokens.js';
import { TokenizerFiles } from './tokenizer-files.js';

let folder: TinyFolder;
beforeEach(() => {
  folder = tinyFolder();
});
afterEach(() => folder.remove());

async function written(): Promise<GgufMetadata> {
  const metadata = new GgufMetadata('llama');
  const open = await ModelFolder.open(folder.path);
  await writeSpecialTokens(metadata, open, await TokenizerFiles.read(open));
  return metadata;
}

const text = (metadata: GgufMetadata) => Buffer.concat(metadata.encode()).toString('utf8');

describe('tokens with a role', () => {
  it('come from the tokenizer first, and from config.json where it is silent', async () => {
    folder.write('config.json', { bos_token_id: 5, sep_token_id: 6, unk_token_id: [1, 2] });
    const metadata = await written();
    expect(['bos', 'eos', 'padding', 'seperator', 'unknown'].map((role) => metadata.number(`tokenizer.ggml.${role}_token_id`))).toEqual([257, 258, 259, 6, undefined]);
  });

  it('keep the declared end as end of turn when the template ends with another', async () => {
    const { tokenizer } = byteLevelTokenizer();
    const special = (id: string) => ({ SpecialToken: { id, type_id: 0 } });
    folder.write('tokenizer.json', { ...tokenizer, post_processor: { type: 'TemplateProcessing', single: [{ Sequence: { id: 'A', type_id: 0 } }, special('<|user|>')], pair: [] } });
    const metadata = await written();
    expect(metadata.number('tokenizer.ggml.eos_token_id')).toBe(260);
    expect(metadata.number('tokenizer.ggml.eot_token_id')).toBe(258);
    expect(metadata.has('tokenizer.ggml.add_eos_token')).toBe(true);
    expect(metadata.has('tokenizer.ggml.add_bos_token')).toBe(false);
  });
});

describe('chat templates', () => {
  it('come from chat_template.jinja where tokenizer_config.json has none, its companions by name', async () => {
    folder.write('tokenizer_config.json', { bos_token: '<|begin|>' });
    folder.write('chat_template.jinja', 'from the file');
    expect(text(await written())).toContain('from the file');
  });

  it('may be several: each under its name, the default one in its place', async () => {
    folder.write('tokenizer_config.json', { chat_template: [{ name: 'default', template: 'plain' }, { name: 'tool use', template: 'tools' }] });
    const metadata = await written();
    expect(metadata.has('tokenizer.chat_template')).toBe(true);
    expect(metadata.has('tokenizer.chat_template.tool_use')).toBe(true);
    expect(metadata.has('tokenizer.chat_templates')).toBe(true);
  });
});
