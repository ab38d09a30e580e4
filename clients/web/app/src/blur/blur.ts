/** The person sharp over a blurred background: by the camera itself, or by a library in a worker. Why this one: ADR 0043. */

import model from '@twilio/video-processors/dist/build/selfie_segmentation_landscape.tflite?url';
import wasm from '@twilio/video-processors/dist/build/tflite-simd-1-0-0.wasm?url';
import type { EffectedTrack } from '@visavis/client';
import { NotFetched } from '../call/not-fetched.ts';
import type { FromWorker, Streams, ToWorker } from './messages.ts';
import { blurItself, blursItself } from './native.ts';

/** What Chromium has, and TypeScript does not know yet. */
interface StreamingWindow {
  readonly MediaStreamTrackProcessor?: new (options: {
    readonly track: MediaStreamTrack;
  }) => { readonly readable: ReadableStream<VideoFrame> };
  readonly MediaStreamTrackGenerator?: new (options: {
    readonly kind: 'video';
  }) => MediaStreamTrack & { readonly writable: WritableStream<VideoFrame> };
}

/** Pictures on their way to the worker and back. */
interface Way {
  readonly track: MediaStreamTrack;
  readonly streams?: Streams;
  /** What the camera gives now, if it has not been given yet. */
  next?(): Promise<ImageBitmap | null>;
  show?(picture: ImageBitmap): void;
  close(): void;
}

/** For `LocalMedia.process`; ready when the first picture is blurred. */
export function blur(
  track: MediaStreamTrack,
  failed: (cause: unknown) => void,
  signal: AbortSignal,
): Promise<EffectedTrack> {
  return blursItself(track) ? blurItself(track, failed) : byLibrary(track, failed, signal);
}

async function byLibrary(
  track: MediaStreamTrack,
  failed: (cause: unknown) => void,
  signal: AbortSignal,
): Promise<EffectedTrack> {
  const way = streaming(track) ?? (await drawing(track));
  const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
  const stop = () => {
    track.removeEventListener('ended', stop);
    worker.terminate();
    way.close();
    way.track.stop();
  };
  track.addEventListener('ended', stop);
  try {
    await new Promise<void>((ready, refuse) => {
      // The promise is settled by the first of them; what goes wrong later is told.
      const fail = (cause: unknown) => {
        refuse(cause);
        failed(cause);
      };
      const giveUp = () => refuse(new Error('it is not wanted any more'));
      signal.addEventListener('abort', giveUp);
      if (signal.aborted) giveUp();
      // A worker that could not be fetched has nothing to say.
      worker.onerror = ({ message }) =>
        fail(message ? new Error(message) : new NotFetched('the worker could not be fetched'));
      worker.onmessage = ({ data }: MessageEvent<FromWorker>) => {
        if (data.type === 'ready') ready();
        else if (data.type === 'failed') fail(new (data.fetched ? Error : NotFetched)(data.reason));
        else if (data.type === 'ended') refuse(new Error('the camera has ended'));
        else if (data.type === 'blurred') way.show?.(data.picture);
        else if (track.readyState === 'ended') refuse(new Error('the camera has ended'));
        else way.next?.().then((picture) => give(worker, picture), fail);
      };
      const begin: ToWorker = {
        type: 'begin',
        files: { wasm, model },
        ...(way.streams && { streams: way.streams }),
      };
      worker.postMessage(begin, way.streams ? [way.streams.from, way.streams.to] : []);
    });
  } catch (cause) {
    stop();
    throw cause;
  }
  return { track: way.track, stop };
}

function give(worker: Worker, picture: ImageBitmap | null): void {
  const message: ToWorker = { type: 'picture', picture };
  worker.postMessage(message, picture ? [picture] : []);
}

/** Straight from the camera to the worker, and from there to what is sent. */
function streaming(track: MediaStreamTrack): Way | undefined {
  const { MediaStreamTrackProcessor: Processor, MediaStreamTrackGenerator: Generator } =
    window as StreamingWindow;
  if (!Processor || !Generator) return undefined;
  const made = new Generator({ kind: 'video' });
  const streams = { from: new Processor({ track }).readable, to: made.writable };
  return { track: made, streams, close: () => undefined };
}

/** By an element that plays the camera, and a canvas that is sent. */
async function drawing(track: MediaStreamTrack): Promise<Way> {
  const video = document.createElement('video');
  video.muted = true;
  video.playsInline = true;
  video.srcObject = new MediaStream([track]);
  const canvas = document.createElement('canvas');
  const context = canvas.getContext('bitmaprenderer');
  const [made] = canvas.captureStream().getVideoTracks();
  if (!context || !made) throw new Error('the browser gives no canvas that can be sent');
  await video.play();
  let shown = -1;
  return {
    track: made,
    next() {
      if (video.currentTime === shown || video.videoWidth === 0) return Promise.resolve(null);
      shown = video.currentTime;
      return createImageBitmap(video);
    },
    show(picture) {
      canvas.width = picture.width;
      canvas.height = picture.height;
      context.transferFromImageBitmap(picture);
    },
    close() {
      video.srcObject = null;
    },
  };
}
