/** Containers and codecs that are told apart by their first bytes. */
export type AudioFormat = 'wav' | 'mp3' | 'flac' | 'ogg' | 'mp4' | 'webm' | 'aiff' | 'aac';

/** Bytes that {@link sniffAudioFormat} looks at. */
export const sniffedBytes = 16;

const text = (bytes: Uint8Array, at: number, length: number) => String.fromCharCode(...bytes.subarray(at, at + length));

/** The format of a sound file by its first bytes, or undefined. */
export function sniffAudioFormat(bytes: Uint8Array): AudioFormat | undefined {
  const start = text(bytes, 0, 4);
  if ((start === 'RIFF' || start === 'RF64') && text(bytes, 8, 4) === 'WAVE') return 'wav';
  if (start === 'fLaC') return 'flac';
  if (start === 'OggS') return 'ogg';
  if (start.startsWith('ID3')) return 'mp3';
  if (text(bytes, 4, 4) === 'ftyp') return 'mp4';
  if (start === 'FORM' && /^AIF[FC]$/.test(text(bytes, 8, 4))) return 'aiff';
  if (start === '\x1aE\xdf\xa3') return 'webm'; // EBML, the container of WebM and Matroska
  return sniffMpegFrame(bytes);
}

/** A bare MPEG frame: 11 bits of synchronization, then version, layer and bit rate, none of which may be a reserved value. Layer 0 is ADTS (AAC). */
function sniffMpegFrame([first = 0, second = 0, third = 0]: Uint8Array): 'mp3' | 'aac' | undefined {
  if (first !== 0xff || (second & 0xe0) !== 0xe0) return undefined;
  const [version, layer] = [(second >> 3) & 3, (second >> 1) & 3];
  if (layer === 0) return (second & 0xf0) === 0xf0 ? 'aac' : undefined;
  const [bitRate, sampleRate] = [third >> 4, (third >> 2) & 3];
  return version !== 1 && bitRate !== 15 && sampleRate !== 3 ? 'mp3' : undefined;
}
