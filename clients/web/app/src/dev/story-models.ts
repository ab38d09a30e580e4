/** The models of the stories: one for each thing the page can show. */
import { type Cause, ClientError, type EndReason, type Quality, type QualityLevel } from '@visavis/client';
import type { CallModel, Model, Page, PastCall } from '../model/model.ts';
import type { Language } from '../text/language.ts';
import { knownPeople, type Person, people } from './known-people.ts';

/** A model as it is at `now`, with names that suit the language. */
export type Story = (now: number, language: Language) => Model;

/** The emoji of a call. */
const CODE = ['🎸', '🐙', '🌈', '🍕'];

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Alice at home. */
export function base(now: number, language: Language, page?: Page): Model {
  const { alice } = people(language);
  return {
    secure: true,
    place: 'home',
    hidden: false,
    people: knownPeople(language),
    expected: null,
    page: page ?? { type: 'home', me: { name: alice.id, display_name: alice.name } },
    link: { type: 'online' },
    history: { status: 'ready', calls: pastCalls(now, language) },
    call: null,
    others: [],
    elsewhere: [],
    shared: null,
    toast: null,
  };
}

function pastCalls(now: number, language: Language): readonly PastCall[] {
  const { bob, carol, dan } = people(language);
  const past = (ago: number, peer: Person, rest: Partial<PastCall>) => pastCall(now, ago, peer, rest);
  return [
    past(4 * MINUTE, bob, {
      duration_ms: 754_000,
      recordings: [{ by_you: false, started_ago_ms: 200_000, duration_ms: 192_000 }],
    }),
    past(50 * MINUTE, carol, { direction: 'in', outcome: 'missed', reason: 'cancelled', media: ['audio'] }),
    past(DAY, dan, { direction: 'in', duration_ms: 4_031_000, device_name: 'Chrome on Linux' }),
    past(DAY + 2 * HOUR, bob, { outcome: 'unanswered', reason: 'busy' }),
    past(DAY + 3 * HOUR, carol, {
      direction: 'in',
      outcome: 'declined',
      reason: 'rejected',
      media: ['audio'],
    }),
    past(3 * DAY, carol, { outcome: 'unanswered', reason: 'no_answer', media: ['audio'] }),
    past(3 * DAY + HOUR, dan, { outcome: 'failed', reason: 'media_failed' }),
    past(8 * DAY, bob, { direction: 'in', duration_ms: 61_000, media: ['audio'] }),
  ];
}

/** A call that began `ago` milliseconds before `now`. */
export function pastCall(now: number, ago: number, peer: Person, rest: Partial<PastCall>): PastCall {
  return {
    call: `call-${ago}`,
    peer: peer.id,
    peer_name: peer.name,
    direction: 'out',
    outcome: 'answered',
    reason: 'hangup',
    media: ['audio', 'video'],
    started_ago_ms: ago,
    duration_ms: 0,
    startedAt: now - ago,
    ...rest,
  };
}

/** The same with Bob in a call. */
export function inCall(change: (now: number) => Partial<CallModel>): Story {
  return (now, language) => {
    const { bob } = people(language);
    const call: CallModel = {
      serial: 1,
      id: 'call-1',
      direction: 'out',
      media: { audio: true, video: true },
      peer: { ...bob, lost: false, contact: true },
      state: { type: 'dialing' },
      local: { mic: 'on', camera: 'on', screen: 'off' },
      remote: { audio: true, video: true, screen: false, blocked: false },
      held: { me: false, peer: false },
      weak: { me: false, peer: false },
      quality: measured('good', 0, 0.1),
      recording: { type: 'none' },
      talking: false,
      devices: [],
      attended: true,
      silenced: false,
      stateSince: now,
      ...change(now),
    };
    return { ...base(now, language), call };
  };
}

