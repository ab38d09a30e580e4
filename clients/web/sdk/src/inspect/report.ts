/**
 * The report of a call: what this device has noted of it, and the one JSON file that it is kept in.
 *
 * The format is `visavis-call-report`, version 1; `call-report.schema.json` beside this file says the same as JSON Schema and is
 * made from it. A field may be added within a version, and readers pass over what they do not know; anything else is a new
 * version. Times are milliseconds since `call.startedAt`. Never in it: passwords of ICE and of the relay, messages' contents.
 */
import { FORMAT, HAPPENINGS, LIMITS, PLACES, VERSION } from './format.ts';
import { bool, integer, list, maybe, nullable, number, object, oneOf, type Read, text } from './shape.ts';

/** A year. */
export const MOST_MS = 366 * 24 * 3_600_000;
/** Milliseconds since the call began here. */
const moment = number(0, MOST_MS);
const count = number(0);
/** Milliseconds since 1970: as far as a `Date` reaches. */
const date = number(0, 8.64e15);
/** More than any that is real: plots are drawn of it. */
const figure = number(-1e15, 1e15);
const word = text(64);

const STEP = object({
  at: moment,
  what: oneOf(HAPPENINGS),
  from: oneOf(PLACES),
  /** The same as `from`: nobody else took part. */
  to: oneOf(PLACES),
  /** By whose hands it went. */
  by: maybe(oneOf(['server', 'relay'])),
  /** A code or a few of them, such as `remote-hangup` or `host udp`; never an address. */
  detail: maybe(word),
  /** Which of `peers`. */
  peer: maybe(integer(0, LIMITS.peers - 1)),
});

const DESCRIPTION = object({
  at: moment,
  side: oneOf(['here', 'there']),
  type: oneOf(['offer', 'answer', 'pranswer', 'rollback']),
  sdp: text(LIMITS.descriptionChars),
});

const CANDIDATE = object({
  id: word,
  side: oneOf(['here', 'there']),
  /** `host`, `srflx`, `prflx` or `relay`. */
  type: word,
  protocol: maybe(word),
  address: maybe(text(128)),
  port: maybe(integer(0, 65_535)),
  /** How the relay is reached from here. */
  relayProtocol: maybe(word),
  url: maybe(text(256)),
});

const PAIR = object({
  id: word,
  local: word,
  remote: word,
  /** RFC 8445 §6.1.2.6, as browsers write it: `frozen`, `waiting`, `in-progress`, `succeeded`, `failed`. */
  state: word,
  nominated: bool,
  requests: maybe(count),
  responses: maybe(count),
  rttMs: maybe(count),
  bytesSent: maybe(count),
  bytesReceived: maybe(count),
});

const CODEC = object({
  direction: oneOf(['send', 'receive']),
  kind: oneOf(['audio', 'video']),
  mime: word,
  payload: integer(0, 127),
  clockRate: maybe(count),
  channels: maybe(count),
  fmtp: maybe(text(512)),
});

const PEER = object({
  openedAt: moment,
  closedAt: maybe(moment),
  /** It carried the call. */
  used: bool,
  descriptions: list(DESCRIPTION, LIMITS.descriptions),
  candidates: list(CANDIDATE, LIMITS.candidates),
  pairs: list(PAIR, LIMITS.pairs),
  selected: maybe(word),
  codecs: list(CODEC, LIMITS.codecs),
  tls: maybe(word),
  cipher: maybe(word),
  srtp: maybe(word),
});

export const REPORT = object({
  format: oneOf([FORMAT]),
  version: oneOf([VERSION]),
  madeAt: date,
  /** As the browser calls itself. */
  browser: text(512),
  /** Names and addresses are in it. */
  personal: bool,
  call: object({
    id: word,
    direction: oneOf(['in', 'out']),
    media: object({ audio: bool, video: bool }),
    /** By this device's clock. */
    startedAt: date,
    endedAt: maybe(moment),
    reason: maybe(word),
    /** The other person. */
    peer: maybe(object({ id: text(256), name: text(256) })),
  }),
  steps: list(STEP, LIMITS.steps),
  peers: list(PEER, LIMITS.peers),
  figures: object({
    columns: list(word, 64),
    rows: list(list(nullable(figure), 64), LIMITS.rows),
  }),
  dropped: object({ steps: count, peers: count, descriptions: count, rows: count }),
});

export type CallReport = Read<typeof REPORT>;
export type Step = CallReport['steps'][number];
export type PeerReport = CallReport['peers'][number];
export type Description = PeerReport['descriptions'][number];
export type CandidateReport = PeerReport['candidates'][number];
export type PairReport = PeerReport['pairs'][number];
export type CodecReport = PeerReport['codecs'][number];
export type Row = CallReport['figures']['rows'][number];

/** The JSON Schema of the file. */
export function reportSchema(): object {
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: `${FORMAT} ${VERSION}`,
    description: 'What one device has noted of a call, as Call.dump() of @visavis/client writes it.',
    ...REPORT.schema,
  };
}
