import { existsSync, mkdtempSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { TemplateRenderer } from '@llmi/chat-template';
import type { GenerateEvent, GenerateRequest, ResultOf } from '@llmi/core';
import { blankImage, decodeImage, encodeImage } from '@llmi/media';
import { readModelFolder } from '@llmi/runtime-onnx';
import { TextTokenizer } from '@llmi/runtime-transformers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { folderLayout } from '../src/folder-layout.js';
import { loadMultimodal, MultimodalHandler } from '../src/index.js';
import { expandPictures, makePrompt } from '../src/make-prompt.js';
import { readMultimodalConfig, type MultimodalConfig } from '../src/multimodal-config.js';

const fixtures = join(process.env['LLMI_SHARED'] ?? resolve(import.meta.dirname, '../../../../shared'), 'fixtures');
const folder = join(fixtures, 'hub', 'llmi-fixtures', 'tiny-llava');

interface Case {
  inputs: { image: string; messages: { content: { type: string; text?: string }[] }[]; rendered: string };
  expect: { input_ids: number[]; output_ids: number[]; text: string; pixel_values: { first8: number[]; norm: number; mean: number } };
}

describe.skipIf(!existsSync(folder))('equal to the reference', () => {
  let golden: Case;
  let handler: MultimodalHandler;
  let config: MultimodalConfig;
  let tokenizer: TextTokenizer;
  let renderer: TemplateRenderer;
  let picture: Buffer;
  let question: string;
  beforeAll(async () => {
    golden = (JSON.parse(readFileSync(join(fixtures, 'golden', 'tiny-llava.json'), 'utf8')) as { cases: [Case] }).cases[0];
    picture = readFileSync(join(fixtures, 'golden', golden.inputs.image));
    question = golden.inputs.messages[0]!.content[1]!.text!;
    const info = await readModelFolder(folder, folderLayout);
    handler = new MultimodalHandler(info);
    await handler.loadModel(folder);
    tokenizer = await TextTokenizer.load(folder);
    config = await readMultimodalConfig(info, folder, tokenizer);
    renderer = new TemplateRenderer(config.template!);
  });
  afterAll(async () => {
    await handler?.[Symbol.asyncDispose]();
    await renderer?.[Symbol.asyncDispose]();
  });
  const base64 = () => picture.toString('base64');
  const promptOf = (request: GenerateRequest) => makePrompt(request, config, tokenizer, renderer);
  const say = async (request: GenerateRequest) => (await handler.generateText({ temperature: 0, ...request })) as ResultOf<'multimodal_response'>;

  it('a question with a picture becomes the same tokens', async () => {
    const { text, tokens } = await promptOf({ prompt: question, images: [base64()] });
    expect(text).toBe(golden.inputs.rendered);
    expect(expandPictures(tokens, config.imageToken.id, [config.expand(config.prepare(blankImage(42, 42, 3)), 9)])).toEqual(golden.expect.input_ids);
    const asParts = await promptOf({ messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: base64() } }, { type: 'text', text: question }] }] });
    expect(asParts.tokens).toEqual(tokens);
  });

  it('a picture is prepared to the same numbers', async () => {
    const { planes } = config.prepare(await decodeImage(picture));
    const { first8, norm, mean } = golden.expect.pixel_values;
    first8.forEach((value, index) => expect(planes[index]).toBeCloseTo(value, 4));
    expect(Math.sqrt(planes.reduce((sum, value) => sum + value * value, 0))).toBeCloseTo(norm, 3);
    expect(planes.reduce((sum, value) => sum + value, 0) / planes.length).toBeCloseTo(mean, 4);
  });

  it('is answered in the same words', async () => {
    const { output_ids: ids, text } = golden.expect;
    const answer = await say({ prompt: question, images: [base64()], maxTokens: ids.length, stopSequences: undefined });
    expect(answer.text).toBe(text);
    expect(answer.usage).toMatchObject({ promptTokens: golden.expect.input_ids.length, completionTokens: ids.length });
  });

  it('another picture is answered in other words; several are read in order', async () => {
    const black = Buffer.from(await encodeImage({ ...blankImage(42, 42, 3) })).toString('base64');
    const [of, other, both, swapped] = await Promise.all([[base64()], [black], [base64(), black], [black, base64()]].map((images) => say({ prompt: question, images, maxTokens: 8 })));
    expect(new Set([of!.text, other!.text, both!.text, swapped!.text]).size).toBe(4);
    expect(both!.usage.promptTokens).toBeGreaterThan(of!.usage.promptTokens);
  });

  it('goes on with a conversation, with the picture where it was', async () => {
    const messages = [
      { role: 'user' as const, content: [{ type: 'image_url' as const, image_url: { url: base64() } }, { type: 'text' as const, text: question }] },
      { role: 'assistant' as const, content: 'A field.' },
      { role: 'user' as const, content: 'Which colour?' },
    ];
    const { text, pictures } = await promptOf({ messages });
    expect(text).toBe(`USER: <image>\n${question} ASSISTANT: A field. USER: Which colour? ASSISTANT:`);
    expect(pictures).toHaveLength(1);
    expect((await say({ messages, maxTokens: 4 })).usage.completionTokens).toBe(4);
  });

  it('text that reads like a control token steers nothing', async () => {
    const { tokens, pictures } = await promptOf({ prompt: 'What is <image> and <|eot_id|>?', images: [base64()] });
    expect(pictures).toHaveLength(1);
    expect(tokens.filter((id) => id === config.imageToken.id)).toHaveLength(1);
    expect(tokens).not.toContain(tokenizer.special.eos);
  });

  it('streams, and stops when told to', async () => {
    const stop = new AbortController();
    const events: GenerateEvent[] = [];
    await expect(async () => {
      for await (const event of handler.generateStream({ prompt: question, images: [base64()], maxTokens: 200 }, { signal: stop.signal })) {
        events.push(event);
        if (events.filter(({ type }) => type === 'text').length === 3) stop.abort(new Error('enough'));
      }
    }).rejects.toThrow('enough');
    expect(events[0]).toMatchObject({ type: 'progress', stage: 'pictures' });
    expect(events.filter(({ type }) => type === 'text').length).toBeLessThanOrEqual(4);
  });

  it('draws with a seed', async () => {
    const draw = (seed: number) => say({ prompt: question, images: [base64()], temperature: 2, seed, maxTokens: 12 });
    expect((await draw(1)).text).toBe((await draw(1)).text);
    expect((await draw(2)).text).not.toBe((await draw(1)).text);
  });

  it.each([
    [{ prompt: 'x', mode: 'dream' }, 'MODE_UNSUPPORTED', 'mode'],
    [{ images: ['a'] }, 'INPUT_INVALID', 'prompt'],
    [{ prompt: 'x', texts: ['a'] }, 'INPUT_UNSUPPORTED', 'texts'],
  ])('%j is refused', (request, code, param) => {
    expect(handler.validateInputs(request)).toMatchObject({ ok: false, code, param });
  });

  it('a broken picture and a conversation that is too long are refused', async () => {
    await expect(say({ prompt: 'x', images: [Buffer.from('no picture').toString('base64')] })).rejects.toMatchObject({ param: 'images[0]' });
    await expect(say({ prompt: 'word '.repeat(600), images: [base64()] })).rejects.toMatchObject({ code: 'CONTEXT_LENGTH_EXCEEDED' });
  });

  it('takes the quantized files where they are asked for, and says what each needs', async () => {
    expect(handler.getModelCapabilities()).toMatchObject({ inputModalities: ['text', 'image'], outputModalities: ['text'] });
    const { memoryRequirements } = await handler.analyze();
    expect(memoryRequirements.recommended).toBeGreaterThanOrEqual(memoryRequirements.min);
    expect(await handler.validateModelFiles(folder)).toEqual({ ok: true });
  });

  it('a model without its decoder is named as such', async () => {
    const copy = mkdtempSync(join(tmpdir(), 'llmi-llava-'));
    for (const name of readdirSync(folder)) if (name !== 'onnx') symlinkSync(join(folder, name), join(copy, name));
    await expect(loadMultimodal(copy)).rejects.toMatchObject({ code: 'MODEL_FILE_MISSING' });
  });
});
