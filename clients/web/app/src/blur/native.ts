/** Some cameras and systems blur by themselves, and let a page switch it: Media Capture Extensions §9. */
import type { EffectedTrack } from '@visavis/client';

/** How many want it of a camera: one that is let go of late must not take it from the next. */
const wants = new WeakMap<MediaStreamTrack, number>();

function want(track: MediaStreamTrack, more: 1 | -1): number {
  const now = (wants.get(track) ?? 0) + more;
  wants.set(track, now);
  return now;
}

/** Whether this camera can. */
export function blursItself(track: MediaStreamTrack): boolean {
  // Firefox has learned it late.
  const can = 'getCapabilities' in track ? track.getCapabilities().backgroundBlur : undefined;
  return can?.includes(true) ?? false;
}

/** The track itself, blurred. The system's own switch may end that: then it has failed. */
export async function blurItself(
  track: MediaStreamTrack,
  failed: (cause: unknown) => void,
): Promise<EffectedTrack> {
  const before = track.getConstraints();
  const blurred = () => track.getSettings().backgroundBlur === true;
  const letGo = () => {
    if (want(track, -1) > 0) return;
    // One that has ended has nothing to be restored.
    track.applyConstraints({ ...before, backgroundBlur: false }).catch(() => undefined);
  };
  want(track, 1);
  try {
    await track.applyConstraints({ ...before, backgroundBlur: { exact: true } });
    if (!blurred()) throw new Error('the camera says that it blurs, and does not');
  } catch (cause) {
    letGo();
    throw cause;
  }
  const look = () => {
    if (!blurred()) failed(new Error('the blur was switched off by the system'));
  };
  track.addEventListener('configurationchange', look);
  return {
    track,
    stop() {
      track.removeEventListener('configurationchange', look);
      letGo();
    },
  };
}
