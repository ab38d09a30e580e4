/** TensorFlow Lite with one model, as WebAssembly; the package has no types of this part. */
declare module '@twilio/video-processors/dist/build/tflite-simd-1-0-0.js' {
  /** Offsets are in bytes. */
  export interface Tflite {
    readonly HEAPU8: Uint8Array<ArrayBuffer>;
    readonly HEAPF32: Float32Array<ArrayBuffer>;
    _getModelBufferMemoryOffset(): number;
    /** 0 if it is one that it can run. */
    _loadModel(length: number): number;
    _getInputWidth(): number;
    _getInputHeight(): number;
    _getInputMemoryOffset(): number;
    _getOutputMemoryOffset(): number;
    /** 0 if all went well. */
    _runInference(): number;
  }

  interface Options {
    readonly wasmBinary: ArrayBuffer;
    readonly print: (line: string) => void;
    readonly printErr: (line: string) => void;
  }

  const create: (options: Options) => Promise<Tflite>;

  // biome-ignore lint/style/noDefaultExport: that is how the package has it
  export default create;
}
