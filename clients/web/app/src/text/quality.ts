/** How good a connection is and was, in words; with the screens of calls, in both languages. */
import type { Course, Quality, QualityLevel } from '@visavis/client';
import type { CallModel } from '../model/model.ts';
import { causeSentence } from './cause.ts';
import type { Language } from './choose-language.ts';
import { speaker } from './language.ts';
import { formatDuration } from './time.ts';

const en = {
  good: 'Good connection',
  fair: 'Fair connection',
  poor: 'Poor connection',
  bad: 'Bad connection',
  lost: 'No connection',
  'short.good': 'Good',
  'short.fair': 'Fair',
  'short.poor': 'Poor',
  'short.bad': 'Bad',
  'short.lost': 'Lost',
  details: '{level}. Details',
  'whose.both': 'Both ways are weak.',
  'whose.receiving': 'The way from {name} is the weak one.',
  'whose.sending': 'The way from you is the weak one.',
  'whose.here': 'You have lost the server as well, so it may be your network.',
  'whose.there': '{name} has lost the server as well, so it is their network.',
  'way.receiving': 'From {name}',
  'way.sending': 'From you',
  rtt: 'There and back',
  route: 'Route',
  'route.direct': 'direct',
  'route.relay-udp': 'relay, UDP',
  'route.relay-tcp': 'relay, TCP',
  'route.relay-tls': 'relay, TLS',
  voice: 'Voice, estimated',
  'voice.value': '{mos} of 5',
  loss: 'Lost',
  jitter: 'Jitter',
  rate: 'Rate',
  picture: 'Picture',
  codec: 'Format',
  ms: '{value} ms',
  percent: '{value} %',
  kbps: '{value} kbit/s',
  'picture.value': '{height}p, {fps}/s',
  unknown: '–',
  strip: 'The connection over time',
  share: '{level}: {share} %',
  'course.clear': 'Clear voice all the time.',
  'course.mostly': 'Clear voice {share} % of the time.',
  'course.lost-once': 'The connection was lost once, for {time}.',
  'course.lost': 'The connection was lost {count} times, for {time} in all.',
  'course.loss.receiving': 'At the worst moment {share} % of what {name} sent was missing.',
  'course.loss.sending': 'At the worst moment {share} % of what you sent was missing.',
  'course.late': 'At the worst moment it took {ms} ms there and back.',
} as const;

export type QualityKey = keyof typeof en;

const zhCn: Readonly<Record<QualityKey, string>> = {
  good: '网络良好',
  fair: '网络一般',
  poor: '网络较差',
  bad: '网络很差',
  lost: '连接中断',
  'short.good': '良好',
  'short.fair': '一般',
  'short.poor': '较差',
  'short.bad': '很差',
  'short.lost': '中断',
  details: '{level}。查看详情',
  'whose.both': '双向网络都较弱。',
  'whose.receiving': '来自{name}的方向较弱。',
  'whose.sending': '由你发出的方向较弱。',
  'whose.here': '你与服务器的连接也断开了，可能是你的网络有问题。',
  'whose.there': '{name}与服务器的连接也断开了，问题在对方网络。',
  'way.receiving': '来自{name}',
  'way.sending': '由你发出',
  rtt: '往返时延',
  route: '线路',
  'route.direct': '直连',
  'route.relay-udp': '中继 UDP',
  'route.relay-tcp': '中继 TCP',
  'route.relay-tls': '中继 TLS',
  voice: '语音评分（估算）',
  'voice.value': '{mos} / 5',
  loss: '丢包',
  jitter: '抖动',
  rate: '速率',
  picture: '画面',
  codec: '编码',
  ms: '{value} 毫秒',
  percent: '{value}%',
  kbps: '{value} kbit/s',
  'picture.value': '{height}p，{fps} 帧/秒',
  unknown: '–',
  strip: '通话期间的网络状况',
  share: '{level}：{share}%',
  'course.clear': '全程语音清晰。',
  'course.mostly': '{share}% 的时间语音清晰。',
  'course.lost-once': '连接中断过 1 次，持续 {time}。',
  'course.lost': '连接中断过 {count} 次，共 {time}。',
  'course.loss.receiving': '最差时{name}发来的内容丢失 {share}%。',
  'course.loss.sending': '最差时你发出的内容丢失 {share}%。',
  'course.late': '最差时往返时延为 {ms} 毫秒。',
};

export const QUALITY: Readonly<Record<Language, Readonly<Record<QualityKey, string>>>> = {
  en,
  'zh-CN': zhCn,
};

/** The text for `key` in the page's language. */
export const q = speaker(QUALITY);

/** Which way is weak, and whose network it is if we know: who has lost the server as well. */
export function whoseQuality(
  { level, receiving, sending }: Quality,
  call: CallModel,
  online: boolean,
): string {
  const { name, lost } = call.peer;
  if (level === 'good') return '';
  // A server that begins anew is away from everybody, and the way between the two as good as ever.
  if (!online && level !== 'fair') return q('whose.here');
  if (lost) return q('whose.there', { name });
  if (receiving.level === 'good') return q('whose.sending');
  return sending.level === 'good' ? q('whose.receiving', { name }) : q('whose.both');
}

/** A stretch of a call in which the connection was the same, and its share of the whole. */
export interface Stretch {
  readonly level: QualityLevel | 'lost';
  readonly ms: number;
  readonly share: number;
}

/** The whole of a call, from the first moment with media to the end. */
export function stretches({ levels, endedAt }: Course): readonly Stretch[] {
  const whole = Math.max(1, endedAt - (levels[0]?.at ?? endedAt));
  return levels.map(({ at, level }, index) => {
    const ms = Math.max(0, (levels[index + 1]?.at ?? endedAt) - at);
    return { level, ms, share: ms / whole };
  });
}

/** What there is to say of it: how the voice was, whether it broke off, and why it was bad. At most three sentences. */
export function courseSentences(course: Course, name: string): readonly string[] {
  const { cause } = course;
  const why = cause ? [causeSentence(cause, name)] : worstSentence(course, name);
  return [...heardSentence(course), ...lostSentence(course), ...why];
}

function heardSentence({ heard, cause }: Course): string[] {
  // What is heard of silence is as clear as can be.
  if (heard.seconds === 0 || cause?.code === 'silent-mic' || cause?.code === 'one-sided') return [];
  if (heard.clear === heard.seconds) return [q('course.clear')];
  return [q('course.mostly', { share: Math.floor((100 * heard.clear) / heard.seconds) })];
}

function lostSentence(course: Course): string[] {
  const lost = stretches(course).filter(({ level }) => level === 'lost');
  if (lost.length === 0) return [];
  const time = formatDuration(lost.reduce((sum, { ms }) => sum + ms, 0));
  return [
    lost.length === 1 ? q('course.lost-once', { time }) : q('course.lost', { count: lost.length, time }),
  ];
}

/** Where the thresholds of a poor connection are. */
const MUCH_LOST_PCT = 5;
const LATE_MS = 400;

function worstSentence({ worst }: Course, name: string): string[] {
  if (!worst) return [];
  const [here = 0, there = 0] = [worst.receiving.lossPct, worst.sending.lossPct];
  if (Math.max(here, there) >= MUCH_LOST_PCT) {
    const way = here >= there ? 'receiving' : 'sending';
    return [q(`course.loss.${way}`, { share: Math.round(Math.max(here, there)), name })];
  }
  const { rttMs = 0 } = worst;
  return rttMs >= LATE_MS ? [q('course.late', { ms: Math.round(rttMs) })] : [];
}
