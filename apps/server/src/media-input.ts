import { LlmiError, type ContentPart, type GenerateRequest, type Message } from '@llmi/core';
import type { MediaStore } from './media-store.js';

const dataUrl = /^data:[\w.+-]*(?:\/[\w.+-]+)?(?:;[\w.+-]+=[\w.+-]+)*;base64,/i;
const base64 = /^[A-Za-z0-9+/]+={0,2}$/;

/**
 * Refuses media that the server would have to fetch or read: an http URL would make it a proxy into its own network, a path
 * would show its files. What is left is base64, alone or in a data URL.
 * @throws {LlmiError} INPUT_INVALID
 */
export function checkMedia(request: GenerateRequest): void {
  mapMedia(request, (value, param) => {
    checkMedium(value, param);
    return value;
  });
}

/**
 * The same request with what was uploaded in the place of its ids.
 * @throws {LlmiError} INPUT_INVALID for an id that is not known
 */
export function withUploads(request: GenerateRequest, store: MediaStore): GenerateRequest {
  return mapMedia(request, (value, param) => {
    if (!uploadId.test(value)) return value;
    const medium = store.get(value);
    if (!medium) throw invalid(param, 'is the id of nothing that is still kept', 'Upload it again: POST /upload.');
    return `data:${medium.mediaType};base64,${medium.bytes.toString('base64')}`;
  });
}

const uploadId = /^media_[0-9a-f]{32}$/;

/** The request with each medium in it replaced; `param` names its field. The request itself where none was. */
function mapMedia(request: GenerateRequest, replace: (value: string, param: string) => string): GenerateRequest {
  const changed: GenerateRequest = { ...request };
  const fields = { image: 'image', maskImage: 'mask_image', controlnetImage: 'controlnet_image', audio: 'audio', video: 'video' } as const;
  if (request.images) changed.images = request.images.map((image, index) => replace(image, `images[${index}]`));
  for (const [field, param] of Object.entries(fields) as [keyof typeof fields, string][]) {
    const value = request[field];
    if (value !== undefined) changed[field] = replace(value, param);
  }
  if (request.messages) changed.messages = request.messages.map((message, at) => mapMessage(message, `messages[${at}]`, replace));
  return changed;
}

function mapMessage(message: Message, place: string, replace: (value: string, param: string) => string): Message {
  if (!Array.isArray(message.content)) return message;
  const content = message.content.map((part, index): ContentPart => {
    const param = `${place}.content[${index}]`;
    if (part.type === 'image_url') return { ...part, image_url: { ...part.image_url, url: replace(part.image_url.url, `${param}.image_url.url`) } };
    if (part.type === 'input_audio') return { ...part, input_audio: { ...part.input_audio, data: replace(part.input_audio.data, `${param}.input_audio.data`) } };
    return part;
  });
  return { ...message, content };
}

function checkMedium(value: string, param: string): void {
  if (/^https?:/i.test(value)) {
    throw invalid(param, 'is a web address, and this server fetches nothing', 'Send the content itself: base64, or a data URL (data:image/png;base64,...).');
  }
  const start = dataUrl.exec(value)?.[0].length ?? 0;
  const content = (start === 0 ? value : value.slice(start)).replace(/\s+/g, '');
  // Base64 comes in groups of four: "/etc/passwd" has the letters, and not the length.
  if (!base64.test(content) || content.length % 4 !== 0) {
    throw invalid(param, 'is neither base64 nor a data URL', 'Send the bytes as base64, or as data:image/png;base64,...');
  }
}

function invalid(param: string, problem: string, hint: string): LlmiError {
  return new LlmiError('INPUT_INVALID', { message: `Field "${param}" ${problem}.`, hint, param });
}
