import type { SharedV4Warning, SpeechModelV4 } from '@ai-sdk/provider';
import type { GenerateRequest } from '@llmi/client';
import type { Connection } from './connection.js';
import { orApiError } from './errors.js';
import { ownOptions } from './own-options.js';

const formats = ['wav', 'flac', 'mp3', 'opus'] as const;
type AudioFormat = (typeof formats)[number];
const isFormat = (name: string): name is AudioFormat => formats.includes(name as AudioFormat);

export function speechModel({ client, baseUrl, provider }: Connection, modelId: string): SpeechModelV4 {
  return {
    specificationVersion: 'v4',
    provider: `${provider}.speech`,
    modelId,
    async doGenerate({ text, voice, outputFormat, instructions, speed, language, providerOptions, abortSignal }) {
      const warnings: SharedV4Warning[] = [];
      if (instructions !== undefined) warnings.push({ type: 'unsupported', feature: 'instructions' });
      if (outputFormat !== undefined && !isFormat(outputFormat)) warnings.push({ type: 'unsupported', feature: `output format "${outputFormat}"`, details: `Use one of: ${formats.join(', ')}.` });
      const request: GenerateRequest = {
        model: modelId,
        prompt: text,
        ...(voice === undefined ? {} : { voice }),
        ...(speed === undefined ? {} : { speed }),
        ...(language === undefined ? {} : { language }),
        ...(outputFormat !== undefined && isFormat(outputFormat) ? { audioFormat: outputFormat } : {}),
        ...ownOptions(providerOptions),
      };
      const { audio } = await orApiError(`${baseUrl}/generate`, request, () => client.generateSpeech(request, { signal: abortSignal }));
      return { audio, warnings, request: { body: request }, response: { timestamp: new Date(), modelId } };
    },
  };
}
