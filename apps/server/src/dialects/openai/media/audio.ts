import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { LlmiError, parseInput, toSrt, toVtt, type GenerateRequest, type ResultOf, type ResultType, type GenerateResult } from '@llmi/core';
import type { Gateway } from '../../../gateway.js';
import { checkMedia } from '../../../media-input.js';
import { mediaTypeOf } from '../../../media-type.js';
import { chooseModel } from '../../../model-choice.js';
import { readForm } from '../../../read-form.js';
import { relay } from '../../../relay.js';
import { streamReply } from '../../../stream-reply.js';
import { withoutUndefined } from '../../../without-undefined.js';
import { openaiErrorBody } from '../errors.js';
import { speechRequestSchema, transcriptionRequestSchema, type TranscriptionRequest } from './audio-schemas.js';

const errors = [400, 404, 413, 415, 422, 429, 500, 503, 504, 507];

export function audioRoutes(app: FastifyInstance, gateway: Gateway): void {
  app.post(
    '/v1/audio/speech',
    { config: { doc: { tag: 'openai', summary: 'Speech from words.', body: 'SpeechRequest', reply: { contentType: 'audio/*', description: 'The sound, in the format asked for, or else the usual one of the model.' }, errors } } },
    async ({ body }, reply) => {
      const { model, input, voice, response_format: audioFormat, speed } = parseInput(speechRequestSchema, body);
      const { name } = await chooseModel(gateway, model);
      using work = gateway.work.beginReply(reply.raw);
      const request = withoutUndefined({ prompt: input, voice: voiceOf(voice), audioFormat: audioFormat ?? undefined, speed: speed ?? undefined });
      const { result } = await gateway.engine.answer(name, request, { signal: work.signal });
      const sound = Buffer.from(expectResult(result, 'audio', name).audio, 'base64');
      return reply.type(mediaTypeOf(sound)).send(sound);
    },
  );

  for (const [path, translate, summary] of [
    ['/v1/audio/transcriptions', false, 'Words from speech.'],
    ['/v1/audio/translations', true, 'English words from speech in any language.'],
  ] as const) {
    app.post(
      path,
      { config: { doc: { tag: 'openai', summary, body: 'TranscriptionRequest', form: true, reply: { schema: 'Transcription', description: 'The words; for "text", "srt" and "vtt" as plain text.' }, stream: 'TranscriptionEvent', errors } } },
      async (request, reply) => transcribe(gateway, request, reply, translate),
    );
  }
}

async function transcribe(gateway: Gateway, request: FastifyRequest, reply: FastifyReply, translate: boolean): Promise<unknown> {
  const asked = parseInput(transcriptionRequestSchema, await readForm(request, gateway.bodyLimitBytes));
  const mapped = mapTranscription(asked, translate);
  checkMedia(mapped);
  const { name } = await chooseModel(gateway, asked.model);
  if (asked.stream) return streamWords(gateway, reply, name, mapped);
  using work = gateway.work.beginReply(reply.raw);
  const { result } = await gateway.engine.answer(name, mapped, { signal: work.signal });
  const heard = expectResult(result, 'transcription', name);
  switch (asked.response_format) {
    case 'text':
      return reply.type('text/plain; charset=utf-8').send(`${heard.text}\n`);
    case 'srt':
      return reply.type('text/plain; charset=utf-8').send(toSrt(heard.segments));
    case 'vtt':
      return reply.type('text/vtt; charset=utf-8').send(toVtt(heard.segments));
    case 'verbose_json':
      return verbose(heard, asked, translate);
    default:
      return { text: heard.text };
  }
}

function mapTranscription(asked: TranscriptionRequest, translate: boolean): GenerateRequest {
  const needsSegments = ['srt', 'vtt', 'verbose_json'].includes(asked.response_format ?? 'json');
  return withoutUndefined<GenerateRequest>({
    audio: asked.file,
    language: asked.language ?? undefined,
    prompt: asked.prompt ?? undefined,
    temperature: asked.temperature ?? undefined,
    translate: translate ? true : undefined,
    timestamps: asked.timestamp_granularities?.includes('word') ? 'word' : needsSegments ? 'segment' : undefined,
  });
}

interface Word {
  start: number;
  end: number;
  word: string;
}

function verbose(heard: ResultOf<'transcription'>, asked: TranscriptionRequest, translate: boolean): Record<string, unknown> {
  const wanted = asked.timestamp_granularities ?? ['segment'];
  return {
    task: translate ? 'translate' : 'transcribe',
    language: heard.language ?? '',
    duration: heard.duration,
    text: heard.text,
    ...(wanted.includes('segment') ? { segments: heard.segments.map(({ words: _words, ...segment }, id) => ({ id, ...segment })) } : {}),
    ...(wanted.includes('word') ? { words: heard.segments.flatMap(wordsOf) } : {}),
  };
}

/** The words of a segment; one without words of its own is a word. */
function wordsOf(segment: ResultOf<'transcription'>['segments'][number]): Word[] {
  const words = segment.words as Word[] | undefined;
  return words?.map(({ word, start, end }) => ({ word, start, end })) ?? [{ word: segment.text.trim(), start: segment.start, end: segment.end }];
}

async function streamWords(gateway: Gateway, reply: FastifyReply, model: string, request: GenerateRequest): Promise<void> {
  const frame = (event: { type: string }) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
  await streamReply(gateway, reply, {
    produce: async (send, signal) => {
      await relay(gateway.engine.generate(model, request, { signal }), (event) => {
        if (event.type === 'text') return send(frame({ type: 'transcript.text.delta', ...{ delta: event.token } }));
        if (event.type === 'done') return send(frame({ type: 'transcript.text.done', ...{ text: expectResult(event.result, 'transcription', model).text } }));
        return undefined;
      });
    },
    errorFrame: (error) => frame({ type: 'error', ...openaiErrorBody(error, reply.request.url) }),
  });
}

/** @throws {LlmiError} TASK_UNSUPPORTED */
function expectResult<Type extends ResultType>(result: GenerateResult, type: Type, model: string): ResultOf<Type> {
  if (result.type === type) return result as ResultOf<Type>;
  throw new LlmiError('TASK_UNSUPPORTED', {
    message: `${model} answers with "${result.type}", not with ${type === 'audio' ? 'speech' : 'a transcription'}.`,
    hint: type === 'audio' ? 'Use a text-to-speech model.' : 'Use a speech recognition model.',
    param: 'model',
  });
}

/** OpenAI's own voices, which its clients always name one of: no model here has them, and each speaks with its own. */
const foreignVoices = new Set(['alloy', 'ash', 'ballad', 'cedar', 'coral', 'echo', 'fable', 'marin', 'nova', 'onyx', 'sage', 'shimmer', 'verse']);

function voiceOf(asked: z.infer<typeof speechRequestSchema>['voice']): string | undefined {
  const name = (typeof asked === 'object' ? asked?.id : asked) ?? undefined;
  return name === undefined || foreignVoices.has(name) ? undefined : name;
}
