/** Microphone, camera and speaker: opened, looked at for a moment, and closed. */
import { ClientError } from '../client-error.ts';
import { type Captured, type Constraints, capture } from '../media/capture.ts';
import type { Finding } from './check.ts';

/** Somebody who is asked to speak has begun by then; what a live microphone hears of a quiet room comes at once. */
const LISTEN_MS = 2_500;
/** A camera that has just been opened may need a second. */
const PICTURE_MS = 3_000;
const PLAY_MS = 1_500;
const LOOK_MS = 50;
/** Quieter than any room: the noise of a microphone's own parts is ten times that. */
const SILENCE = 0.0001;

/** Opens what is wanted; the browser may ask its user, who takes the time that they take. */
export function open(
  wanted: { readonly audio: boolean; readonly video: boolean },
  constraints: Constraints,
): Promise<Captured> {
  // As it is: what takes noise away makes silence of a quiet room.
  const raw = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };
  return capture(wanted, { ...constraints, audio: { ...constraints.audio, ...raw } });
}

/** Hears whatever there is to hear. */
export async function checkMic(track: MediaStreamTrack, signal: AbortSignal): Promise<Finding> {
  const context = new AudioContext();
  try {
    // Without a gesture the browser may let nothing run: then nothing can be said of the level.
    if (!(await runs(context, signal))) return {};
    const analyser = context.createAnalyser();
    context.createMediaStreamSource(new MediaStream([track])).connect(analyser);
    const samples = new Float32Array(analyser.fftSize);
    let level = 0;
    await until(signal, LISTEN_MS, () => {
      analyser.getFloatTimeDomainData(samples);
      level = samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), level);
      return level > SILENCE;
    });
    if (level > SILENCE) return { level: Math.min(1, level) };
    throw new ClientError('device-silent', 'mic: it gives nothing but silence', { device: 'mic' });
  } finally {
    void context.close();
  }
}

/** Waits for the first picture. */
export async function checkCamera(track: MediaStreamTrack, signal: AbortSignal): Promise<Finding> {
  const video = document.createElement('video');
  video.muted = true;
  video.playsInline = true;
  try {
    video.srcObject = new MediaStream([track]);
    // Some browsers play no picture in a page that nobody looks at; it arrives all the same.
    video.play().catch(() => {});
    if (await until(signal, PICTURE_MS, () => video.videoWidth > 0)) return {};
    throw new ClientError('device-silent', 'camera: it gives no picture', { device: 'camera' });
  } finally {
    video.srcObject = null;
  }
}

/** Whether the browser plays anything; only an ear knows the rest. */
export async function checkSpeaker(signal: AbortSignal): Promise<Finding> {
  const context = new AudioContext();
  try {
    if (await runs(context, signal)) return {};
    throw new ClientError('autoplay-blocked', 'the browser plays nothing before a click', {
      device: 'speaker',
    });
  } finally {
    void context.close();
  }
}

/** Its clock goes. */
async function runs(context: AudioContext, signal: AbortSignal): Promise<boolean> {
  context.resume().catch(() => {});
  return await until(signal, PLAY_MS, () => context.currentTime > 0);
}

/** Looks again and again until it is so; false when the time is up. */
function until(signal: AbortSignal, limitMs: number, look: () => boolean): Promise<boolean> {
  return new Promise((resolve) => {
    const end = (yes: boolean) => {
      clearInterval(timer);
      clearTimeout(limit);
      signal.removeEventListener('abort', stop);
      resolve(yes);
    };
    const stop = () => end(false);
    const timer = setInterval(() => look() && end(true), LOOK_MS);
    const limit = setTimeout(stop, limitMs);
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop);
  });
}
