/** Asking for microphone and camera. */
import { ClientError, type DeviceKind } from '../client-error.ts';

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
      if (isRefusal(cause)) {
        return { mic: await explain(cause, 'mic'), camera: await explain(cause, 'camera') };
      }
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

/** What a failure means. That is fetched when it is wanted: most of those who call have their devices. */
export async function explain(cause: unknown, device: DeviceKind | 'screen'): Promise<ClientError> {
  const refusal = await import('./refusal.ts').catch(() => undefined);
  return (
    refusal?.explain(cause, device) ??
    new ClientError('device-busy', `${device}: not given out`, { device, cause })
  );
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
