/** What the checks before a call come to, and the report of a call that went wrong. */
import {
  type Cause,
  type Check,
  type CheckName,
  ClientError,
  type ClientErrorCode,
  type Course,
} from '@visavis/client';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Ended } from '../src/model/model.ts';
import { checkReport, resultOf, sayVerdict, verdictOf } from '../src/text/check.ts';
import { callReport, fixOf, fixOfCause, isFault } from '../src/text/doctor.ts';
import { learnCalls } from '../src/text/language.ts';
import { call } from './call-models.ts';

const AT = new Date('2026-11-29T12:00:00Z');

beforeAll(async () => {
  await learnCalls();
});

/** Everything works but what is said here; `null`: it was not checked. */
function checks(wrong: Partial<Record<CheckName, ClientErrorCode | Partial<Check> | null>>): Check[] {
  const names = ['server', 'relay-udp', 'relay-tcp', 'relay-tls', 'mic', 'camera', 'speaker'] as const;
  return names.flatMap((name) => {
    const change = wrong[name];
    if (change === null) return [];
    const figures = name.startsWith('relay') ? { rttMs: 30, loss: 0 } : name === 'mic' ? { level: 0.2 } : {};
    const works: Check = { name, ms: 20, ...figures };
    if (typeof change !== 'string') return [{ ...works, ...change }];
    return [{ name, ms: 20, error: new ClientError(change) }];
  });
}

const verdict = (wrong: Parameters<typeof checks>[0]) => {
  const found = verdictOf(checks(wrong));
  return [found.tone, sayVerdict(found).replace(/^(.*?[.?!]) .*$/, '$1'), found.fix ?? 'nothing'];
};

const relays = (code: ClientErrorCode | null) => ({
  'relay-udp': code,
  'relay-tcp': code,
  'relay-tls': code,
});

describe('the checks before a call come to one sentence', () => {
  test('that names what keeps every call from working before what keeps some, and that before what makes them worse', () => {
    expect(verdict({ server: 'server-unreachable', mic: 'permission-denied' })[1]).toBe(
      'The server does not answer.',
    );
    expect(verdict({ mic: 'device-missing', ...relays('server-unreachable') })[1]).toBe(
      'No microphone found.',
    );
    expect(verdict({ camera: 'device-busy', ...relays('server-unreachable') })[1]).toMatch(
      /^The server answers and its relay does not/,
    );
    expect(verdict({ camera: 'device-busy', 'relay-udp': 'server-unreachable' })[1]).toBe(
      'Another app is using your camera.',
    );
    expect(verdict({})).toEqual(['good', 'Everything works.', 'nothing']);
  });

  test('that does not call a microphone good to which nobody could listen', () => {
    const found = checks({}).map((check) => (check.name === 'mic' ? { name: check.name, ms: 20 } : check));
    expect(verdictOf(found)).toEqual({ tone: 'fair', key: 'check.good.unheard' });
    expect(found.map(resultOf)).toContain('Opened, and not listened to yet');
  });

  test('that tells a relay which is not reached from one that refuses, is full, or carries nothing', () => {
    expect(verdict(relays(null))[2]).toBe('fix.no-relay');
    expect(verdict(relays('server-unreachable'))[2]).toBe('fix.relay-unreachable');
    expect(verdict({ ...relays('server-unreachable'), 'relay-tcp': 'forbidden' })[2]).toBe(
      'fix.relay-refused',
    );
    expect(verdict(relays('rate-limited'))[2]).toBe('fix.relay-full');
    expect(verdict(relays('timeout'))[2]).toBe('fix.relay-mute');
  });

  test('that believes the server what it says of a relay which is not reached', () => {
    const down = checks(relays('server-unreachable'));
    const said = (['works', 'unsure', 'full', 'failing'] as const).map((relay) => verdictOf(down, relay).key);
    expect(said).toEqual(['check.relay-blocked', 'check.relay-down', 'check.relay-full', 'check.relay-dead']);
    expect(verdictOf(checks(relays('forbidden')), 'works').key).toBe('check.relay-refused');
  });

  test('that says by what calls go where UDP is blocked, and how bad a weak network is', () => {
    expect(verdict({ 'relay-udp': 'server-unreachable' })).toEqual([
      'fair',
      'Your network blocks UDP.',
      'fix.udp',
    ]);
    expect(verdict({ 'relay-udp': 'server-unreachable', 'relay-tcp': 'server-unreachable' })).toEqual([
      'fair',
      'Your network lets only the web through.',
      'fix.udp',
    ]);
    expect(verdict({ 'relay-udp': { loss: 0.2, rttMs: 120.4 } })[1]).toBe(
      'Your connection is weak: 20 % is lost, and 120 ms pass there and back.',
    );
  });

  test('that says of a microphone or camera what is wrong with it', () => {
    expect(verdict({ mic: 'device-silent' })).toEqual([
      'bad',
      'Your microphone gives nothing but silence.',
      'nothing',
    ]);
    expect(verdict({ camera: 'device-silent' })).toEqual([
      'fair',
      'Your camera gives no picture.',
      'nothing',
    ]);
    expect(verdict({ mic: null, camera: null, speaker: null })[1]).toBe('Your connection works.');
  });
});

test('the report of the checks has every one of them, what they come to and what helps', () => {
  const report = checkReport(checks({ 'relay-udp': 'server-unreachable', camera: null }), AT, 'Browser 1');
  expect(report).toBe(
    [
      'Visavis check',
      'time: 2026-11-29T12:00:00.000Z',
      'server: works, 20 ms',
      'relay-udp: server-unreachable after 20 ms',
      'relay-tcp: works, 20 ms, 30 ms there and back, 0 % lost',
      'relay-tls: works, 20 ms, 30 ms there and back, 0 % lost',
      'mic: works, 20 ms',
      'speaker: works, 20 ms',
      'in short: Your network blocks UDP. Calls go over TCP instead, and may stutter when the network is busy.',
      'what helps: Let UDP to port 3478 of the server out of this network. Calls then sound better on a bad line.',
      'browser: Browser 1',
    ].join('\n'),
  );
});

