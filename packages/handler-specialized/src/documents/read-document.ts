import { doneEvent, type GenerateRequest } from '@llmi/core';
import { bytesOfBase64, decodeImage } from '@llmi/media';
import { chooseGraphs, modelJson, OnnxSeq2SeqModel, seq2seqGraphs, TextStream, textOfTokens } from '@llmi/runtime-transformers';
import { generationFields, generationSettings } from '../generation-settings.js';
import { invalid } from '../invalid-input.js';
import type { Specialist, SpecialistKind } from '../specialist.js';
import { pictureTensor, readPicturePlan } from './document-picture.js';
import { fieldsOfTags } from './tagged-fields.js';

/** Reads what is written in a picture. */
export const readDocumentKind: SpecialistKind = {
  graphs: (model, dtype) => chooseGraphs(model, seq2seqGraphs, dtype),
  fields: ['image', 'images', 'prompt', 'question', ...generationFields],
  modes: { auto: 'The text in the picture, as the model writes it.', fields: 'What is in the document as JSON, for models that tag its fields (Donut).' },
  check({ image, images, prompt, question }: GenerateRequest) {
    if (image !== undefined && images !== undefined) throw invalid('images', 'Both "image" and "images" are given.', 'Give one of the two.');
    if (image === undefined && images?.length !== 1) throw invalid('image', images === undefined ? 'There is no picture to read.' : 'One picture is read at a time.', 'Give "image": base64 or a data URL.');
    if (prompt !== undefined && question !== undefined) throw invalid('question', 'Both "prompt" and "question" are given.', 'Give one of the two.');
  },
  async load({ model, folder, options }): Promise<Specialist> {
    const [config, preprocessor] = await Promise.all([modelJson(model, folder, 'config.json'), modelJson(model, folder, 'preprocessor_config.json')]);
    const plan = readPicturePlan(preprocessor, config ?? {});
    const reader = await OnnxSeq2SeqModel.load(folder, model, options);
    const { tokenizer } = reader;
    const isDonut = /donut/i.test(String((config?.encoder as { model_type?: unknown } | undefined)?.model_type));
    return {
      info: reader.info,
      async *run(request, _task, signal) {
        const started = performance.now();
        const param = request.image === undefined ? 'images[0]' : 'image';
        const picture = await decodeImage(bytesOfBase64((request.image ?? request.images![0])!, param), { param, signal });
        const input = reader.encoderInputs.find(({ shape }) => shape.length === 4) ?? reader.encoderInputs[0]!;
        const encoded = await reader.encode({ [input.name]: pictureTensor(picture, plan, input) }, signal);
        const prepared = performance.now();
        const tagged = request.mode === 'fields';
        const start = startOf(request, reader, isDonut);
        const settings = generationSettings(reader, request, { startTokens: start?.length });
        const pieces = textOfTokens(reader.generate(encoded, settings, start, signal), new TextStream(tokenizer, !tagged), request.stopSequences);
        let piece = await pieces.next();
        for (; !piece.done; piece = await pieces.next()) if (!tagged) yield { type: 'text', token: piece.value.text };
        const { tokens, finishReason } = piece.value;
        const text = tagged ? JSON.stringify(fieldsOfTags(piece.value.text)) : piece.value.text;
        if (tagged) yield { type: 'text', token: text };
        const promptTokens = start?.length ?? 1;
        const usage = { promptTokens, completionTokens: tokens, totalTokens: promptTokens + tokens };
        yield doneEvent({ type: 'text', text, finishReason, usage, ...(settings.sampling ? { seed: settings.sampling.seed } : {}) }, { encode: prepared - started, decode: performance.now() - prepared });
      },
      [Symbol.asyncDispose]: () => reader[Symbol.asyncDispose](),
    };
  },
};

/** What the answer begins with: text of the request, such as a task token, or Donut's form of a question. Donut alone starts with nothing before it. */
function startOf({ prompt, question }: GenerateRequest, { tokenizer, config }: OnnxSeq2SeqModel, isDonut: boolean): number[] | undefined {
  const text = question === undefined ? prompt : `<s_docvqa><s_question>${question}</s_question><s_answer>`;
  if (text === undefined) return undefined;
  const ids = tokenizer.encode(text, { addSpecialTokens: false });
  const first = config.decoderStartTokenId;
  return isDonut || first === undefined || ids[0] === first ? ids : [first, ...ids];
}