/** A conversation with Bob, and Carol beside it. */
function twoCalls(change: (now: number) => Partial<CallModel>, other: Partial<CallModel>): Story {
  return (now, language) => {
    const model = inCall((then) => ({
      state: { type: 'active', since: then - 754_000, path: 'direct' },
      ...change(then),
    }))(now, language);
    const { carol } = people(language);
    if (!model.call) return model;
    return {
      ...model,
      others: [{ ...model.call, serial: 2, peer: { ...carol, lost: false, contact: false }, ...other }],
    };
  };
}

function elsewhere(language: Language): Model['elsewhere'][number] {
  const peer = { ...people(language).bob, lost: false, contact: true };
  return { id: 'call-1', peer, device: 'Firefox on Linux' };
}

const RINGING_IN = { type: 'ringing', direction: 'in', until: undefined } as const;
const DEVICES: CallModel['devices'] = [
  { role: 'mic', id: 'm1', label: 'Built-in microphone' },
  { role: 'mic', id: 'm2', label: 'Jabra Evolve2 headset' },
  { role: 'camera', id: 'c1', label: 'HD webcam' },
  { role: 'camera', id: 'c2', label: 'Desk camera' },
  { role: 'speaker', id: 's1', label: 'Built-in speakers' },
  { role: 'speaker', id: 's2', label: 'Jabra Evolve2 headset' },
];

function ended(reason: EndReason, durationMs: number, change: Partial<CallModel> = {}): Story {
  return inCall(() => ({ state: { type: 'ended', reason, summary: { durationMs } }, ...change }));
}

/** A connection on which so many percent are lost, each way. */
function measured(level: QualityLevel, here: number, there: number): Quality {
  const way = { level, kbps: 1_240, jitterMs: 12, silent: false, fps: 24, height: 720 };
  return {
    level,
    mos: 3.9,
    rttMs: 86,
    receiving: {
      ...way,
      lossPct: here,
      concealedPct: 1,
      frozenMs: 0,
      busy: false,
      codecs: { audio: 'opus', video: 'VP8' },
    },
    sending: {
      ...{ ...way, lossPct: there, kbps: 480, height: 360 },
      ...{
        limitedBy: 'bandwidth',
        availableKbps: 512,
        twice: level !== 'good',
        codecs: { audio: 'opus', video: 'VP8' },
      },
    },
  };
}

const FAIR = { ...measured('fair', 0.4, 3.1), receiving: measured('good', 0.4, 0).receiving };

/** A conversation that was not always easy. */
function endedAfter(cause: Cause | undefined): Story {
  return inCall((now) => {
    const at = (ms: number, level: QualityLevel | 'lost') => ({ at: now - 754_000 + ms, level });
    const levels = [
      ...[at(0, 'good'), at(241_000, 'fair'), at(290_000, 'good'), at(420_000, 'poor'), at(455_000, 'bad')],
      ...[at(470_000, 'lost'), at(489_000, 'fair'), at(530_000, 'good')],
    ];
    const heard = { seconds: 730, clear: 716 };
    const worst = measured('bad', 21.3, 2);
    const course = { levels, endedAt: now, setup: {}, heard, worst, cause };
    return { state: { type: 'ended', reason: 'remote-hangup', summary: { durationMs: 754_000, course } } };
  });
}

const SILENT = { audio: true, video: false, screen: false, blocked: false } as const;
const VOICE = { audio: true, video: false } as const;
const MIC_ONLY = { mic: 'on', camera: 'off', screen: 'off' } as const;

