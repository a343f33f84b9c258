import { writeWav } from '@llmi/media/audio';

/** The bytes of a WAV file with tones that change, as `sound` of fixtures/make_whisper.py makes them. */
export function fixtureSound(seconds: number): Uint8Array {
  const samples = Float32Array.from({ length: Math.floor(16_000 * seconds) }, (_, index) => {
    const loud = Math.floor(index / 24_000) % 3 === 0 ? 0.1 : 1;
    return (12_000 * Math.sin(index * 0.02 * (1 + (Math.floor(index / 40_000) % 5))) * loud) / 32_767; // writeWav multiplies by 32,767
  });
  return writeWav([samples], { sampleRate: 16_000 });
}
