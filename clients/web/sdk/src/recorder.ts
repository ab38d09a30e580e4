/**
 * `@visavis/client/recorder`: records a call to which both have agreed, in this browser. Both voices are mixed, both pictures
 * stand side by side. Nothing of it goes to any server.
 *
 * Load it when it is needed: `const { recordCall } = await import('@visavis/client/recorder')`.
 */
import { ClientError } from './client-error.ts';
import type { Call } from './public.ts';
import { Memory, Parts, type Problem, type RecordingSink } from './recorder/parts.ts';
import { FRAMES_PER_SECOND, Picture } from './recorder/picture.ts';
import { Sides } from './recorder/sides.ts';
import { Sound } from './recorder/sound.ts';

export { MEMORY_BYTES, RECORDING_BYTES, type RecordingSink } from './recorder/parts.ts';

/** Of what browsers write, what most programs play. */
const TYPES = ['video/webm;codecs=vp8,opus', 'video/webm', 'video/mp4'] as const;
/** A part is written this often: at most so much is lost if the page dies. */
const PART_MS = 4_000;
const RATES = { videoBitsPerSecond: 1_500_000, audioBitsPerSecond: 96_000 };

/** A recording that goes on. */
export interface Recorder {
  /** What it is written as. */
  readonly type: string;
  /** Once `Call.recording` is not `on` any more, or the call has ended, and everything is kept. */
  readonly finished: Promise<Recorded>;
}

/** What was recorded. */
export interface Recorded {
  readonly type: string;
  readonly bytes: number;
  /** The whole of it, without a sink of one's own: at most `MEMORY_BYTES`. */
  readonly file?: Blob;
  /** It had to end early; what was kept before is whole. */
  readonly problem?: Problem;
}

/** How to record. */
export interface RecordingOptions {
  /** Where the parts go. Default: memory. */
  readonly sink?: RecordingSink;
  /** How our own side is labelled where there is no picture. */
  readonly name?: string;
}

/** Whether this browser can. */
export function canRecord(): boolean {
  return typeof AudioContext !== 'undefined' && type() !== undefined;
}

/**
 * Records from now on, as long as `call.recording` is `on` by us; on hold, and while media is interrupted, it pauses. Throws
 * `wrong-state` if the other person has not agreed.
 */
export function recordCall(call: Call, { sink, name = '' }: RecordingOptions = {}): Recorder {
  if (!isAgreed(call)) {
    throw new ClientError('wrong-state', 'recordCall: the other person has not agreed to it');
  }
  const mimeType = type();
  if (!canRecord() || mimeType === undefined) {
    throw new ClientError('unsupported-browser', 'recordCall: this browser cannot record');
  }
  const memory = new Memory();
  const parts = new Parts(sink ?? memory, () => call.record('stop'));
  const sides = new Sides(call, name);
  const sound = new Sound();
  const picture = new Picture(sides);
  const media = new MediaRecorder(new MediaStream([picture.track, sound.track]), { mimeType, ...RATES });
  const leave: (() => void)[] = [];
  const finished = new Promise<Recorded>((resolve) => {
    media.addEventListener('dataavailable', ({ data }) => parts.add(data));
    media.addEventListener('error', () => parts.fail('failed'));
    media.addEventListener('stop', () => {
      for (const run of leave) run();
      for (const one of [sides, picture, sound]) one.release();
      void parts.done().then((result) => {
        resolve({ type: mimeType, ...result, ...(sink ? {} : { file: memory.file(mimeType) }) });
      });
    });
  });
  const frame = () => {
    picture.draw();
    sound.mix(sides.voices());
  };
  leave.push(sound.every(1 / FRAMES_PER_SECOND, frame));
  media.start(PART_MS);
  const follow = () => {
    if (media.state === 'inactive') return;
    const { state, held } = call;
    if (!isAgreed(call)) return media.stop();
    const flows = state.value.type === 'active' && !held.value.me && !held.value.peer;
    if (flows && media.state === 'paused') media.resume();
    if (!flows && media.state === 'recording') media.pause();
  };
  for (const readable of [call.state, call.held, call.recording]) leave.push(readable.subscribe(follow));
  return { type: mimeType, finished };
}

function isAgreed({ recording: { value }, state }: Call): boolean {
  return value.type === 'on' && value.by === 'me' && state.value.type !== 'ended';
}

function type(): string | undefined {
  if (typeof MediaRecorder === 'undefined') return undefined;
  return TYPES.find((one) => MediaRecorder.isTypeSupported(one));
}
