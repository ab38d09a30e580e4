/** Whether this browser can blur. */

/** A module that uses the vectors of WebAssembly, as the library does: one function that makes one of a number. */
const VECTORS = new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65, 0, 253, 15, 253, 98,
  11,
]);

/** Those of WebAssembly. */
export function runsVectors(): boolean {
  return typeof WebAssembly !== 'undefined' && WebAssembly.validate(VECTORS);
}

export function canBlur(): boolean {
  const draws = typeof OffscreenCanvas !== 'undefined' && typeof createImageBitmap !== 'undefined';
  return runsVectors() && draws && 'captureStream' in HTMLCanvasElement.prototype;
}
