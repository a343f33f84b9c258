/** Ways to resample, by the names of Pillow. */
export const resizeFilters = ['nearest', 'box', 'bilinear', 'hamming', 'bicubic', 'lanczos'] as const;
export type ResizeFilter = (typeof resizeFilters)[number];

/** A kernel and how far it reaches, in pixels of the smaller scale. */
export interface Kernel {
  support: number;
  weightAt(distance: number): number;
}

const sinc = (x: number) => (x === 0 ? 1 : Math.sin(x * Math.PI) / (x * Math.PI));

/** Constants of the Hamming window, in single precision as Pillow has them. */
const [hammingBase, hammingSwing] = [Math.fround(0.54), Math.fround(0.46)];

/** Slope of the bicubic kernel at 1. */
const bicubicSlope = -0.5;

/** Source: https://github.com/python-pillow/Pillow/blob/11.0.0/src/libImaging/Resample.c */
export const kernels: Record<Exclude<ResizeFilter, 'nearest'>, Kernel> = {
  box: { support: 0.5, weightAt: (x) => (x > -0.5 && x <= 0.5 ? 1 : 0) },
  bilinear: { support: 1, weightAt: (x) => Math.max(0, 1 - Math.abs(x)) },
  hamming: {
    support: 1,
    weightAt(distance) {
      const x = Math.abs(distance);
      if (x === 0) return 1;
      return x >= 1 ? 0 : (Math.sin(x * Math.PI) / (x * Math.PI)) * (hammingBase + hammingSwing * Math.cos(x * Math.PI));
    },
  },
  bicubic: {
    support: 2,
    weightAt(distance) {
      const x = Math.abs(distance);
      if (x < 1) return ((bicubicSlope + 2) * x - (bicubicSlope + 3)) * x * x + 1;
      return x < 2 ? (((x - 5) * x + 8) * x - 4) * bicubicSlope : 0;
    },
  },
  lanczos: { support: 3, weightAt: (x) => (x >= -3 && x < 3 ? sinc(x) * sinc(x / 3) : 0) },
};
