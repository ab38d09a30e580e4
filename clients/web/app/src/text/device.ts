/** What is wrong with a microphone or camera, and the way out. */
import type { ClientError, DeviceKind } from '@visavis/client';
import { NotFetched } from '../call/not-fetched.ts';
import type { Message } from './language.ts';

/** The sentence for an error about a device; `device` is used when the error names none. */
export function deviceMessage(error: ClientError, device: DeviceKind): Message {
  const kind = error.device ?? device;
  if (kind === 'speaker') return { key: 'device.speaker.gone' };
  if (kind === 'screen') return screenMessage(error);
  switch (error.code) {
    case 'permission-denied':
      return { key: isSystemDenial(error) ? `device.${kind}.system` : `device.${kind}.denied` };
    case 'permission-dismissed':
      return { key: `device.${kind}.dismissed` };
    case 'device-busy':
      return { key: `device.${kind}.busy` };
    case 'device-missing':
      return { key: `device.${kind}.missing` };
    case 'device-lost':
      return { key: `device.${kind}.lost` };
    case 'effect-failed':
      if (kind === 'mic') return { key: 'device.noise.failed' };
      return { key: error.cause instanceof NotFetched ? 'device.blur.missing' : 'device.blur.failed' };
    case 'insecure-context':
      return { key: 'device.insecure' };
    default:
      return { key: `device.${kind}.other`, params: { code: error.code } };
  }
}

function screenMessage(error: ClientError): Message {
  switch (error.code) {
    case 'permission-denied':
      return { key: 'device.screen.system' };
    case 'unsupported-browser':
      return { key: 'device.screen.unsupported' };
    default:
      return { key: 'device.screen.other', params: { code: error.code } };
  }
}

/** Chromium tells "Permission denied by system" apart only in the error's text. */
function isSystemDenial(error: ClientError): boolean {
  return error.cause instanceof Error && /by system/i.test(error.cause.message);
}
