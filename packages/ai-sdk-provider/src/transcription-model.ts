import type { TranscriptionModelV4 } from '@ai-sdk/provider';
import type { GenerateRequest } from '@llmi/client';
import { toBase64 } from './base64.js';
import type { Connection } from './connection.js';
import { orApiError } from './errors.js';
import { ownOptions } from './own-options.js';

export function transcriptionModel({ client, baseUrl, provider }: Connection, modelId: string): TranscriptionModelV4 {
  return {
    specificationVersion: 'v4',
    provider: `${provider}.transcription`,
    modelId,
    async doGenerate({ audio, timestampGranularities = [], providerOptions, abortSignal }) {
      const byWord = timestampGranularities.includes('word');
      const request: GenerateRequest = { model: modelId, audio: toBase64(audio), timestamps: byWord ? 'word' : 'segment', ...ownOptions(providerOptions) };
      const { text, segments, language, duration } = await orApiError(`${baseUrl}/generate`, request, () => client.transcribe(request, { signal: abortSignal }));
      const timed = segments.map((segment) => ({ text: segment.text, startSecond: segment.start, endSecond: segment.end }));
      return { text, segments: timed, ...(byWord ? { words: timed } : {}), language, durationInSeconds: duration, warnings: [], response: { timestamp: new Date(), modelId } };
    },
  };
}
