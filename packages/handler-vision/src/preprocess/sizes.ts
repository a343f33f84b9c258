export interface Size {
  width: number;
  height: number;
}

/** What a picture of one size is resized to. */
export type SizeRule = (picture: Size) => Size;

/** The shorter side becomes `edge`, the other follows, cut to whole pixels. Source: `get_resize_output_image_size` of transformers. */
export function shortestEdge(edge: number, toWhole: (pixels: number) => number = Math.trunc): SizeRule {
  return ({ width, height }) => (width <= height ? { width: edge, height: toWhole((edge * height) / width) } : { width: toWhole((edge * width) / height), height: edge });
}

/** The longer side becomes `edge`. Source: `_get_preprocess_shape` of SamImageProcessor. */
export function longestEdge(edge: number): SizeRule {
  return ({ width, height }) => {
    const scale = edge / Math.max(width, height);
    return { width: Math.floor(width * scale + 0.5), height: Math.floor(height * scale + 0.5) };
  };
}

/** Half to even, as Python rounds. */
export function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}

/**
 * The shorter side becomes `edge`, unless the longer one would pass `longest`. `multiple` cuts both sides down to multiples of it.
 * Source: `get_size_with_aspect_ratio` of DETR and of YOLOS, which differ in the last step.
 */
export function shortestWithLongest(edge: number, longest: number | undefined, multiple = 1): SizeRule {
  return ({ width, height }) => {
    const [shorter, longer] = [Math.min(width, height), Math.max(width, height)];
    const limited = longest !== undefined && (longer / shorter) * edge > longest ? (longest * shorter) / longer : undefined;
    const short = limited === undefined ? edge : roundHalfEven(limited);
    const follow = (one: number, other: number) => Math.trunc(((limited ?? short) * one) / other);
    let size: Size = { width, height };
    if (shorter !== short) size = width < height ? { width: short, height: follow(height, width) } : { width: follow(width, height), height: short };
    return { width: size.width - (size.width % multiple), height: size.height - (size.height % multiple) };
  };
}

/** As {@link shortestWithLongest}, up to multiples. Source: `get_maskformer_resize_output_image_size` of transformers. */
export function shortestUpToMultiple(edge: number, longest: number | undefined, multiple: number): SizeRule {
  const rule = shortestWithLongest(edge, longest);
  return (picture) => {
    const { width, height } = rule(picture);
    return { width: Math.ceil(width / multiple) * multiple, height: Math.ceil(height / multiple) * multiple };
  };
}

/** Each side to the nearest multiple; the shape is kept where asked, by the smaller change of the two. Source: DPTImageProcessor. */
export function nearMultiple(target: Size, multiple: number, keepsShape: boolean): SizeRule {
  const fit = (value: number) => roundHalfEven(value / multiple) * multiple;
  return ({ width, height }) => {
    let [across, down] = [target.width / width, target.height / height];
    if (keepsShape) {
      if (Math.abs(1 - across) < Math.abs(1 - down)) down = across;
      else across = down;
    }
    return { width: fit(across * width), height: fit(down * height) };
  };
}

/** Each side down to a multiple. Source: GLPNImageProcessor. */
export function downToMultiple(multiple: number): SizeRule {
  return ({ width, height }) => ({ width: Math.floor(width / multiple) * multiple, height: Math.floor(height / multiple) * multiple });
}

/** The whole picture inside `target`, shape kept. */
export function insideOf(target: Size): SizeRule {
  return ({ width, height }) => {
    const ratio = Math.min(target.width / width, target.height / height);
    return { width: Math.max(1, Math.trunc(width * ratio)), height: Math.max(1, Math.trunc(height * ratio)) };
  };
}
