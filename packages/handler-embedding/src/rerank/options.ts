import { LlmiError, toSnakeCase, type GenerateRequest } from '@llmi/core';

/** A request for a ranking with every default filled in. */
export interface RerankOptions {
  query: string;
  documents: string[];
  topN: number;
  truncate: boolean;
}

export const rankingTask = 'text-ranking';
export const rerankModes = { auto: 'Ranks documents by how well they answer a query.', rerank: 'The same.' };

const takenFields = new Set(['model', 'mode', 'task', 'query', 'documents', 'topN', 'truncate']);

/** @throws {LlmiError} INPUT_UNSUPPORTED, INPUT_INVALID, MODE_UNSUPPORTED, TASK_UNSUPPORTED */
export function resolveRerankOptions(request: GenerateRequest): RerankOptions {
  const other = Object.entries(request).find(([name, value]) => value !== undefined && !takenFields.has(name));
  if (other) {
    const param = toSnakeCase(other[0]);
    throw new LlmiError('INPUT_UNSUPPORTED', { message: `A reranker has no use for "${param}".`, hint: 'Leave it out; what counts here is: query, documents, top_n, truncate.', param });
  }
  if (request.mode !== undefined && !Object.hasOwn(rerankModes, request.mode)) {
    throw new LlmiError('MODE_UNSUPPORTED', { message: `This model has no mode "${request.mode}".`, hint: `Use one of: ${Object.keys(rerankModes).join(', ')}.`, param: 'mode' });
  }
  if (request.task !== undefined && request.task !== rankingTask) {
    throw new LlmiError('TASK_UNSUPPORTED', { message: `This model has no task "${request.task}".`, hint: `It can do: ${rankingTask}.`, param: 'task' });
  }
  const { query, documents, topN, truncate = true } = request;
  if (query === undefined) throw missing('query', 'There is no query to rank by.');
  if (documents === undefined || documents.length === 0) throw missing('documents', 'There are no documents to rank.');
  return { query, documents, topN: topN ?? documents.length, truncate };
}

function missing(param: string, message: string): LlmiError {
  return new LlmiError('INPUT_INVALID', { message, hint: 'Give "query", a text, and "documents", a list of texts.', param });
}
