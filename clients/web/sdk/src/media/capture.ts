/** Asking for microphone and camera, and saying in one word why it failed. */
import { ClientError, type ClientErrorCode, type DeviceKind } from '../client-error.ts';

export type Constraints = { readonly audio: MediaTrackConstraints; readonly video: MediaTrackConstraints };

/** What could be had of what was wanted. */
export interface Captured {
  readonly mic: MediaStreamTrack | ClientError | undefined;
  readonly camera: MediaStreamTrack | ClientError | undefined;
}

/** Asks for one or both with one question; if that fails, for each by itself, to have what can be had. */
export async function capture(
  wanted: { audio: boolean; video: boolean },
  constraints: Constraints,
): Promise<Captured> {
  if (wanted.audio && wanted.video) {
    try {
      const stream = await open(constraints);
      return { mic: stream.getAudioTracks()[0], camera: stream.getVideoTracks()[0] };
    } catch (cause) {
      // A refusal is for both; asking again would only annoy.
      if (isRefusal(cause)) return { mic: explain(cause, 'mic'), camera: explain(cause, 'camera') };
    }
  }
  const mic = wanted.audio ? await one('mic', constraints) : undefined;
  const camera = wanted.video ? await one('camera', constraints) : undefined;
  return { mic, camera };
}

/** Asks for one device. */
export async function one(
  device: DeviceKind,
  constraints: Constraints,
): Promise<MediaStreamTrack | ClientError> {
  try {
    const stream = await open(device === 'mic' ? { audio: constraints.audio } : { video: constraints.video });
    return (
      stream.getTracks()[0] ??
      new ClientError('device-missing', 'the browser gave an empty stream', { device })
    );
  } catch (cause) {
    return explain(cause, device);
  }
}

/** What a failure of `getUserMedia` means, in W3C Media Capture §10.2's words and ours. */
export function explain(cause: unknown, device: DeviceKind): ClientError {
  if (cause instanceof ClientError) return new ClientError(cause.code, cause.hint, { device });
  const name = cause instanceof Error ? cause.name : '';
  const [code, hint]: [ClientErrorCode, string] =
    name === 'NotAllowedError' && cause instanceof Error && /dismiss/i.test(cause.message)
      ? ['permission-dismissed', 'the question was closed without an answer']
      : name === 'NotAllowedError' || name === 'SecurityError'
        ? ['permission-denied', 'allowed neither by the user nor by the policies of page and system']
        : name === 'NotFoundError'
          ? ['device-missing', 'there is none']
          : name === 'OverconstrainedError'
            ? ['device-missing', 'none fits the constraints']
            : name === 'NotReadableError' || name === 'AbortError'
              ? ['device-busy', 'another program has it, or the system does not give it out']
              : ['device-busy', `the browser could not open it: ${name}`];
  return new ClientError(code, `${device}: ${hint}`, { device, cause });
}

function open(constraints: MediaStreamConstraints): Promise<MediaStream> {
  if (navigator.mediaDevices) return navigator.mediaDevices.getUserMedia(constraints);
  // Browsers hide the interface from pages that came over plain HTTP.
  const error = isSecureContext
    ? new ClientError('unsupported-browser', 'this browser has no getUserMedia')
    : new ClientError('insecure-context', 'microphone and camera need HTTPS or localhost');
  return Promise.reject(error);
}

function isRefusal(cause: unknown): boolean {
  if (cause instanceof ClientError) return true;
  return cause instanceof Error && (cause.name === 'NotAllowedError' || cause.name === 'SecurityError');
}
