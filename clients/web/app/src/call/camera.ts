/** The camera outside a call. */
import { ClientError, type ClientErrorCode } from '@visavis/client';

/** The camera's picture, or why there is none. */
export async function openCamera(): Promise<MediaStream | ClientError> {
  if (!window.isSecureContext)
    return new ClientError('insecure-context', 'the camera needs https', { device: 'camera' });
  try {
    return await navigator.mediaDevices.getUserMedia({ video: { facingMode: 'user' } });
  } catch (cause) {
    const name = cause instanceof DOMException ? cause.name : '';
    return new ClientError(captureErrorCode(name), name, { device: 'camera', cause });
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