function courseOf(cause: Cause | undefined): Course {
  const way = { level: 'poor', kbps: 400, jitterMs: 12.3, silent: false, fps: 0, height: undefined } as const;
  return {
    levels: [{ at: 0, level: 'poor' }],
    endedAt: 60_000,
    setup: {},
    heard: { seconds: 60, clear: 60 },
    worst: {
      level: 'poor',
      mos: 3,
      rttMs: 612.4,
      receiving: { ...way, lossPct: 3.4, codecs: {}, concealedPct: 1, frozenMs: 0, busy: false },
      sending: {
        ...{ ...way, lossPct: undefined, codecs: {} },
        ...{ twice: false, limitedBy: 'none', availableKbps: undefined },
      },
    },
    cause,
  };
}

describe('the report of a call that went wrong', () => {
  const ended: Ended = {
    type: 'ended',
    reason: 'media-failed',
    summary: {
      durationMs: 0,
      diagnosis: {
        code: 'relay-unreachable-here',
        here: ['host', 'reflexive'],
        there: ['host', 'relay'],
        errors: ['unreachable'],
        reach: { udp: false, tcp: false },
      },
    },
  };

  test('names the cause, its side and what helps, and nobody', () => {
    const cameraError = new ClientError('device-busy');
    const local = { mic: 'none', camera: 'none', screen: 'off', cameraError } as const;
    const report = callReport(call({ id: 'call-7', local }), ended, AT, 'Browser 1');
    expect(report.split('\n')).toEqual([
      'Visavis call report',
      'time: 2026-11-29T12:00:00.000Z',
      'call: call-7',
      'began: from here, video',
      'ended: media-failed, after 0 s of media',
      'camera: device-busy',
      'cause: relay-unreachable-here, on this side',
      'addresses found: here host, reflexive; there host, relay',
      'relay reached from here: udp no, tcp no, tls unknown',
      'relay answered: unreachable',
      expect.stringMatching(/^what helps: Run “visavis doctor” on the server: are the ports/),
      'browser: Browser 1',
    ]);
  });

  test('is offered after a fault and not after a wish', () => {
    const offered = (['media-failed', 'server', 'hangup', 'declined', 'busy', 'elsewhere'] as const).filter(
      (reason) => isFault({ ...ended, reason }),
    );
    expect(offered).toEqual(['media-failed', 'server']);
  });

  test('is offered of a bad call, too, with its cause, its worst moment and what helps', () => {
    const cause = { code: 'late', side: 'between', path: 'relay-udp' } as const;
    const bad: Ended = {
      type: 'ended',
      reason: 'hangup',
      summary: { durationMs: 60_000, course: courseOf(cause) },
    };
    expect(isFault(bad)).toBe(true);
    expect(isFault({ ...bad, summary: { durationMs: 60_000, course: courseOf(undefined) } })).toBe(false);
    expect(
      callReport(call({ id: 'call-7' }), bad, AT, 'Browser 1')
        .split('\n')
        .slice(4),
    ).toEqual([
      'ended: hangup, after 60 s of media',
      'cause: late, between the two, path relay-udp',
      'worst moment: poor, 612 ms there and back',
      'receiving: 3 % lost, jitter 12 ms, 400 kbit/s',
      'sending: unknown lost, jitter 12 ms, 400 kbit/s',
      'what helps: The call went through the relay. A relay nearer to these two (“visavis relay”, relay.others) shortens the way.',
      'browser: Browser 1',
    ]);
  });

  test('has nothing for the administrator of a bad call that went past the server', () => {
    const fix = (code: Cause['code'], path: Cause['path']) => fixOfCause({ code, side: 'between', path });
    expect([fix('late', 'direct'), fix('loss', 'direct'), fix('dropped', 'relay-udp')]).toEqual([
      null,
      null,
      null,
    ]);
    expect([fix('no-udp', 'relay-tcp'), fix('loss', 'relay-udp')]).toEqual(['fix.udp', 'fix.relay-busy']);
  });

  test('has nothing for the administrator where only the two people can help', () => {
    const nothing = { here: [], there: [], errors: [], reach: {} };
    const codes = ['offline-here', 'blocked-here', 'nothing-from-there', 'no-relay', 'no-path'] as const;
    expect(codes.map((code) => fixOf({ code, ...nothing }))).toEqual([
      null,
      null,
      null,
      'fix.no-relay',
      'fix.relay-mute',
    ]);
    expect(fixOf({ code: 'relay-full', ...nothing })).toBe('fix.relay-full');
  });

  test('believes the server what it says of its relay', () => {
    const { diagnosis } = ended.summary;
    const fixes = (['works', 'unsure', 'full', 'failing'] as const).map(
      (relay) => diagnosis && fixOf(diagnosis, relay),
    );
    expect(fixes).toEqual([
      'fix.relay-unreachable',
      'fix.relay-unreachable',
      'fix.relay-full',
      'fix.relay-down',
    ]);
    expect(callReport(call(), ended, AT, 'Browser 1', 'failing').split('\n').slice(-3)).toEqual([
      'relay, as the server sees it: failing',
      expect.stringMatching(/^what helps: The relay does not answer the server either/),
      'browser: Browser 1',
    ]);
  });
});
