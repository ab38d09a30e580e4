/** Which lines of a session description speak of which codec. */
import type { CodecReport, Description } from '@visavis/client/inspect';

/** `used`: of a codec in use · `shared`: of one that both could use · `plain`: of anything else */
export type Mark = 'used' | 'shared' | 'plain';

export interface MarkedLine {
  readonly text: string;
  readonly mark: Mark;
}

/** An offer and its answer. */
export interface Negotiation {
  readonly at: number;
  readonly here: Description | undefined;
  readonly there: Description | undefined;
}

/** Offers with the answers behind them, oldest first. */
export function negotiationsOf(descriptions: readonly Description[]): readonly Negotiation[] {
  const found: Negotiation[] = [];
  for (const description of descriptions) {
    const last = found.at(-1);
    const answers = description.type === 'answer' && last && last[description.side] === undefined;
    if (answers) found[found.length - 1] = { ...last, [description.side]: description };
    else
      found.push({ at: description.at, here: undefined, there: undefined, [description.side]: description });
  }
  return found;
}

/** The lines of one side's description; `other`: that of the other side. */
export function markedLines(
  sdp: string,
  other: string | undefined,
  codecs: readonly CodecReport[],
): readonly MarkedLine[] {
  const shared = other === undefined ? new Set<string>() : namesOf(other);
  const used = new Set(codecs.map(({ payload }) => payload));
  const names = new Map(rtpmapsOf(sdp).map(({ payload, name }) => [payload, name]));
  const lines = sdp.split(/\r?\n/).filter((line) => line !== '');
  return lines.map((text) => {
    const payload = payloadOf(text);
    const name = payload === undefined ? undefined : names.get(payload);
    if (payload === undefined || name === undefined) return { text, mark: 'plain' };
    return { text, mark: used.has(payload) ? 'used' : shared.has(name) ? 'shared' : 'plain' };
  });
}

/** RFC 8866 §6.6, §6.15, RFC 4585 §4.2: the lines that belong to one payload type. */
function payloadOf(line: string): number | undefined {
  const found = /^a=(?:rtpmap|fmtp|rtcp-fb):(\d+) /.exec(line)?.[1];
  return found === undefined ? undefined : Number(found);
}

function rtpmapsOf(sdp: string): readonly { readonly payload: number; readonly name: string }[] {
  return [...sdp.matchAll(/^a=rtpmap:(\d+) (\S+)/gm)].map(([, payload, name]) => ({
    payload: Number(payload),
    name: (name ?? '').toLowerCase(),
  }));
}

function namesOf(sdp: string): ReadonlySet<string> {
  return new Set(rtpmapsOf(sdp).map(({ name }) => name));
}
