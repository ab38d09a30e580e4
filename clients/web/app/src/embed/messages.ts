/**
 * What the framed page and the page that frames it say to each other, version 1, as `docs/embed.md` has it: objects with
 * `visavis: 1` and a `type`. Both sides look at the origin.
 */
import type { EndedDetail, ErrorDetail, StateDetail } from '@visavis/client/element';

const VERSION = 1;

/** What the framing page may want. To call, to answer, to unmute and to turn the camera on somebody presses inside. */
export type Command =
  /** Be ready to call: ask a guest for a name. */
  { readonly type: 'call' | 'hangup' } | { readonly type: 'mute' | 'camera'; readonly on: boolean };

/** What it is told. */
export type Notice =
  | { readonly type: 'ready' }
  | ({ readonly type: 'state' } & StateDetail)
  | ({ readonly type: 'ended' } & EndedDetail)
  | ({ readonly type: 'error' } & ErrorDetail);

/** The command in a message, if the page that frames this one says it, and comes from a site that is listed. */
export function commandOf(
  { data, origin, source }: Pick<MessageEvent<unknown>, 'data' | 'origin' | 'source'>,
  parent: unknown,
  listed: readonly string[],
): Command | null {
  if (source !== parent || !listed.includes(origin)) return null;
  if (typeof data !== 'object' || data === null) return null;
  const { visavis, type, on } = data as Readonly<Record<string, unknown>>;
  if (visavis !== VERSION) return null;
  if (type === 'call' || type === 'hangup') return { type };
  if ((type === 'mute' || type === 'camera') && typeof on === 'boolean') return { type, on };
  return null;
}

/**
 * Tells the page that frames this one, and only one of a site that is listed: the browser gives a message to no page of another
 * origin than is named. `framing`: the origins of the pages around this one, if the browser tells them.
 */
export function tell(
  notice: Notice,
  parent: Pick<Window, 'postMessage'>,
  listed: readonly string[],
  framing: DOMStringList | undefined,
): void {
  const nearest = framing?.[0];
  for (const origin of listed) {
    if (nearest === undefined || nearest === origin)
      parent.postMessage({ visavis: VERSION, ...notice }, origin);
  }
}
