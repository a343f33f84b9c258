/** Windows that feature extractors use; periodic for spectra, symmetric in Kaldi. */
export type WindowName = 'hann' | 'hann-symmetric' | 'hamming' | 'povey';

/** The values of a window. */
export function makeWindow(name: WindowName, length: number): Float64Array {
  const period = name === 'hann' || name === 'hamming' ? length : length - 1;
  const cosine = (index: number) => Math.cos((2 * Math.PI * index) / period);
  return Float64Array.from({ length }, (_, index) => {
    switch (name) {
      case 'hann':
      case 'hann-symmetric':
        return 0.5 - 0.5 * cosine(index);
      case 'hamming':
        return 0.54 - 0.46 * cosine(index);
      case 'povey':
        return (0.5 - 0.5 * cosine(index)) ** 0.85;
    }
  });
}
