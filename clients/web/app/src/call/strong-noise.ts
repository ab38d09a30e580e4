/** RNNoise in a worklet: it lets a voice through, and little else. Why this one: ADR 0042. */
import { RnnoiseWorkletNode } from '@sapphi-red/web-noise-suppressor';
import url from '@sapphi-red/web-noise-suppressor/rnnoise.wasm?url';
import simdUrl from '@sapphi-red/web-noise-suppressor/rnnoise_simd.wasm?url';
import worklet from '@sapphi-red/web-noise-suppressor/rnnoiseWorklet.js?url';
import { soundEffect } from '@visavis/client/effects';
import { runsVectors } from '../blur/can.ts';
import { fetched } from './fetched.ts';

/** It knows this rate only. */
const SAMPLE_RATE = 48_000;
/** The browser fetches a worklet by itself, and waits for ever. */
const WORKLET_LIMIT_MS = 60_000;

/** For `LocalMedia.process`. */
export const strongNoise = soundEffect(
  async (context, signal) => {
    const [wasmBinary] = await Promise.all([library(signal), begun(context)]);
    const node = new RnnoiseWorkletNode(context, { maxChannels: 1, wasmBinary });
    // What a microphone of two channels gives is mixed: of two, the library leaves the second silent.
    node.channelCount = 1;
    node.channelCountMode = 'explicit';
    return node;
  },
  { sampleRate: SAMPLE_RATE },
);

/** Looked at before it is used: a worklet that can make nothing of it says so to nobody, and gives silence. */
async function library(signal: AbortSignal): Promise<ArrayBuffer> {
  const bytes = await fetched(runsVectors() ? simdUrl : url, signal);
  await WebAssembly.compile(bytes);
  return bytes;
}

async function begun(context: AudioContext): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, refuse) => {
    timer = setTimeout(() => refuse(new Error('the worklet does not come')), WORKLET_LIMIT_MS);
  });
  try {
    await Promise.race([context.audioWorklet.addModule(worklet), late]);
  } finally {
    clearTimeout(timer);
  }
}
