/** What the element says, in both languages. */
import type { ClientError, DeviceKind } from '../client-error.ts';
import type { CallState, EndReason } from '../public.ts';
import type { Face } from './face.ts';

const EN = {
  call: 'Call',
  cancel: 'Cancel',
  close: 'Close',
  again: 'Call again',
  retry: 'Try again',
  answer: 'Answer',
  'answer-video': 'Answer with video',
  decline: 'Decline',
  'hang-up': 'Hang up',
  mic: 'Microphone',
  camera: 'Camera',
  sound: 'Turn the sound on',
  remote: '{name}’s picture',
  screen: '{name}’s screen',
  self: 'Your own picture',
  controls: 'Call',
  name: 'Your name',
  door: 'Call {name}',
  'door.hint': '{name} sees your name and answers. You need no account.',
  waiting: 'One moment…',
  dialing: 'Calling {name}…',
  'ringing.out': 'Ringing {name}…',
  'ringing.in': '{name} is calling',
  connecting: 'Connecting…',
  active: 'In a call with {name}',
  recovering: 'The connection is lost. Reconnecting…',
  held: '{name} put you on hold',
  'mic.problem': 'Nobody hears you: allow the microphone for this page.',
  'camera.problem': 'Nobody sees you: allow the camera for this page.',
  'ended.hangup': 'Call ended.',
  'ended.remote-hangup': '{name} hung up.',
  'ended.cancelled': 'Call cancelled.',
  'ended.remote-cancelled': '{name} no longer calls.',
  'ended.declined': 'You declined.',
  'ended.remote-declined': '{name} declined.',
  'ended.busy': '{name} is in another call.',
  'ended.no-answer': '{name} didn’t answer.',
  'ended.missed': 'You missed a call from {name}.',
  'ended.unreachable': '{name} can’t be reached right now.',
  'ended.not-found': 'There is nobody called {name}.',
  'ended.elsewhere': 'Answered on another device.',
  'ended.media-failed': 'No way through the network was found. Try another network.',
  'ended.connection-lost': 'The connection was lost.',
  'ended.permission': 'A browser blocks the microphone.',
  'ended.other': 'The call has ended.',
  'problem.not_found': 'This link no longer works. Ask for a new one.',
  'problem.rate_limited': 'Too many calls from here. Wait a minute, then try again.',
  'problem.overloaded': 'Too many people are waiting. Try again later.',
  'problem.forbidden': 'Calls are not allowed from this page.',
  'problem.signed-out': 'Sign in to call.',
  'problem.over': 'Your visit is over. Call again.',
  'problem.nobody': 'This button does not know whom to call.',
  'problem.unreachable': 'The calls’ server can’t be reached. Try again in a moment.',
} as const;

const ZH: Readonly<Record<keyof typeof EN, string>> = {
  call: '呼叫',
  cancel: '取消',
  close: '关闭',
  again: '再次呼叫',
  retry: '重试',
  answer: '接听',
  'answer-video': '视频接听',
  decline: '拒绝',
  'hang-up': '挂断',
  mic: '麦克风',
  camera: '摄像头',
  sound: '打开声音',
  remote: '{name}的画面',
  screen: '{name}的屏幕',
  self: '你的画面',
  controls: '通话',
  name: '你的名字',
  door: '呼叫{name}',
  'door.hint': '{name}会看到你的名字并接听，无需账号。',
  waiting: '请稍候…',
  dialing: '正在呼叫{name}…',
  'ringing.out': '{name}的设备正在响铃…',
  'ringing.in': '{name}来电',
  connecting: '正在接通…',
  active: '正在与{name}通话',
  recovering: '连接中断，正在重连…',
  held: '{name}保持了通话',
  'mic.problem': '对方听不到你：请允许本页使用麦克风。',
  'camera.problem': '对方看不到你：请允许本页使用摄像头。',
  'ended.hangup': '通话已结束。',
  'ended.remote-hangup': '{name}已挂断。',
  'ended.cancelled': '已取消呼叫。',
  'ended.remote-cancelled': '{name}已取消呼叫。',
  'ended.declined': '你已拒绝。',
  'ended.remote-declined': '{name}已拒绝。',
  'ended.busy': '{name}正在通话中。',
  'ended.no-answer': '{name}未接听。',
  'ended.missed': '你错过了{name}的来电。',
  'ended.unreachable': '暂时联系不到{name}。',
  'ended.not-found': '没有叫{name}的人。',
  'ended.elsewhere': '已在另一台设备上接听。',
  'ended.media-failed': '未找到可用的网络路径，请更换网络。',
  'ended.connection-lost': '连接已中断。',
  'ended.permission': '有一方的浏览器禁止使用麦克风。',
  'ended.other': '通话已结束。',
  'problem.not_found': '此链接已失效，请索取新链接。',
  'problem.rate_limited': '来自此处的呼叫过多，请等一分钟再试。',
  'problem.overloaded': '等待的人太多，请稍后再试。',
  'problem.forbidden': '不允许从此页面呼叫。',
  'problem.signed-out': '请先登录再呼叫。',
  'problem.over': '访问已结束，请重新呼叫。',
  'problem.nobody': '此按钮不知道要呼叫谁。',
  'problem.unreachable': '无法连接通话服务器，请稍后再试。',
};

export type Text = keyof typeof EN;

/** Says a text, with `{name}` filled in. */
export type Say = (text: Text, name?: string) => string;

/** The voice for a language tag; English for one that is not spoken here. */
export function speak(language: string): Say {
  const texts = /^zh\b/i.test(language) ? ZH : EN;
  return (text, name = '') => texts[text].replaceAll('{name}', name);
}

/** The name of a text, if there is one, else of that in its place. */
function known(text: string, otherwise: Text): Text {
  return text in EN ? (text as Text) : otherwise;
}

/** Where a call stands. */
export function callText(state: Exclude<CallState, { type: 'ended' }>): Text {
  return state.type === 'ringing' ? `ringing.${state.direction}` : state.type;
}

/** Why a call ended. */
export function endText(reason: EndReason, error: ClientError | undefined): Text {
  if (error?.code === 'rate-limited') return 'problem.rate_limited';
  if (error?.code === 'server-unreachable') return 'problem.unreachable';
  return known(`ended.${reason}`, 'ended.other');
}

/** Why there is no call. */
export function problemText({ code }: Extract<Face, { type: 'problem' }>): Text {
  return known(`problem.${code}`, 'problem.unreachable');
}

/** What is wrong with a device that the user wants on. */
export function deviceText(device: DeviceKind): Text {
  return `${device}.problem`;
}
