import type { Cause, Course, Quality, QualityLevel } from '@visavis/client';
import { afterEach, describe, expect, test } from 'vitest';
import { language } from '../src/text/language.ts';
import { courseSentences, stretches, whoseQuality } from '../src/text/quality.ts';
import { call } from './call-models.ts';

function quality(
  receiving: QualityLevel,
  sending: QualityLevel,
  lost: readonly [number, number] = [0, 0],
): Quality {
  const way = { kbps: 0, jitterMs: 0, silent: false, fps: 0, height: undefined, codecs: {} };
  const order = ['good', 'fair', 'poor', 'bad'];
  return {
    level: order.indexOf(receiving) > order.indexOf(sending) ? receiving : sending,
    mos: 4,
    rttMs: 40,
    receiving: { ...way, level: receiving, lossPct: lost[0], concealedPct: 0, frozenMs: 0, busy: false },
    sending: {
      ...{ ...way, level: sending, lossPct: lost[1], twice: false },
      ...{ limitedBy: 'none', availableKbps: undefined },
    },
  };
}

function course(change: Partial<Course> = {}): Course {
  return {
    levels: [{ at: 1_000, level: 'good' }],
    endedAt: 101_000,
    setup: {},
    heard: { seconds: 100, clear: 100 },
    worst: quality('good', 'good'),
    cause: undefined,
    ...change,
  };
}

afterEach(() => {
  language.value = 'en';
});

describe('whose network it is', () => {
  test('is not asked while it is good', () => {
    expect(whoseQuality(quality('good', 'good'), call(), false)).toBe('');
  });

  test('is known of whoever has lost the server as well', () => {
    const away = call({ peer: { id: 'bob', name: 'Bob', lost: true, contact: true } });
    expect(whoseQuality(quality('bad', 'bad'), away, true)).toBe(
      'Bob has lost the server as well, so it is their network.',
    );
    expect(whoseQuality(quality('bad', 'bad'), call(), false)).toBe(
      'You have lost the server as well, so it may be your network.',
    );
    expect(whoseQuality(quality('fair', 'good'), call(), false)).toBe('The way from Bob is the weak one.');
  });

  test('is otherwise told by the way that is weak', () => {
    const told = [quality('poor', 'good'), quality('good', 'poor'), quality('fair', 'poor')].map((measured) =>
      whoseQuality(measured, call(), true),
    );
    expect(told).toEqual([
      'The way from Bob is the weak one.',
      'The way from you is the weak one.',
      'Both ways are weak.',
    ]);
  });
});

test('a call is divided into stretches that are the whole of it', () => {
  const levels = [
    { at: 1_000, level: 'good' as const },
    { at: 51_000, level: 'lost' as const },
    { at: 61_000, level: 'fair' as const },
  ];
  expect(stretches(course({ levels }))).toEqual([
    { level: 'good', ms: 50_000, share: 0.5 },
    { level: 'lost', ms: 10_000, share: 0.1 },
    { level: 'fair', ms: 40_000, share: 0.4 },
  ]);
});

describe('what is said of a call that is over', () => {
  test('is one sentence if it was clear all the time', () => {
    expect(courseSentences(course(), 'Bob')).toEqual(['Clear voice all the time.']);
  });

  test('is three at most: how it sounded, how often it broke off, and how bad it was', () => {
    const bad = course({
      levels: [
        { at: 1_000, level: 'good' },
        { at: 20_000, level: 'lost' },
        { at: 27_000, level: 'good' },
        { at: 50_000, level: 'lost' },
        { at: 55_000, level: 'bad' },
      ],
      heard: { seconds: 1_000, clear: 999 },
      worst: quality('good', 'bad', [1, 21.3]),
    });
    expect(courseSentences(bad, 'Bob')).toEqual([
      'Clear voice 99 % of the time.',
      'The connection was lost 2 times, for 0:12 in all.',
      'At the worst moment 21 % of what you sent was missing.',
    ]);
    language.value = 'zh-CN';
    expect(courseSentences(bad, '李明')).toEqual([
      '99% 的时间语音清晰。',
      '连接中断过 2 次，共 0:12。',
      '最差时你发出的内容丢失 21%。',
    ]);
  });

  test('names the cause in place of the worst moment, and does not praise the sound of silence', () => {
    const told = (cause: Cause, name = 'Bob') => courseSentences(course({ cause }), name);
    expect(told({ code: 'loss', side: 'between', path: 'direct' })).toEqual([
      'Clear voice all the time.',
      'Packets were lost between you and Bob: whoever is on Wi-Fi can try a cable, or move closer to it.',
    ]);
    expect(told({ code: 'late', side: 'between', path: 'relay-udp' })[1]).toContain('the server’s relay');
    expect(told({ code: 'late', side: 'here', path: 'relay-udp' })[1]).toMatch(/^Your network/);
    expect(told({ code: 'silent-mic', side: 'there', path: 'direct' })).toEqual([
      'Bob’s microphone sent nothing but silence: they can look for a mute switch on the headset, or choose another microphone.',
    ]);
    language.value = 'zh-CN';
    expect(told({ code: 'dropped', side: 'there', path: 'direct' }, '李明')[1]).toBe(
      '李明的网络中断：对方可以靠近 Wi-Fi、使用网线或更换网络。',
    );
  });

  test('names the delay if that was it, and nothing of sound that nobody measured', () => {
    const late = course({
      heard: { seconds: 0, clear: 0 },
      worst: { ...quality('poor', 'poor'), rttMs: 512.4 },
    });
    expect(courseSentences(late, 'Bob')).toEqual(['At the worst moment it took 512 ms there and back.']);
  });
});
