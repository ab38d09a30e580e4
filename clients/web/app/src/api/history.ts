/** Past calls: fetched from the server, and grouped by day to be read. */

import type { HistoryPage } from '@visavis/client';
import type { PastCall } from '../model/model.ts';
import { type Answer, post, read } from './http.ts';

/** Calls that are asked for at once. */
const LIMIT = 50;

/** The newest calls, newest first, or those before a call. */
export const fetchHistory = (before?: string): Promise<Answer<HistoryPage>> =>
  read(`/api/history?limit=${LIMIT}${before === undefined ? '' : `&before=${encodeURIComponent(before)}`}`);

/** Whether nothing comes after this page. */
export const isLastPage = (page: HistoryPage): boolean => page.calls.length < LIMIT;

/** Calls up to this one count as seen. */
export const markSeen = (call: string): Promise<Answer<unknown>> => post('/api/history/seen', { call });

/** The server tells how long ago a call began, because clocks differ; here it becomes a time of this device. */
export function datePage(page: Pick<HistoryPage, 'calls'>, now: number): readonly PastCall[] {
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
