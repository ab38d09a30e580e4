import type { HistoryEntry } from '@visavis/client';
import { expect, test } from 'vitest';
import { datePage, groupByDay } from '../src/api/history.ts';

const NOTHING_NEW = { missed: 0, requests: 0 };
const entry = (call: string, startedAgoMs: number): HistoryEntry => ({
  call,
  peer: 'bob',
  peer_name: 'Bob',
  direction: 'out',
  outcome: 'answered',
  reason: 'hangup',
  media: ['audio'],
  started_ago_ms: startedAgoMs,
  duration_ms: 1_000,
});

test('calls are dated by this device and grouped by its days', () => {
  const now = new Date(2026, 2, 3, 0, 30).getTime();
  const minutes = (count: number) => count * 60_000;
  const page = {
    ...NOTHING_NEW,
    calls: [
      entry('just now', minutes(10)),
      entry('before midnight', minutes(31)),
      entry('yesterday at noon', minutes(12 * 60 + 30)),
      entry('the day before', minutes(25 * 60)),
    ],
  };
  const days = groupByDay(datePage(page, now), now);
  expect(days.map(({ daysAgo, calls }) => [daysAgo, calls.map(({ call }) => call)])).toEqual([
    [0, ['just now']],
    [1, ['before midnight', 'yesterday at noon']],
    [2, ['the day before']],
  ]);
});

test('a clock that runs behind the list does not make days of the future', () => {
  const now = new Date(2026, 2, 3, 12, 0).getTime();
  const [call] = datePage({ ...NOTHING_NEW, calls: [entry('a', -60 * 60 * 24 * 1000)] }, now);
  expect(call && groupByDay([call], now)[0]?.daysAgo).toBe(0);
});

test('days stay days where the clocks are changed', () => {
  // Whatever the time zone, two midnights of the calendar are a day apart.
  for (const month of [2, 9, 10]) {
    for (let day = 1; day <= 31; day += 1) {
      const now = new Date(2026, month, day, 12).getTime();
      const yesterday = new Date(2026, month, day - 1, 12).getTime();
      const [group] = groupByDay(
        datePage({ ...NOTHING_NEW, calls: [entry('a', now - yesterday)] }, now),
        now,
      );
      expect(group?.daysAgo).toBe(1);
    }
  }
});