/** By name, as in the page's address. */
export const STORIES: Readonly<Record<string, Story>> = {
  'sign-in': (now, language) =>
    base(now, language, { type: 'sign-in', ended: false, form: { type: 'ready' } }),
  'sign-in-wrong': (now, language) =>
    base(now, language, {
      type: 'sign-in',
      ended: false,
      form: { type: 'refused', problem: { type: 'wrong' } },
    }),
  'sign-in-wait': (now, language) =>
    base(now, language, {
      type: 'sign-in',
      ended: true,
      form: { type: 'refused', problem: { type: 'rate-limited', until: now + 42_000 } },
    }),
  join: (now, language) =>
    base(now, language, {
      type: 'join',
      token: 't',
      invitation: { type: 'valid', name: 'alice' },
      form: { type: 'ready' },
    }),
  'join-invalid': (now, language) =>
    base(now, language, {
      type: 'join',
      token: 't',
      invitation: { type: 'invalid' },
      form: { type: 'ready' },
    }),
  unreachable: (now, language) =>
    base(now, language, { type: 'unreachable', again: { type: 'open', token: null } }),
  'home-found': (now, language) => base(now, language),
  home: base,
  'home-empty': (now, language) => ({
    ...base(now, language),
    link: { type: 'connecting' },
    history: { status: 'ready', calls: [] },
  }),
  'home-elsewhere': (now, language) => ({
    ...base(now, language),
    elsewhere: [elsewhere(language)],
  }),
  'home-replaced': (now, language) => ({
    ...base(now, language),
    link: { type: 'offline', reason: 'replaced' },
  }),
  'home-insecure': (now, language) => ({
    ...base(now, language),
    secure: false,
    toast: { id: 1, message: { key: 'device.insecure' } },
  }),
  incoming: inCall(() => ({
    direction: 'in',
    attended: false,
    state: { type: 'ringing', direction: 'in', until: undefined },
  })),
  'incoming-voice': inCall(() => ({
    direction: 'in',
    attended: false,
    media: VOICE,
    state: { type: 'ringing', direction: 'in', until: undefined },
  })),
  dialing: inCall(() => ({})),
  ringing: inCall(() => ({
    media: VOICE,
    local: MIC_ONLY,
    state: { type: 'ringing', direction: 'out', until: undefined },
  })),
  connecting: inCall((now) => ({ state: { type: 'connecting' }, stateSince: now - 6_000 })),
  active: inCall((now) => ({ state: { type: 'active', since: now - 754_000, path: 'direct' } })),
  'active-muted': inCall((now) => ({
    state: { type: 'active', since: now - 754_000, path: 'relay-tcp' },
    local: { mic: 'muted', camera: 'off', screen: 'off' },
  })),
  'active-voice': inCall((now) => ({
    media: VOICE,
    local: MIC_ONLY,
    remote: SILENT,
    state: { type: 'active', since: now - 65_000, path: 'direct' },
  })),
  'active-camera-off': inCall((now) => ({
    remote: SILENT,
    state: { type: 'active', since: now - 65_000, path: 'direct' },
  })),
  'active-camera-off-muted': inCall((now) => ({
    local: { mic: 'muted', camera: 'on', screen: 'off' },
    remote: SILENT,
    state: { type: 'active', since: now - 65_000, path: 'direct' },
  })),
  'active-blocked': inCall((now) => ({
    remote: { ...SILENT, blocked: true },
    state: { type: 'active', since: now - 3_000, path: 'direct' },
  })),
  'active-denied': (now, language) => ({
    ...inCall(() => ({
      local: { mic: 'none', camera: 'none', screen: 'off', micError: new ClientError('permission-denied') },
      state: { type: 'active', since: now - 3_000, path: 'direct' },
    }))(now, language),
    toast: { id: 1, message: { key: 'device.mic.denied' } },
  }),
  'active-not-blurred': (now, language) => ({
    ...inCall(() => ({
      local: { mic: 'on', camera: 'none', screen: 'off', cameraError: new ClientError('effect-failed') },
      state: { type: 'active', since: now - 3_000, path: 'direct' },
    }))(now, language),
    toast: { id: 1, message: { key: 'device.blur.failed' } },
  }),
  'active-blur-missing': (now, language) => ({
    ...inCall(() => ({
      local: { mic: 'on', camera: 'none', screen: 'off', cameraError: new ClientError('effect-failed') },
      state: { type: 'active', since: now - 3_000, path: 'direct' },
    }))(now, language),
    toast: { id: 1, message: { key: 'device.blur.missing' } },
  }),
  'active-talking-muted': inCall((now) => ({
    local: { mic: 'muted', camera: 'on', screen: 'off' },
    talking: true,
    state: { type: 'active', since: now - 65_000, path: 'direct' },
  })),
  'active-weak': inCall((now) => ({
    weak: { me: true, peer: true },
    remote: SILENT,
    state: { type: 'active', since: now - 65_000, path: 'relay-udp' },
  })),
  'active-weak-me': inCall((now) => ({
    weak: { me: true, peer: false },
    state: { type: 'active', since: now - 65_000, path: 'relay-udp' },
  })),
  'active-weak-peer': inCall((now) => ({
    weak: { me: false, peer: true },
    remote: SILENT,
    state: { type: 'active', since: now - 65_000, path: 'relay-udp' },
  })),
  'active-fair': inCall((now) => ({
    quality: FAIR,
    state: { type: 'active', since: now - 65_000, path: 'relay-udp' },
  })),
  'active-quality': inCall((now) => ({
    quality: FAIR,
    state: { type: 'active', since: now - 754_000, path: 'direct' },
  })),
  'active-quality-voice': inCall((now) => ({
    media: VOICE,
    local: MIC_ONLY,
    remote: SILENT,
    quality: measured('bad', 18, 20.4),
    state: { type: 'active', since: now - 65_000, path: 'relay-tls' },
  })),
  'active-taken': inCall((now) => ({
    local: { mic: 'taken', camera: 'off', screen: 'off' },
    remote: SILENT,
    media: VOICE,
    state: { type: 'active', since: now - 65_000, path: 'direct' },
  })),
  'active-unplugged': (now, language) => ({
    ...inCall(() => ({ state: { type: 'active', since: now - 65_000, path: 'direct' } }))(now, language),
    toast: {
      id: 1,
      message: { key: 'device.mic.replaced', params: { device: 'Built-in microphone' } },
      calm: true,
      action: { key: 'call.mute', input: { type: 'mic', on: false } },
    },
  }),
  'active-menu': inCall((now) => ({
    local: { mic: 'on', camera: 'on', screen: 'off', micLabel: 'Jabra Evolve2 headset' },
    devices: DEVICES,
    state: { type: 'active', since: now - 65_000, path: 'direct' },
  })),
  'active-small': inCall((now) => ({
    state: { type: 'active', since: now - 65_000, path: 'direct' },
  })),
  sharing: inCall((now) => ({
    local: { mic: 'on', camera: 'on', screen: 'on' },
    state: { type: 'active', since: now - 65_000, path: 'direct' },
  })),
  'peer-sharing': inCall((now) => ({
    remote: { audio: true, video: true, screen: true, blocked: false },
    state: { type: 'active', since: now - 65_000, path: 'direct' },
  })),
  safety: inCall((now) => ({
    state: { type: 'active', since: now - 754_000, path: 'direct' },
    safety: { code: CODE, status: 'unverified', lasting: true },
  })),
  'safety-compare': inCall((now) => ({
    state: { type: 'active', since: now - 754_000, path: 'direct' },
    safety: { code: CODE, status: 'unverified', lasting: false },
  })),
  'safety-verified': inCall((now) => ({
    state: { type: 'active', since: now - 754_000, path: 'direct' },
    safety: { code: CODE, status: 'verified', lasting: true },
  })),
  'safety-changed': inCall((now) => ({
    state: { type: 'active', since: now - 754_000, path: 'direct' },
    safety: { code: CODE, status: 'changed', lasting: true },
  })),
  'safety-failed': inCall((now) => ({
    state: { type: 'active', since: now - 754_000, path: 'direct' },
    safety: { code: [], status: 'failed', lasting: false },
  })),
  'safety-voice': inCall((now) => ({
    media: { audio: true, video: false },
    local: { mic: 'on', camera: 'off', screen: 'off' },
    remote: { audio: true, video: false, screen: false, blocked: false },
    state: { type: 'active', since: now - 754_000, path: 'direct' },
    safety: { code: CODE, status: 'unverified', lasting: true },
  })),
  'incoming-verified': inCall(() => ({
    direction: 'in',
    attended: false,
    state: { type: 'ringing', direction: 'in', until: undefined },
    local: { mic: 'none', camera: 'none', screen: 'off' },
    safety: { code: CODE, status: 'verified', lasting: true },
  })),
  recording: inCall((now) => ({
    recording: { type: 'on', by: 'peer', since: now - 192_000 },
    state: { type: 'active', since: now - 754_000, path: 'direct' },
  })),
  'recording-asked': inCall((now) => ({
    recording: { type: 'asked', by: 'peer', until: now + 20_000 },
    state: { type: 'active', since: now - 65_000, path: 'direct' },
  })),
  'recording-asking': inCall((now) => ({
    media: VOICE,
    local: MIC_ONLY,
    remote: SILENT,
    recording: { type: 'asked', by: 'me', until: now + 20_000 },
    state: { type: 'active', since: now - 65_000, path: 'direct' },
  })),
  'recording-voice': inCall((now) => ({
    media: VOICE,
    local: MIC_ONLY,
    remote: SILENT,
    recording: { type: 'on', by: 'me', since: now - 3_000 },
    state: { type: 'active', since: now - 65_000, path: 'direct' },
  })),
  held: inCall((now) => ({
    held: { me: true, peer: false },
    local: { mic: 'muted', camera: 'off', screen: 'off' },
    state: { type: 'active', since: now - 65_000, path: 'direct' },
  })),
  'held-by-peer': inCall((now) => ({
    held: { me: false, peer: true },
    remote: { audio: false, video: false, screen: false, blocked: false },
    state: { type: 'active', since: now - 65_000, path: 'direct' },
  })),
  waiting: twoCalls(() => ({}), { direction: 'in', attended: false, state: RINGING_IN }),
  'waiting-voice': twoCalls(() => ({ media: VOICE, local: MIC_ONLY, remote: SILENT }), {
    direction: 'in',
    attended: false,
    media: VOICE,
    state: RINGING_IN,
  }),
  beside: twoCalls(() => ({}), { held: { me: true, peer: false } }),
  'beside-voice': twoCalls(() => ({ media: VOICE, local: MIC_ONLY, remote: SILENT }), {
    held: { me: true, peer: false },
  }),
  'put-through': inCall(() => ({
    transferredBy: 'Carol',
    local: MIC_ONLY,
    remote: SILENT,
    state: { type: 'ringing', direction: 'out', until: undefined },
  })),
  'incoming-put-through': inCall(() => ({
    direction: 'in',
    attended: false,
    media: VOICE,
    transferredBy: 'Carol',
    state: RINGING_IN,
  })),
  'beside-menu': twoCalls(() => ({ devices: DEVICES }), { held: { me: true, peer: false } }),
  'transfer-form': inCall((now) => ({ state: { type: 'active', since: now - 65_000, path: 'direct' } })),
  recovering: inCall((now) => ({
    state: { type: 'recovering', since: now - 754_000, lostAt: now - 17_000, cause: 'network' },
  })),
  'recovering-voice': inCall((now) => ({
    media: VOICE,
    local: MIC_ONLY,
    remote: SILENT,
    state: { type: 'recovering', since: now - 754_000, lostAt: now - 17_000, cause: 'network' },
  })),
  ended: ended('remote-hangup', 754_000),
  'ended-course': endedAfter(undefined),
  'ended-cause': endedAfter({ code: 'loss', side: 'between', path: 'relay-udp' }),
  'ended-elsewhere': (now, language) => ({
    ...inCall(() => ({
      direction: 'in',
      attended: false,
      state: {
        type: 'ended',
        reason: 'elsewhere',
        summary: { durationMs: 0, answeredOn: 'Firefox on Linux' },
      },
    }))(now, language),
    elsewhere: [elsewhere(language)],
  }),
  'ended-no-answer': ended('no-answer', 0),
  'ended-media-failed': ended('media-failed', 0),
  'ended-missed': ended('remote-cancelled', 0, { direction: 'in', attended: false }),
};
