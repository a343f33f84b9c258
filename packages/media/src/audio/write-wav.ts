/** How samples are written. */
export interface WavOptions {
  sampleRate: number;
  /** 16 bits (default), or floating point as it is. */
  encoding?: 'signed16' | 'float32';
}

const headerBytes = 44;

/** The bytes of a WAV file. `channels`: one array of samples each, full scale from -1 to 1; 16 bits cut off what is beyond. */
export function writeWav(channels: readonly Float32Array[], { sampleRate, encoding = 'signed16' }: WavOptions): Uint8Array {
  const sampleBytes = encoding === 'float32' ? 4 : 2;
  const frames = channels[0]?.length ?? 0;
  const frameBytes = sampleBytes * channels.length;
  const view = new DataView(new ArrayBuffer(headerBytes + frames * frameBytes));
  writeHeader(view, { sampleRate, channels: channels.length, frameBytes, isFloat: encoding === 'float32', dataBytes: frames * frameBytes });
  for (const [channel, samples] of channels.entries()) {
    for (let frame = 0, at = headerBytes + channel * sampleBytes; frame < frames; frame++, at += frameBytes) {
      if (encoding === 'float32') view.setFloat32(at, samples[frame]!, true);
      else view.setInt16(at, Math.max(-32768, Math.min(32767, Math.round(samples[frame]! * 32767))), true);
    }
  }
  return new Uint8Array(view.buffer);
}

interface HeaderFacts {
  sampleRate: number;
  channels: number;
  frameBytes: number;
  isFloat: boolean;
  dataBytes: number;
}

function writeHeader(view: DataView, { sampleRate, channels, frameBytes, isFloat, dataBytes }: HeaderFacts): void {
  const writeText = (at: number, text: string) => [...text].forEach((letter, index) => view.setUint8(at + index, letter.charCodeAt(0)));
  writeText(0, 'RIFF');
  view.setUint32(4, headerBytes - 8 + dataBytes, true);
  writeText(8, 'WAVEfmt ');
  view.setUint32(16, 16, true); // bytes of the format
  view.setUint16(20, isFloat ? 3 : 1, true);
  view.setUint16(22, channels, true);
  view.setUint32(24, sampleRate, true);
  view.setUint32(28, sampleRate * frameBytes, true);
  view.setUint16(32, frameBytes, true);
  view.setUint16(34, (frameBytes / channels) * 8, true);
  writeText(36, 'data');
  view.setUint32(40, dataBytes, true);
}
