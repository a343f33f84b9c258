/** A piece of a transcription. */
export interface SubtitleSegment {
  start: number; // seconds
  end: number;
  text: string;
}

/** SubRip: numbered pieces. */
export function toSrt(segments: readonly SubtitleSegment[]): string {
  return segments.map(({ start, end, text }, index) => `${index + 1}\n${time(start, ',')} --> ${time(end, ',')}\n${oneBlock(text)}\n`).join('\n');
}

/** WebVTT. Source: https://www.w3.org/TR/webvtt1/ */
export function toVtt(segments: readonly SubtitleSegment[]): string {
  return `WEBVTT\n\n${segments.map(({ start, end, text }) => `${time(start, '.')} --> ${time(end, '.')}\n${oneBlock(text).replaceAll('-->', '->')}\n`).join('\n')}`;
}

/** `01:02:03,456` */
function time(seconds: number, mark: string): string {
  const milliseconds = Math.round(seconds * 1000);
  const part = (unit: number, length: number, modulus: number) => String(Math.floor(milliseconds / unit) % modulus).padStart(length, '0');
  return `${part(3_600_000, 2, 100_000)}:${part(60_000, 2, 60)}:${part(1000, 2, 60)}${mark}${part(1, 3, 1000)}`;
}

/** An empty line would end the piece. */
const oneBlock = (text: string) => text.trim().replace(/\s*\n\s*/g, '\n');
