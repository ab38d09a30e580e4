/** The stories of the chat: a call and what was said in it; the texts are in `drawnChat`, by the serial of the call. */
import type { Chat, ChatEntry, ChatState } from '@visavis/client';
import type { CallModel } from '../model/model.ts';
import type { Language } from '../text/language.ts';
import { inCall, type Story } from './story-models.ts';

const MINUTE = 60_000;

/** Serials of calls in which something was said. */
const OPEN = 101;
const CLOSED = 102;
const EMPTY = 103;
const LOST = 104;
const OVER = 105;

const talking = (serial: number, change: Partial<CallModel> = {}): Story =>
  inCall((now) => ({ serial, state: { type: 'active', since: now - 754_000, path: 'direct' }, ...change }));

/** By name, as in the page's address. What is pressed in each is in `visit.ts`. */
export const CHAT_STORIES: Readonly<Record<string, Story>> = {
  'chat-open': talking(OPEN),
  'chat-voice': talking(OPEN, { remote: { audio: true, video: false, screen: false, blocked: false } }),
  'chat-unread': talking(CLOSED),
  'chat-empty': talking(EMPTY),
  'chat-lost': talking(LOST),
  'chat-ended': inCall(() => ({
    serial: OVER,
    state: { type: 'ended', reason: 'remote-hangup', summary: { durationMs: 754_000 } },
  })),
};

/** What was said in a call of a story. */
export function drawnChat(serial: number, language: Language): Chat | undefined {
  const value = stateOf(serial, language);
  return value && ({ ...ACTS, value, subscribe: followed(value) } as Chat);
}

const done = () => Promise.resolve();
const ACTS: Pick<Chat, 'send' | 'offer' | 'accept' | 'cancel'> = {
  send: done,
  offer: done,
  accept: () => {},
  cancel: () => {},
};

function followed(value: ChatState): Chat['subscribe'] {
  return (run) => {
    run(value);
    return () => {};
  };
}

function stateOf(serial: number, language: Language): ChatState | undefined {
  const state = (status: ChatState['status'], entries: readonly ChatEntry[]): ChatState => ({
    status,
    maxFileBytes: 256 * 1024 ** 2,
    entries,
  });
  switch (serial) {
    case OPEN:
      return state('ready', said(language));
    case CLOSED:
      return state('ready', said(language).slice(0, 3));
    case EMPTY:
      return state('ready', []);
    case LOST:
      return state('waiting', waiting(language));
    case OVER:
      return state('over', said(language).slice(0, 6));
    default:
      return undefined;
  }
}

/** Later than the page began, so that it is news. */
const at = (minute: number) => Date.now() + minute * MINUTE;

function said(language: Language): readonly ChatEntry[] {
  const words = WORDS[language];
  return [
    text('a', 'peer', 1, words.link),
    text('b', 'me', 2, words.thanks),
    text('c', 'peer', 3, words.long),
    file('d', 'peer', 4, { name: words.photo, state: 'done', bytes: 3_400_000, file: new Blob(['x']) }),
    file('e', 'me', 5, { name: 'report.pdf', size: 812_000, bytes: 812_000, state: 'done' }),
    file('f', 'me', 5, { name: 'notes.txt', size: 640, state: 'declined', endedBy: 'peer' }),
    file('g', 'me', 6, { name: 'holiday.mp4', size: 94_000_000, state: 'flowing', bytes: 41_000_000 }),
    file('h', 'peer', 7, { name: words.archive, size: 12_700_000, state: 'offered' }),
  ];
}

function waiting(language: Language): readonly ChatEntry[] {
  return [
    file('g', 'peer', 6, { name: 'holiday.mp4', size: 94_000_000, state: 'waiting', bytes: 41_000_000 }),
    file('i', 'peer', 6, { name: 'torn.zip', size: 5_000_000, state: 'damaged', bytes: 5_000_000 }),
    { ...text('b', 'me', 7, WORDS[language].thanks), state: 'sending' },
  ];
}

function text(id: string, by: 'me' | 'peer', minute: number, words: string) {
  return { type: 'text', id, by, at: at(minute), text: words, state: 'delivered' } as const;
}

function file(
  id: string,
  by: 'me' | 'peer',
  minute: number,
  rest: Partial<Extract<ChatEntry, { type: 'file' }>>,
): ChatEntry {
  const blank = { name: 'file', size: 3_400_000, mime: '', state: 'offered', bytes: 0 } as const;
  return { type: 'file', id, by, at: at(minute), ...blank, ...rest };
}

const WORDS = {
  en: {
    link: 'This is the flat: https://example.org/flats/42 (third picture).',
    thanks: 'Thanks! I’ll have a look right away.',
    long: 'The landlord wants to know by Friday.\nBring the papers, and ask about the cellar: the one in the picture is not ours.',
    photo: 'kitchen.jpg',
    archive: 'all the pictures of the flat and of the street in front of it.zip',
  },
  'zh-CN': {
    link: '就是这套房子：https://example.org/flats/42（第三张照片）。',
    thanks: '谢谢！我马上看看。',
    long: '房东希望周五前答复。\n带上材料，再问问地下室的事：照片里的那间不是我们的。',
    photo: '厨房.jpg',
    archive: '房子以及门前街道的全部照片.zip',
  },
} as const;
