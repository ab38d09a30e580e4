/** Why microphone, camera or screen were not given out, in one word. */
import { ClientError, type ClientErrorCode, type DeviceKind } from '../client-error.ts';

/** What the failure of a question to the browser means. */
export function explain(cause: unknown, device: DeviceKind | 'screen'): ClientError {
  return device === 'screen' ? explainScreen(cause) : explainCapture(cause, device);
}

/** What a failure of `getUserMedia` means, in W3C Media Capture §10.2's words and ours. */
function explainCapture(cause: unknown, device: DeviceKind): ClientError {
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

function explainScreen(cause: unknown): ClientError {
  const { name, message } = cause instanceof Error ? cause : new Error();
  const code: ClientErrorCode =
    cause instanceof ClientError
      ? cause.code
      : name === 'NotAllowedError'
        ? // Closing the browser's question is no refusal: it is asked anew next time.
          /by system/i.test(message)
          ? 'permission-denied'
          : 'permission-dismissed'
        : name === 'NotFoundError'
          ? 'device-missing'
          : 'device-busy';
  return new ClientError(code, `screen: ${code}`, { device: 'screen', cause });
}
