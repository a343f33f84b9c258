import { doneEvent, LlmiError, type GenerateEvent, type GenerateOptions, type GenerateRequest, type LoadedModel, type LoadedModelInfo, type LoadOptions, type ModelInfo } from '@llmi/core';
import { bytesOfBase64, decodeImage } from '@llmi/media';
import { decoderPositions, generateTokens, generationSettings, modelJson, readGenerationConfig, textOfTokens, TextStream, TextTokenizer, type EndReason, type GeneratedToken, type GenerationConfig } from '@llmi/runtime-transformers';
import { preparePicture, readPicturePlan, type PicturePlan } from '../picture-plan.js';
import { FlorenceGraphs } from './florence-graphs.js';
import { checkFlorenceRequest } from './check-request.js';
import { placesOf, readRegions, type ReadOptions } from './read-answer.js';
import { askFlorence } from './tasks.js';

type Json = Record<string, unknown>;

const usualNewTokens = 1024;
const defaultParallel = 4;

interface FlorenceModel {
  graphs: FlorenceGraphs;
  tokenizer: TextTokenizer;
  plan: PicturePlan;
  generation: GenerationConfig;
  positions: number | undefined;
  reading: ReadOptions;
}

/** Florence-2 in memory. */
export class LoadedFlorenceModel implements LoadedModel {
  readonly info: LoadedModelInfo;
  #model: FlorenceModel | undefined;

  private constructor(model: FlorenceModel, parallel: number) {
    this.#model = model;
    this.info = { ...model.graphs.info, parallel, ...(model.positions === undefined ? {} : { contextLength: model.positions }) };
  }

  static async load(folder: string, model: ModelInfo, { device, threads, signal, onProgress, quantization, dtype, parallel }: LoadOptions = {}): Promise<LoadedFlorenceModel> {
    const tokenizer = await TextTokenizer.load(folder);
    const [config = {}, generation, preprocessor, processor] = await Promise.all(['config.json', 'generation_config.json', 'preprocessor_config.json', 'processor_config.json'].map((name) => modelJson(model, folder, name)));
    onProgress?.({ stage: 'weights' });
    const graphs = await FlorenceGraphs.load(folder, model, config, { device, threads, signal, dtype: quantization ?? dtype });
    const loaded: FlorenceModel = {
      graphs,
      tokenizer,
      plan: readPicturePlan(preprocessor ?? ((processor?.image_processor ?? {}) as Json), config),
      generation: readGenerationConfig(generation, { ...((config.text_config ?? {}) as Json), ...config }),
      positions: decoderPositions(config),
      reading: readingOf(processor),
    };
    return new LoadedFlorenceModel(loaded, parallel ?? defaultParallel);
  }

  async *generate(request: GenerateRequest, { signal }: GenerateOptions = {}): AsyncGenerator<GenerateEvent> {
    signal?.throwIfAborted();
    const model = this.#model;
    if (!model) throw new LlmiError('MODEL_DISPOSED', { message: 'This model was unloaded.', hint: 'Load it again.' });
    const { image, param } = checkFlorenceRequest(request);
    const { graphs, tokenizer, generation, positions = Infinity, reading } = model;
    const picture = await decodeImage(bytesOfBase64(image, param), { param, signal });
    const [box] = request.boxes ?? [];
    const { prompt, kind } = askFlorence(request, box && placesOf(box as [number, number, number, number], picture));
    const { bosTokenId, decoderStartTokenId = bosTokenId ?? 0 } = generation;
    const ends = [bosTokenId, decoderStartTokenId, generation.padTokenId, ...generation.eosTokenIds].filter((id) => id !== undefined);
    const question = [bosTokenId ?? 0, ...tokenizer.encode(prompt, { addSpecialTokens: false }), generation.eosTokenIds[0] ?? 2];
    const { sequence, tokens: read } = await graphs.begin(preparePicture(picture, model.plan), question, signal);
    const settings = generationSettings(request, generation, Math.min(positions - 1, request.maxTokens ?? generation.maxNewTokens ?? usualNewTokens));
    const made = withoutMarks(generateTokens(sequence, [decoderStartTokenId], settings, signal), new Set(ends));
    const pieces = textOfTokens(made, new TextStream(tokenizer, false), request.stopSequences);
    let piece = await pieces.next();
    for (; !piece.done; piece = await pieces.next()) yield { type: 'text', token: piece.value.text };
    const { text, tokens, finishReason } = piece.value;
    const regions = readRegions(text, kind, picture, reading);
    const usage = { promptTokens: read, completionTokens: tokens, totalTokens: read + tokens };
    yield doneEvent({ type: 'multimodal_response', text, usage, finishReason, ...(regions ? { regions } : {}), ...(settings.sampling ? { seed: settings.sampling.seed } : {}) });
  }

  /** Frees the native memory. */
  async [Symbol.asyncDispose](): Promise<void> {
    const model = this.#model;
    this.#model = undefined;
    await model?.graphs[Symbol.asyncDispose]();
  }
}

/** Tokens but those that begin, end and fill; places in the picture are special to the tokenizer, and wanted. */
async function* withoutMarks(tokens: AsyncGenerator<GeneratedToken, EndReason>, marks: ReadonlySet<number>): AsyncGenerator<GeneratedToken, EndReason> {
  try {
    for (let next = await tokens.next(); ; next = await tokens.next()) {
      if (next.done) return next.value;
      if (!marks.has(next.value.token)) yield next.value;
    }
  } finally {
    await tokens.return('stop');
  }
}

function readingOf(processor: Json | undefined): ReadOptions {
  const settings = (processor?.post_processor_config ?? {}) as Record<string, Json>;
  const banned = settings.phrase_grounding?.banned_grounding_tokens;
  const least = settings.ocr?.AREA_THRESHOLD;
  return { ...(Array.isArray(banned) ? { banned: new Set(banned as string[]) } : {}), ...(typeof least === 'number' ? { leastArea: least } : {}) };
}
