/**
 * What can go wrong, with a code that programs can rely on.
 *
 * - `permission-denied` the user or the browser's policy said no · `permission-dismissed` the question was closed
 * - `device-missing` there is none · `device-busy` another program has it · `device-lost` it was unplugged
 * - `effect-failed` what was to be made of its track could not be (`LocalMedia.process`)
 * - `device-silent` it was opened, and gives neither sound nor picture (only `Client.preflight` looks)
 * - `insecure-context` microphone and camera need HTTPS or localhost · `unsupported-browser` no WebRTC here
 * - `signed-out` no login · `replaced` this device connected elsewhere · `server-unreachable`
 * - `not-found` no such person · `rate-limited` · `busy`, `you-busy` they are, or this device is, in a call · `forbidden` · `server` its fault
 * - `unconfirmed` several people use this browser, and its user has not confirmed who they are (`POST /api/confirm`)
 * - `autoplay-blocked` a click is needed · `negotiation` the two browsers do not agree
 * - `too-large` a text or a file for the chat
 * - `wrong-state` not possible at this moment · `aborted` · `timeout` · `protocol` not understood
 */
export type ClientErrorCode =
  | 'permission-denied'
  | 'permission-dismissed'
  | 'device-missing'
  | 'device-busy'
  | 'device-lost'
  | 'device-silent'
  | 'effect-failed'
  | 'insecure-context'
  | 'unsupported-browser'
  | 'signed-out'
  | 'replaced'
  | 'server-unreachable'
  | 'not-found'
  | 'rate-limited'
  | 'busy'
  | 'you-busy'
  | 'forbidden'
  | 'unconfirmed'
  | 'server'
  | 'autoplay-blocked'
  | 'negotiation'
  | 'too-large'
  | 'wrong-state'
  | 'aborted'
  | 'timeout'
  | 'protocol';

/** What captures a person. */
export type DeviceKind = 'mic' | 'camera';

const RETRYABLE: ReadonlySet<ClientErrorCode> = new Set([
  'permission-dismissed',
  'device-missing',
  'device-busy',
  'device-lost',
  'device-silent',
  'server-unreachable',
  'rate-limited',
  'server',
  'autoplay-blocked',
  'timeout',
]);

/** An error of this package. `hint` is for the developer; show the user a text of your own by `code`. */
export class ClientError extends Error {
  override readonly name = 'ClientError';
  readonly code: ClientErrorCode;
  /** Trying the same again may succeed. */
  readonly retryable: boolean;
  /** The device it is about. */
  readonly device?: DeviceKind | 'screen' | 'speaker';
  /** What is wrong and the way out, in English. */
  readonly hint: string;

  constructor(
    code: ClientErrorCode,
    hint: string = code,
    more: { readonly device?: ClientError['device']; readonly cause?: unknown } = {},
  ) {
    super(hint, more.cause === undefined ? undefined : { cause: more.cause });
    this.code = code;
    this.hint = hint;
    this.retryable = RETRYABLE.has(code);
    if (more.device) this.device = more.device;
  }
}
