/** Tells a person from what is behind them. The library and its model: ADR 0043. */
import create, { type Tflite } from '@twilio/video-processors/dist/build/tflite-simd-1-0-0.js';
import { fetched } from '../call/fetched.ts';

const CHANNELS = 3;
const BYTES_PER_FLOAT = 4;
/** What the model is less sure of is background, what it is surer of is person, with a soft edge between. */
const SURELY_NOT = 0.35;
const SURELY = 0.75;

/** Where the library's two files lie. */
export interface Files {
  readonly wasm: string;
  readonly model: string;
}

/** Looks at small pictures of one size. */
export class Segmenter {
  readonly width: number;
  readonly height: number;
  readonly #tflite: Tflite;
  readonly #mask: ImageData;

  private constructor(tflite: Tflite) {
    this.#tflite = tflite;
    this.width = tflite._getInputWidth();
    this.height = tflite._getInputHeight();
    this.#mask = new ImageData(this.width, this.height);
  }

  static async load({ wasm, model }: Files): Promise<Segmenter> {
    const [wasmBinary, bytes] = await Promise.all([fetched(wasm), fetched(model)]);
    const silent = () => undefined;
    const tflite = await create({ wasmBinary, print: silent, printErr: silent });
    tflite.HEAPU8.set(new Uint8Array(bytes), tflite._getModelBufferMemoryOffset());
    if (tflite._loadModel(bytes.byteLength) !== 0) throw new Error('the library does not take its model');
    return new Segmenter(tflite);
  }

  /** Opaque where there is a person. The same picture each time, drawn over. */
  mask({ data }: ImageData): ImageData {
    const { HEAPF32: numbers } = this.#tflite;
    const pixels = this.width * this.height;
    const input = this.#tflite._getInputMemoryOffset() / BYTES_PER_FLOAT;
    for (let pixel = 0; pixel < pixels; pixel++) {
      for (let channel = 0; channel < CHANNELS; channel++) {
        numbers[input + pixel * CHANNELS + channel] = (data[pixel * 4 + channel] ?? 0) / 255;
      }
    }
    if (this.#tflite._runInference() !== 0) throw new Error('the library could not look at a picture');
    const output = this.#tflite._getOutputMemoryOffset() / BYTES_PER_FLOAT;
    for (let pixel = 0; pixel < pixels; pixel++) {
      const person = numbers[output + pixel] ?? 0;
      this.#mask.data[pixel * 4 + 3] = (255 * (person - SURELY_NOT)) / (SURELY - SURELY_NOT);
    }
    return this.#mask;
  }
}
