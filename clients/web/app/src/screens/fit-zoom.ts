/** How much to enlarge a picture that is shown whole, so that it fills more of its box. */

/** At most a third of the picture may be cut off: beyond that faces are lost. */
const MAX_ZOOM = 1.5;

/** 1 shows it whole; a picture of a shape near the box's fills it. */
export function fitZoom(width: number, height: number, boxWidth: number, boxHeight: number): number {
  if (width <= 0 || height <= 0 || boxWidth <= 0 || boxHeight <= 0) return 1;
  const ratio = (width / height) * (boxHeight / boxWidth);
  return Math.min(MAX_ZOOM, Math.max(ratio, 1 / ratio));
}
