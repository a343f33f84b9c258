const sampleRate = 16_000; // Hz

/** A tone, as a request carries it: base64 of a WAV file with one channel of 16 bits. Source: http://soundfile.sapp.org/doc/WaveFormat/ */
export function sound(seconds: number): string {
  const samples = Int16Array.from({ length: seconds * sampleRate }, (_, index) => 8_000 * Math.sin((2 * Math.PI * 220 * index) / sampleRate));
  const data = Buffer.from(samples.buffer);
  const header = Buffer.alloc(44);
  header.write('RIFF', 0);
  header.writeUInt32LE(36 + data.length, 4);
  header.write('WAVEfmt ', 8);
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20); // PCM
  header.writeUInt16LE(1, 22); // channels
  header.writeUInt32LE(sampleRate, 24);
  header.writeUInt32LE(sampleRate * 2, 28);
  header.writeUInt16LE(2, 32);
  header.writeUInt16LE(16, 34);
  header.write('data', 36);
  header.writeUInt32LE(data.length, 40);
  return Buffer.concat([header, data]).toString('base64');
}
