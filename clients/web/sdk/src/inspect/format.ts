/** The names and limits of a report's format: what those need who write one. `report.ts` has the whole of it. */

export const FORMAT = 'visavis-call-report';
export const VERSION = 1;

/**
 * How much is noted of one call, and what becomes of more:
 *
 * - `steps`: the first half stays, of the others the oldest gives way.
 * - `peers`: peer connections; further ones are not noted. `descriptions` of each: the oldest gives way.
 * - `candidates`, `pairs`, `codecs` of each: as the browser lists them, further ones are left out.
 * - `rows`: one a second. When they are full, every second row of all goes: the whole call stays, more coarsely the older it is.
 *
 * What was left out is counted in `dropped`. `calls`: the last of this page; `bytes`: of a file that is opened.
 */
export const LIMITS = {
  calls: 8,
  steps: 600,
  peers: 6,
  descriptions: 8,
  descriptionChars: 64 * 1024,
  candidates: 64,
  pairs: 128,
  codecs: 16,
  rows: 3_600,
  bytes: 16 * 1024 * 1024,
} as const;

/** Where something happens: at this device, the server, the relay, the other device. */
export const PLACES = ['here', 'server', 'relay', 'there'] as const;
export type Place = (typeof PLACES)[number];

/** What can happen. `say-…`: by a message to the server; `told-…`: how the call stands, says the server. */
export const HAPPENINGS = [
  'begin',
  'capture',
  'sending',
  'say-invite',
  'say-ringing',
  'say-accept',
  'say-connected',
  'say-hangup',
  'say-resume',
  'say-take',
  'say-transfer',
  'say-recording',
  'told-inviting',
  'told-ringing',
  'told-connecting',
  'told-active',
  'told-ended',
  'told-elsewhere',
  'refused',
  'offer',
  'answer',
  'candidates',
  'notice',
  'control',
  'peer-opened',
  'gathering',
  'address',
  'gather-error',
  'gathered',
  'restart',
  'checking',
  'path-found',
  'pair-selected',
  'secured',
  'first-packet',
  'first-picture',
  'connected',
  'interrupted',
  'deaf',
  'path-lost',
  'path-failed',
  'peer-closed',
  'ended',
] as const;
export type Happening = (typeof HAPPENINGS)[number];

/** The columns of the figures: those up to `jitterMs` as they are at that moment, the others counted since the beginning. */
export const COLUMNS = [
  'at',
  'peer',
  'rttMs',
  'availableBps',
  'lossThere',
  'fpsSent',
  'fpsReceived',
  'widthSent',
  'heightSent',
  'widthReceived',
  'heightReceived',
  'levelHere',
  'levelThere',
  'jitterMs',
  'audioBytesSent',
  'videoBytesSent',
  'audioBytesReceived',
  'videoBytesReceived',
  'packetsReceived',
  'packetsLost',
] as const;
export type Column = (typeof COLUMNS)[number];
