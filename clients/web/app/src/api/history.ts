/** Past calls: fetched from the server, and grouped by day to be read. */

import type { HistoryPage } from '@visavis/client';
import type { PastCall } from '../model/model.ts';
import { type Answer, read } from './http.ts';

/** Calls in the list; older ones wait for the page of the whole history. */
const LIMIT = 50;

/** The newest calls, newest first. */
export const fetchHistory = (): Promise<Answer<HistoryPage>> => read(`/api/history?limit=${LIMIT}`);

/** The server tells how long ago a call began, because clocks differ; here it becomes a time of this device. */
export function datePage(page: HistoryPage, now: number): readonly PastCall[] {
  return page.calls.map((call) => ({ ...call, startedAt: now - call.started_ago_ms }));
}

/** The calls of one day. */
export interface Day {
  /** How far back: 0 is today, 1 yesterday. */
  readonly daysAgo: number;
  readonly calls: readonly PastCall[];
}

/** Groups calls, which are newest first, by this device's calendar days. */
export function groupByDay(calls: readonly PastCall[], now: number): readonly Day[] {
  const days: { daysAgo: number; calls: PastCall[] }[] = [];
  for (const call of calls) {
    const daysAgo = Math.max(0, dayNumber(now) - dayNumber(call.startedAt));
    const last = days.at(-1);
    if (last?.daysAgo === daysAgo) last.calls.push(call);
    else days.push({ daysAgo, calls: [call] });
  }
  return days;
}

/** Counts calendar days; made in UTC from the local date, where every day has 24 hours. */
function dayNumber(at: number): number {
  const date = new Date(at);
  return Date.UTC(date.getFullYear(), date.getMonth(), date.getDate()) / 86_400_000;
}
