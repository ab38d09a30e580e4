/** Texts of the chat of a call; they come with it. */
import { type Language, language, speaker } from './language.ts';

const en = {
  title: 'Chat with {name}',
  close: 'Close the chat',
  log: 'Messages',
  empty: 'What you write goes straight to the other device. No server sees or keeps it.',
  waiting: 'Connecting… What you write is sent as soon as there is a connection.',
  unavailable: '{name}’s app has no chat.',
  over: 'The call is over. Files you received can still be saved until you close this.',

  field: 'Message',
  send: 'Send',
  attach: 'Send a file',
  drop: 'Drop files here to send them',
  'too-long': 'This is too long for one message. Send it in parts.',
  'too-large': '{file} is larger than {limit}, the limit for files.',
  'too-many': 'That was a lot at once. Wait a moment and try again.',
  failed: 'That could not be sent now. Try again.',

  me: 'You',
  'text.sending': 'Sending…',
  'text.delivered': 'Delivered',
  'text.failed': 'Not delivered',

  'file.offered.me': 'Waiting for {name} to accept · {size}',
  'file.offered.peer': '{name} would like to send you this · {size}',
  'file.flowing': '{done} of {size}',
  'file.waiting': 'Goes on when the connection is back · {done} of {size}',
  'file.checking': 'Checking · {size}',
  'file.done': '{size}',
  'file.done.me': 'Delivered · {size}',
  'file.declined.me': 'You declined it',
  'file.declined.peer': '{name} declined it',
  'file.cancelled.me': 'You cancelled it',
  'file.cancelled.peer': '{name} cancelled it',
  'file.damaged': 'It arrived damaged. Send it again.',
  'file.unreadable': 'The file can no longer be read on the sender’s device.',
  'file.full': 'There is no room for it on the receiver’s device.',
  'file.lost': 'It was not finished.',
  'file.progress': 'Progress of {file}',
  accept: 'Accept',
  decline: 'Decline',
  cancel: 'Cancel',
  save: 'Save',
  'of-file': '{what}: {file}',

  'note.text': '{name}: {text}',
  'note.file': '{name} would like to send you {file}',
  'note.open': 'Open',
} as const;

export type ChatKey = keyof typeof en;

const zhCn: Readonly<Record<ChatKey, string>> = {
  title: '与{name}聊天',
  close: '关闭聊天',
  log: '消息',
  empty: '你写的内容直接发送到对方的设备，服务器看不到，也不保存。',
  waiting: '正在连接…… 连上后会立即发送你写的内容。',
  unavailable: '{name}的应用没有聊天功能。',
  over: '通话已结束。关闭之前仍可保存收到的文件。',

  field: '消息',
  send: '发送',
  attach: '发送文件',
  drop: '将文件拖到此处即可发送',
  'too-long': '一条消息放不下，请分几次发送。',
  'too-large': '{file} 超过了文件大小上限 {limit}。',
  'too-many': '一次发送得太多了，请稍等片刻再试。',
  failed: '暂时无法发送，请再试一次。',

  me: '你',
  'text.sending': '正在发送……',
  'text.delivered': '已送达',
  'text.failed': '未送达',

  'file.offered.me': '等待{name}接收 · {size}',
  'file.offered.peer': '{name}想发送给你 · {size}',
  'file.flowing': '{done} / {size}',
  'file.waiting': '恢复连接后继续 · {done} / {size}',
  'file.checking': '正在核对 · {size}',
  'file.done': '{size}',
  'file.done.me': '已送达 · {size}',
  'file.declined.me': '你已拒绝',
  'file.declined.peer': '{name}已拒绝',
  'file.cancelled.me': '你已取消',
  'file.cancelled.peer': '{name}已取消',
  'file.damaged': '文件传输中损坏，请重新发送。',
  'file.unreadable': '发送方的设备无法再读取该文件。',
  'file.full': '接收方的设备没有空间了。',
  'file.lost': '未传完。',
  'file.progress': '{file} 的进度',
  accept: '接收',
  decline: '拒绝',
  cancel: '取消',
  save: '保存',
  'of-file': '{what}：{file}',

  'note.text': '{name}：{text}',
  'note.file': '{name}想发送给你 {file}',
  'note.open': '打开',
};

/** The dictionary of each language. */
export const CHAT: Readonly<Record<Language, Readonly<Record<ChatKey, string>>>> = { en, 'zh-CN': zhCn };

/** The text for `key` in the page's language. */
export const c = speaker(CHAT);

/** Bytes as people count them. */
export function sizeOf(bytes: number): string {
  const [unit, divisor] =
    bytes < 1000
      ? (['byte', 1] as const)
      : bytes < 1e6
        ? (['kilobyte', 1e3] as const)
        : (['megabyte', 1e6] as const);
  return new Intl.NumberFormat(language.value, {
    style: 'unit',
    unit,
    unitDisplay: unit === 'byte' ? 'long' : 'short',
    maximumFractionDigits: unit === 'megabyte' ? 1 : 0,
  }).format(bytes / divisor);
}

/** The time of day. */
export function clockOf(at: number): string {
  return new Date(at).toLocaleTimeString(language.value, { hour: '2-digit', minute: '2-digit' });
}

/** A text in its parts: what can be opened, and what stands between. */
export function linksIn(text: string): readonly { readonly text: string; readonly url?: string }[] {
  const parts: { readonly text: string; readonly url?: string }[] = [];
  let from = 0;
  for (const { 0: found, index } of text.matchAll(/\bhttps?:\/\/[^\s<>"'，。；！？、）】》]+/gi)) {
    // What ends a sentence is not part of its link. Not by a pattern: on a long row of dots that takes its square.
    let end = found.length;
    while (end > 0 && '.,;:!?)]}'.includes(found.charAt(end - 1))) end -= 1;
    const link = found.slice(0, end);
    if (!URL.canParse(link)) continue;
    if (index > from) parts.push({ text: text.slice(from, index) });
    parts.push({ text: link, url: link });
    from = index + link.length;
  }
  if (from < text.length) parts.push({ text: text.slice(from) });
  return parts;
}
