/** The camera outside a call. */
import { ClientError, type ClientErrorCode } from '@visavis/client';
import { background, blurred } from './background.ts';
import { onAbort, stopTracks } from './keep-open.ts';

/** Opens the camera until `signal` is aborted, or says why there is none. As others would see it: blurred, if that is chosen. */
export async function openCamera(signal: AbortSignal): Promise<MediaStream | ClientError> {
  if (!window.isSecureContext)
    return new ClientError('insecure-context', 'the camera needs https', { device: 'camera' });
  try {
    const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: 'user' } });
    // The device's own tracks: whatever is made of them may take its time.
    onAbort(signal, () => stopTracks(stream));
    return await asSeen(stream, signal);
  } catch (cause) {
    if (cause instanceof ClientError) return cause;
    const name = cause instanceof DOMException ? cause.name : '';
    return new ClientError(captureErrorCode(name), name, { device: 'camera', cause });
  }
}

async function asSeen(stream: MediaStream, signal: AbortSignal): Promise<MediaStream> {
  const [track] = stream.getVideoTracks();
  if (background.value === 'off' || !track || signal.aborted) return stream;
  try {
    // What goes wrong later leaves a picture that stands still: nobody else sees it.
    const made = await blurred.apply(track, () => undefined, signal);
    onAbort(signal, () => made.stop());
    return new MediaStream([made.track]);
  } catch (cause) {
    stopTracks(stream);
    throw new ClientError('effect-failed', 'the camera could not be blurred', { device: 'camera', cause });
  }
}

/** What a refusal by the browser means. */
export function captureErrorCode(name: string): ClientErrorCode {
  switch (name) {
    case 'NotAllowedError':
      return 'permission-denied';
    case 'NotReadableError':
      return 'device-busy';
    case 'NotFoundError':
    case 'OverconstrainedError':
      return 'device-missing';
    default:
      return 'unsupported-browser';
  }
}
