/** Puts a sharp person over a blurred copy of the same picture. */
import type { Segmenter } from './segmenter.ts';

/**
 * What is finer than this share of the picture's width is gone. A picture made small and large again in steps is as blurred
 * as by a filter, which not every browser's canvas has, and costs less.
 */
const COARSENESS = 1 / 60;
const STEP = 4;

/** Anything a canvas draws. */
export type Picture = VideoFrame | ImageBitmap;

export class Painter {
  readonly #segmenter: Segmenter;
  readonly #small: OffscreenCanvasRenderingContext2D;
  readonly #mask: OffscreenCanvasRenderingContext2D;
  readonly #out = context(1, 1);
  /** From the largest to the smallest. */
  #steps: OffscreenCanvasRenderingContext2D[] = [];

  constructor(segmenter: Segmenter) {
    this.#segmenter = segmenter;
    this.#small = context(segmenter.width, segmenter.height, { willReadFrequently: true });
    this.#mask = context(segmenter.width, segmenter.height);
  }

  /** The canvas is drawn over by the next. */
  paint(picture: Picture): OffscreenCanvas {
    const [width, height] = sizeOf(picture);
    this.#fit(width, height);
    const { width: w, height: h } = this.#small.canvas;
    this.#small.drawImage(picture, 0, 0, w, h);
    this.#mask.putImageData(this.#segmenter.mask(this.#small.getImageData(0, 0, w, h)), 0, 0);
    this.#draw('copy', this.#mask.canvas);
    this.#draw('source-in', picture);
    this.#draw('destination-over', this.#blurred(picture));
    return this.#out.canvas;
  }

  #draw(how: GlobalCompositeOperation, what: CanvasImageSource): void {
    const { width, height } = this.#out.canvas;
    this.#out.globalCompositeOperation = how;
    this.#out.drawImage(what, 0, 0, width, height);
  }

  /** Down all steps and up again. */
  #blurred(picture: Picture): CanvasImageSource {
    let drawn: CanvasImageSource = picture;
    for (const step of [...this.#steps, ...this.#steps.slice(0, -1).reverse()]) {
      step.globalCompositeOperation = 'copy';
      step.drawImage(drawn, 0, 0, step.canvas.width, step.canvas.height);
      drawn = step.canvas;
    }
    return drawn;
  }

  /** A phone that is turned gives pictures of another size. */
  #fit(width: number, height: number): void {
    const { canvas } = this.#out;
    if (canvas.width === width && canvas.height === height) return;
    canvas.width = width;
    canvas.height = height;
    this.#steps = [];
    for (let share = 1 / STEP; share > COARSENESS / STEP; share /= STEP) {
      const scale = Math.max(share, COARSENESS);
      this.#steps.push(context(Math.ceil(width * scale), Math.ceil(height * scale)));
    }
  }
}

function sizeOf(picture: Picture): readonly [number, number] {
  return 'displayWidth' in picture
    ? [picture.displayWidth, picture.displayHeight]
    : [picture.width, picture.height];
}

function context(
  width: number,
  height: number,
  settings: CanvasRenderingContext2DSettings = {},
): OffscreenCanvasRenderingContext2D {
  const made = new OffscreenCanvas(width, height).getContext('2d', settings);
  if (!made) throw new Error('the browser gives no canvas to draw on');
  made.imageSmoothingQuality = 'medium';
  return made;
}
