/** Corners in pixels of the original picture. */
export interface Box {
  xmin: number;
  ymin: number;
  xmax: number;
  ymax: number;
}

export interface DetectedObject {
  label: string;
  score: number;
  box: Box;
}

function overlap(left: Box, right: Box): number {
  const width = Math.min(left.xmax, right.xmax) - Math.max(left.xmin, right.xmin);
  const height = Math.min(left.ymax, right.ymax) - Math.max(left.ymin, right.ymin);
  if (width <= 0 || height <= 0) return 0;
  const area = (box: Box) => (box.xmax - box.xmin) * (box.ymax - box.ymin);
  const shared = width * height;
  return shared / (area(left) + area(right) - shared);
}

/** Non-maximum suppression by label: of boxes that overlap by more than `limit` (intersection over union) the surest stays. */
export function suppress(objects: readonly DetectedObject[], limit: number): DetectedObject[] {
  const kept: DetectedObject[] = [];
  for (const candidate of [...objects].sort((left, right) => right.score - left.score)) {
    if (kept.every(({ label, box }) => label !== candidate.label || overlap(box, candidate.box) <= limit)) kept.push(candidate);
  }
  return kept;
}
