/**
 * `@visavis/client/effects`: what can be made of a microphone before it is sent, for `LocalMedia.process`. It brings no
 * library: any node of the Web Audio API will do.
 *
 * Load it when it is needed: `const { soundEffect } = await import('@visavis/client/effects')`.
 */
import { ClientError } from './client-error.ts';
import type { EffectedTrack, TrackEffect } from './public.ts';

/** A context that has not begun by then never will: without a click the browser may not let it. */
const BEGINS_WITHIN_MS = 2_000;

/** How to make an effect of a node. */
export interface SoundEffectOptions {
  /** Samples per second of the context, for nodes that know one rate only. Default: the system's. */
  readonly sampleRate?: number;
}

/**
 * Sends what comes out of the node that `make` makes, in a context of its own, which is closed at the end. A worklet whose
 * processor throws has failed. `signal` is aborted when the effect is not wanted any more: then `make` may give up.
 */
export function soundEffect(
  make: (context: AudioContext, signal: AbortSignal) => Promise<AudioNode>,
  { sampleRate }: SoundEffectOptions = {},
): TrackEffect {
  return {
    async apply(track, failed, signal) {
      signal.throwIfAborted();
      const context = new AudioContext(sampleRate === undefined ? {} : { sampleRate });
      // What `make` waits for may never come.
      signal.addEventListener('abort', () => close(context));
      try {
        const node = await make(context, signal);
        // A node that has lost its processor gives silence.
        node.addEventListener('processorerror', () => failed(new Error('soundEffect: the processor threw')));
        return await through(context, track, node);
      } catch (cause) {
        close(context);
        throw cause;
      }
    },
  };
}

async function through(
  context: AudioContext,
  track: MediaStreamTrack,
  node: AudioNode,
): Promise<EffectedTrack> {
  const source = context.createMediaStreamSource(new MediaStream([track]));
  const out = context.createMediaStreamDestination();
  source.connect(node).connect(out);
  await running(context);
  // Some systems interrupt it for a telephone call, and leave it so.
  context.addEventListener('statechange', () => {
    if (context.state !== 'running' && context.state !== 'closed') context.resume().catch(() => undefined);
  });
  const [made] = out.stream.getAudioTracks();
  if (!made) throw new ClientError('unsupported-browser', 'soundEffect: the context gave no track');
  return {
    track: made,
    stop() {
      made.stop();
      source.disconnect();
      node.disconnect();
      close(context);
    },
  };
}

/** One that is closed already says so. */
function close(context: AudioContext): void {
  context.close().catch(() => undefined);
}

/** One that stands still would send silence in the place of a voice. */
async function running(context: AudioContext): Promise<void> {
  const late = new Promise<void>((resolve) => setTimeout(resolve, BEGINS_WITHIN_MS));
  await Promise.race([context.resume(), late]);
  if (context.state !== 'running') {
    throw new ClientError('autoplay-blocked', 'soundEffect: the browser wants a click before there is sound');
  }
}
