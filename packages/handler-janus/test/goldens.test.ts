import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { GenerateEvent, ResultOf } from '@llmi/core';
import { decodeImage } from '@llmi/media';
import { readModelFolder } from '@llmi/runtime-onnx';
import { TextTokenizer } from '@llmi/runtime-transformers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { folderLayout } from '../src/folder-layout.js';
import { JanusHandler } from '../src/index.js';
import { readJanusConfig } from '../src/janus-config.js';
import { JanusGraphs } from '../src/janus-graphs.js';
import { paint } from '../src/paint.js';
import { preparePicture } from '../src/prepare-picture.js';
import { conversationOf, paintingPrompt, tokensOf } from '../src/prompt.js';
import type { JanusModel } from '../src/understand.js';

const fixtures = join(process.env['LLMI_SHARED'] ?? resolve(import.meta.dirname, '../../../../shared'), 'fixtures');
const folder = join(fixtures, 'hub', 'llmi-fixtures', 'tiny-janus');
const asset = (name: string) => readFileSync(join(fixtures, 'golden', name));

interface Case {
  inputs: { image?: string; messages: { content: string }[]; rendered: string };
  expect: { input_ids: number[]; output_ids: number[]; text: string; image_token_ids: number[]; pixel_values: { first8: number[]; norm: number; mean: number }; image: string; size: [number, number] };
}

