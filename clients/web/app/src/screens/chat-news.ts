/** How the chat of a call stands, and what of it was not seen. */
import type { Chat, ChatEntry, ChatState } from '@visavis/client';
import { useContext, useEffect, useRef, useState } from 'preact/hooks';
import { PicturesContext } from '../ui/pictures.ts';

export interface ChatNews {
  readonly chat: Chat | undefined;
  readonly state: ChatState;
  /** From the other person, since the panel was last open. */
  readonly unread: readonly ChatEntry[];
}

const NOTHING: ChatState = { status: 'unavailable', maxFileBytes: 0, entries: [] };

/** `open`: somebody looks at it. */
export function useChat(serial: number, open: boolean): ChatNews {
  const chat = useContext(PicturesContext).chatOf(serial);
  const [state, setState] = useState(chat?.value ?? NOTHING);
  const seen = useRef<string | undefined>(undefined);
  useEffect(() => chat?.subscribe(setState), [chat]);
  if (open) seen.current = state.entries.at(-1)?.id;
  const from = state.entries.findIndex(({ id }) => id === seen.current) + 1;
  // What the page before a reload has kept was seen on that.
  const isNews = ({ by, at }: ChatEntry) => by === 'peer' && at >= performance.timeOrigin;
  return { chat, state, unread: open ? [] : state.entries.slice(from).filter(isNews) };
}

/** Whether there is anything to open. */
export function hasChat({ state }: ChatNews): boolean {
  return state.status === 'ready' || state.entries.length > 0;
}
