import { UnsupportedFunctionalityError, type ImageModelV4, type ImageModelV4CallOptions, type ImageModelV4File, type SharedV4Warning } from '@ai-sdk/provider';
import type { GenerateRequest } from '@llmi/client';
import { toBase64 } from './base64.js';
import type { Connection } from './connection.js';
import { orApiError } from './errors.js';
import { ownOptions } from './own-options.js';

/** Pictures that one request of llmi makes. */
const mostImages = 64;

export function imageModel({ client, baseUrl, provider }: Connection, modelId: string): ImageModelV4 {
  return {
    specificationVersion: 'v4',
    provider: `${provider}.image`,
    modelId,
    maxImagesPerCall: mostImages,
    supportsFileInputs: true,
    supportsMaskInputs: true,
    async doGenerate(options) {
      const { request, warnings } = imageRequest(modelId, options);
      const { images, seed } = await orApiError(`${baseUrl}/generate`, request, () => client.generateImage(request, { signal: options.abortSignal }));
      return {
        images,
        warnings,
        response: { timestamp: new Date(), modelId, headers: undefined },
        providerMetadata: { llmi: { images: images.map(() => (seed === undefined ? null : { seed })) } },
      };
    },
  };
}

function imageRequest(model: string, { prompt, n, size, aspectRatio, seed, files = [], mask, providerOptions }: ImageModelV4CallOptions): { request: GenerateRequest; warnings: SharedV4Warning[] } {
  const warnings: SharedV4Warning[] = [];
  if (aspectRatio !== undefined) warnings.push({ type: 'unsupported', feature: 'aspectRatio', details: 'Give "size" instead.' });
  if (files.length > 1) warnings.push({ type: 'unsupported', feature: 'several files', details: 'The first is the picture to start from; the others are left out.' });
  const [width, height] = size?.split('x').map(Number) ?? [];
  const request = {
    model,
    numImages: n,
    ...(prompt === undefined ? {} : { prompt }),
    ...(size === undefined ? {} : { width, height }),
    ...(seed === undefined ? {} : { seed }),
    ...(files[0] ? { image: base64Of(files[0]) } : {}),
    ...(mask ? { maskImage: base64Of(mask) } : {}),
    ...ownOptions(providerOptions),
  };
  return { request, warnings };
}

function base64Of(file: ImageModelV4File): string {
  if (file.type === 'file') return toBase64(file.data);
  throw new UnsupportedFunctionalityError({ functionality: 'pictures by URL; give their bytes' });
}
