import type { LanguageModelV4, LanguageModelV4CallOptions, LanguageModelV4GenerateResult, LanguageModelV4StreamPart, LanguageModelV4StreamResult } from '@ai-sdk/provider';
import type { ClientEvent } from '@llmi/client';
import type { Connection } from './connection.js';
import { orApiError } from './errors.js';
import { streamParts } from './stream-parts.js';
import { contentOf, finishReasonOf, usageOf } from './text-answer.js';
import { textRequest } from './text-request.js';

export function languageModel({ client, baseUrl, provider }: Connection, modelId: string): LanguageModelV4 {
  const url = `${baseUrl}/generate`;
  return {
    specificationVersion: 'v4',
    provider: `${provider}.language`,
    modelId,
    supportedUrls: {}, // the SDK downloads files; the server takes their bytes

    async doGenerate(options: LanguageModelV4CallOptions): Promise<LanguageModelV4GenerateResult> {
      const { request, warnings } = textRequest(modelId, options);
      const answer = await orApiError(url, request, () => client.generateText(request, { signal: options.abortSignal }));
      const response = { modelId: answer.model.id, timestamp: new Date(), body: answer };
      return { content: contentOf(answer), finishReason: finishReasonOf(answer), usage: usageOf(answer.usage), request: { url, body: request }, response, warnings };
    },

    async doStream(options: LanguageModelV4CallOptions): Promise<LanguageModelV4StreamResult> {
      const { request, warnings } = textRequest(modelId, options);
      const events = client.stream(request, { signal: options.abortSignal });
      // What fails before the first event is an error of the call, which the SDK may repeat.
      const first = await orApiError(`${url}/stream`, request, () => events.next());
      const rest = first.done ? events : continued(first.value, events);
      return { stream: readable(streamParts(rest, modelId, warnings), (error) => orApiError(`${url}/stream`, request, () => Promise.reject(error as Error))), request: { url, body: request } };
    },
  };
}

async function* continued(first: ClientEvent, events: AsyncGenerator<ClientEvent>): AsyncGenerator<ClientEvent> {
  try {
    yield first;
    yield* events;
  } finally {
    await events.return(undefined);
  }
}

/** Parts as a stream, an error as the last of them. Cancelling it ends the work on the server. */
function readable(parts: AsyncGenerator<LanguageModelV4StreamPart>, asApiError: (error: unknown) => Promise<never>): ReadableStream<LanguageModelV4StreamPart> {
  return new ReadableStream({
    async pull(controller) {
      try {
        const next = await parts.next();
        if (next.done) controller.close();
        else controller.enqueue(next.value);
      } catch (error) {
        controller.enqueue({ type: 'error', error: await asApiError(error).catch((reason: unknown) => reason) });
        controller.close();
      }
    },
    async cancel() {
      await parts.return(undefined);
    },
  });
}