describe.skipIf(!existsSync(folder))('equal to the reference', () => {
  let cases: Case[];
  let model: JanusModel;
  let handler: JanusHandler;
  beforeAll(async () => {
    cases = (JSON.parse(asset('tiny-janus.json').toString()) as { cases: Case[] }).cases;
    const info = await readModelFolder(folder, folderLayout);
    const config = await readJanusConfig(info, folder);
    model = { config, tokenizer: await TextTokenizer.load(folder), graphs: await JanusGraphs.load(folder, info, config, {}) };
    handler = new JanusHandler(info);
    await handler.loadModel(folder);
  });
  afterAll(async () => {
    await model?.graphs[Symbol.asyncDispose]();
    await handler?.[Symbol.asyncDispose]();
  });
  const question = () => cases[0]!.inputs.messages[0]!.content.split('\n')[1]!;
  const picture = () => asset(cases[0]!.inputs.image!).toString('base64');

  it('a conversation is rendered and cut into the same tokens', () => {
    const { text } = conversationOf({ prompt: question(), images: [picture()] }, model.config.imageTag);
    expect(text).toBe(cases[0]!.inputs.rendered);
    expect(conversationOf({ messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: picture() } }, { type: 'text', text: question() }] }] }, model.config.imageTag).text).toBe(text);
    expect(tokensOf(text, model.tokenizer, model.config)).toEqual(cases[0]!.expect.input_ids);
    const painting = paintingPrompt({ prompt: cases[1]!.inputs.messages[0]!.content }, model.config);
    expect(painting).toBe(cases[1]!.inputs.rendered);
    expect(model.tokenizer.encode(painting, { addSpecialTokens: false })).toEqual(cases[1]!.expect.input_ids);
  });

  it('a picture is prepared to the same numbers', async () => {
    const planes = preparePicture(await decodeImage(asset(cases[0]!.inputs.image!)), model.config.picture);
    const { first8, norm, mean } = cases[0]!.expect.pixel_values;
    first8.forEach((value, index) => expect(planes[index]).toBeCloseTo(value, 4));
    expect(Math.sqrt(planes.reduce((sum, value) => sum + value * value, 0))).toBeCloseTo(norm, 2);
    expect(planes.reduce((sum, value) => sum + value, 0) / planes.length).toBeCloseTo(mean, 4);
  });

  it('the picture is described in the same words', async () => {
    const { output_ids: ids, text } = cases[0]!.expect;
    const answer = (await handler.generateText({ prompt: question(), images: [picture()], maxTokens: ids.length, temperature: 0 })) as ResultOf<'multimodal_response'>;
    expect(answer.text).toBe(text);
    expect(answer.usage).toMatchObject({ promptTokens: cases[0]!.expect.input_ids.length, completionTokens: ids.length });
  });

  it('the same codes make the same picture, without guidance and luck', async () => {
    const painting = paint(model, { prompt: cases[1]!.inputs.messages[0]!.content, guidanceScale: 1, temperature: 0 });
    let step = await painting.next();
    const events: GenerateEvent[] = [];
    for (; !step.done; step = await painting.next()) events.push(step.value);
    expect(step.value.codes).toEqual([cases[1]!.expect.image_token_ids]);
    expect(events.filter(({ type }) => type === 'progress')).toHaveLength(model.config.imageTokens);
    const [made, expected] = await Promise.all([decodeImage(Buffer.from(step.value.images[0]!, 'base64')), decodeImage(asset(cases[1]!.expect.image))]);
    expect([made.width, made.height]).toEqual(cases[1]!.expect.size);
    const off = made.data.reduce((most, byte, index) => Math.max(most, Math.abs(byte - expected.data[index]!)), 0);
    expect(off).toBeLessThanOrEqual(1);
  });

  it('guidance and temperature draw from a seed: the same one gives the same picture, another one another', async () => {
    const make = async (seed: number) => (await handler.generateImage({ prompt: 'a lighthouse', mode: 'generate', seed, guidanceScale: 1, temperature: 2 })).image;
    const [first, again, other] = [await make(1), await make(1), await make(2)];
    expect(again).toBe(first);
    expect(other).not.toBe(first);
    const two = await handler.generateImage({ prompt: 'a lighthouse', mode: 'generate', seed: 1, guidanceScale: 1, temperature: 2, numImages: 2 });
    expect(two.images).toEqual([first, other]);
    expect(two.metadata).toMatchObject({ format: 'png', guidance_scale: 1 });
  });

  it('guidance compares with the same prompt without its words', async () => {
    const codesAt = async (guidanceScale: number) => {
      const painting = paint(model, { prompt: 'a blue circle over a green field', guidanceScale, temperature: 0 });
      let step = await painting.next();
      while (!step.done) step = await painting.next();
      return step.value.codes[0]!;
    };
    expect(await codesAt(5)).not.toEqual(await codesAt(1));
    expect(await codesAt(5)).toHaveLength(model.config.imageTokens);
  });

  it('is stopped within a code', async () => {
    const stop = new AbortController();
    const events: GenerateEvent[] = [];
    await expect(async () => {
      for await (const event of handler.generateStream({ prompt: 'x', mode: 'generate' }, { signal: stop.signal })) {
        events.push(event);
        if (events.length === 5) stop.abort(new Error('enough'));
      }
    }).rejects.toThrow('enough');
    expect(events.length).toBeLessThanOrEqual(6);
  });

  it.each([
    [{ prompt: 'x', mode: 'dream' }, 'MODE_UNSUPPORTED', 'mode'],
    [{ prompt: 'x', mode: 'generate', images: ['a'] }, 'INPUT_UNSUPPORTED', 'images'],
    [{ images: ['a'] }, 'INPUT_INVALID', 'prompt'],
    [{ prompt: 'x', width: 512 }, 'INPUT_UNSUPPORTED', 'width'],
  ])('%j is refused', (request, code, param) => {
    expect(handler.validateInputs(request)).toMatchObject({ ok: false, code, param });
  });

  it('a broken picture, and one too many for the context, are refused', async () => {
    await expect(handler.generateText({ prompt: 'x', images: [Buffer.from('no picture').toString('base64')] })).rejects.toMatchObject({ param: 'images[0]' });
    await expect(handler.generateText({ prompt: 'x', images: new Array<string>(12).fill(picture()) })).rejects.toMatchObject({ code: 'CONTEXT_LENGTH_EXCEEDED' });
  });

  it('says what it needs', async () => {
    const { memoryRequirements, diskBytes } = await handler.analyze();
    expect(memoryRequirements.recommended).toBeGreaterThanOrEqual(memoryRequirements.min);
    expect(diskBytes).toBeGreaterThan(1e6);
    expect(await handler.validateModelFiles(folder)).toEqual({ ok: true });
    expect(handler.getModelCapabilities()).toMatchObject({ inputModalities: ['text', 'image'], outputModalities: ['text', 'image'] });
  });
});
