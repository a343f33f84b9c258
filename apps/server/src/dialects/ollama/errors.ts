import { messageWithHint, type PublicError } from '../../public-error.js';

/** An error in Ollama's shape: text alone. */
export function ollamaErrorBody(error: PublicError): Record<string, unknown> {
  return { error: messageWithHint(error) };
}
