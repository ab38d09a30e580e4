/** The texts of notifications: the service worker has no page, so it carries them itself. */
import type { Language } from './language.ts';

const en = {
  voice: 'Voice call',
  video: 'Video call',
  answer: 'Answer',
  decline: 'Decline',
  missed: 'Missed call',
  'missed.from': 'Missed call from {name}',
  'missed.text': 'Open Visavis to call back.',
  online: '{name} is online',
  'online.text': 'You can call now.',
  test: 'Notifications work',
  'test.text': 'Calls will reach you here while Visavis is closed.',
} as const;

/** What a notification can say. */
export type NotificationKey = keyof typeof en;

const zhCn: Readonly<Record<NotificationKey, string>> = {
  voice: '语音通话',
  video: '视频通话',
  answer: '接听',
  decline: '拒绝',
  missed: '未接来电',
  'missed.from': '{name}的未接来电',
  'missed.text': '打开 Visavis 即可回拨。',
  online: '{name}已上线',
  'online.text': '现在可以呼叫了。',
  test: '通知已生效',
  'test.text': '关闭 Visavis 后，来电也会在此提醒你。',
};

/** By language. */
export const NOTIFICATIONS: Readonly<Record<Language, Readonly<Record<NotificationKey, string>>>> = {
  en,
  'zh-CN': zhCn,
};
