import { LlmiError, type GenerateRequest } from '@llmi/core';

const dataUrl = /^data:[\w.+-]*(?:\/[\w.+-]+)?(?:;[\w.+-]+=[\w.+-]+)*;base64,/i;
const base64 = /^[A-Za-z0-9+/]+={0,2}$/;

/**
 * Refuses media that the server would have to fetch or read: an http URL would make it a proxy into its own network, a path
 * would show its files. What is left is base64, alone or in a data URL.
 * @throws {LlmiError} INPUT_INVALID
 */
export function checkMedia(request: GenerateRequest): void {
  for (const [index, image] of (request.images ?? []).entries()) checkMedium(image, `images[${index}]`);
  checkMedium(request.image, 'image');
  checkMedium(request.maskImage, 'mask_image');
  checkMedium(request.controlnetImage, 'controlnet_image');
  checkMedium(request.audio, 'audio');
  checkMedium(request.video, 'video');
  for (const [at, message] of (request.messages ?? []).entries()) {
    if (!Array.isArray(message.content)) continue;
    for (const [index, part] of message.content.entries()) {
      if (part.type === 'image_url') checkMedium(part.image_url.url, `messages[${at}].content[${index}].image_url.url`);
      if (part.type === 'input_audio') checkMedium(part.input_audio.data, `messages[${at}].content[${index}].input_audio.data`);
    }
  }
}

function checkMedium(value: string | undefined, param: string): void {
  if (value === undefined) return;
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
