/** A picture as its tower takes it: one view of it or several, all of one size. */
export interface PreparedPicture {
  /** [views, 3, height, width], or patches in a row where there is a grid of them */
  planes: Float32Array;
  views: number;
  width: number;
  height: number;
  /** Rows and columns that it was cut into; the view after those is the whole. 0 where it was not cut. */
  rows: number;
  columns: number;
  /** Frames, rows and columns of patches. */
  grid?: readonly [number, number, number];
}
