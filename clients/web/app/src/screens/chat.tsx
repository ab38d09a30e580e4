/** The chat of a call: beside the picture on a desk, over the lower part of it on a phone. Loaded with the first call. */
import { type Chat, type ChatEntry, type ChatState, type ChatText, ClientError } from '@visavis/client';
import type { TargetedClipboardEvent, TargetedKeyboardEvent } from 'preact';
import { useEffect, useId, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import '../style/chat.css';
import { c, clockOf, linksIn, sizeOf } from '../text/chat.ts';
import { Icon } from '../ui/icons.tsx';
import { FileRow } from './chat-file.tsx';

/** How long a notice of a message stands. */
const NOTE_MS = 6_000;

interface Props {
  readonly chat: Chat;
  readonly state: ChatState;
  /** The other person's. */
  readonly name: string;
  readonly onClose: () => void;
}

/** Not modal: the call goes on beside it. Esc closes it, and the focus goes back to where it was opened. */
export function ChatPanel({ chat, state, name, onClose }: Props) {
  const panel = useRef<HTMLElement>(null);
  const title = useId();
  const [problem, setProblem] = useState('');
  const { status, entries } = state;
  const writes = status === 'ready' || status === 'waiting';
  useOpened(panel, onClose);
  const attach = (files: Iterable<File>) => {
    setProblem('');
    for (const file of files) {
      chat.offer(file).catch((error: unknown) => setProblem(fileProblem(error, file, state)));
    }
  };
  useDropped(writes, attach);
  return (
    <aside
      ref={panel}
      class="chat"
      aria-labelledby={title}
      tabIndex={-1}
      data-testid="chat"
      data-status={status}
    >
      <header class="chat-top">
        <h2 id={title}>{c('title', { name })}</h2>
        <button
          type="button"
          class="icon-button"
          data-testid="chat-close"
          aria-label={c('close')}
          onClick={onClose}
        >
          <Icon name="close" size={22} />
        </button>
      </header>
      <Log chat={chat} state={state} name={name} />
      {entries.length === 0 && status === 'ready' && <p class="chat-note">{c('empty')}</p>}
      {status !== 'ready' && (
        <p class="chat-note" data-testid="chat-status">
          {c(status, { name })}
        </p>
      )}
      {problem && (
        <p class="chat-note chat-problem" role="alert" data-testid="chat-problem">
          {problem}
        </p>
      )}
      {writes && <Writing chat={chat} onFiles={attach} onProblem={setProblem} />}
    </aside>
  );
}

function useOpened(panel: { readonly current: HTMLElement | null }, onClose: () => void): void {
  useLayoutEffect(() => {
    const opener = document.activeElement;
    const within = panel.current;
    // A keyboard on the glass would cover what there is to read.
    const isTouched = matchMedia('(pointer: coarse)').matches;
    (isTouched ? within : (within?.querySelector('textarea') ?? within))?.focus();
    return () => {
      if (!within?.contains(document.activeElement)) return;
      const back = opener instanceof HTMLElement && opener.isConnected ? opener : null;
      (back ?? document.querySelector<HTMLElement>('[data-testid="call-chat"]'))?.focus();
    };
  }, [panel]);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== 'Escape' || !panel.current?.contains(document.activeElement)) return;
      event.stopPropagation();
      onClose();
    };
    // Before what is beneath takes it for its own.
    addEventListener('keydown', onKey, { capture: true });
    return () => removeEventListener('keydown', onKey, { capture: true });
  }, [panel, onClose]);
}

/** Dropped anywhere: beside the panel a browser would leave the call to show the file. */
function useDropped(writes: boolean, attach: (files: Iterable<File>) => void): void {
  const latest = useRef(attach);
  latest.current = attach;
  useEffect(() => {
    if (!writes) return;
    const over = (event: DragEvent) => {
      if (bringsFiles(event)) event.preventDefault();
    };
    const drop = (event: DragEvent) => {
      if (!bringsFiles(event)) return;
      event.preventDefault();
      latest.current(event.dataTransfer?.files ?? []);
    };
    addEventListener('dragover', over);
    addEventListener('drop', drop);
    return () => {
      removeEventListener('dragover', over);
      removeEventListener('drop', drop);
    };
  }, [writes]);
}

function bringsFiles({ dataTransfer }: DragEvent): boolean {
  return dataTransfer?.types.includes('Files') ?? false;
}

function Log({ chat, state, name }: Omit<Props, 'onClose'>) {
  const list = useRef<HTMLElement>(null);
  const { entries } = state;
  const last = entries.at(-1)?.id;
  useLayoutEffect(() => {
    // Nothing is to be scrolled to yet.
    if (last === undefined) return;
    list.current?.scrollTo({ top: list.current.scrollHeight });
  }, [last]);
  return (
    <section ref={list} class="chat-log" role="log" aria-label={c('log')}>
      <ol>
        {entries.map((entry) => (
          <li key={entry.id} class="chat-entry" data-by={entry.by} data-testid="chat-entry">
            <span class="visually-hidden">{entry.by === 'me' ? c('me') : name}</span>
            {entry.type === 'text' ? (
              <Text entry={entry} />
            ) : (
              <FileRow chat={chat} file={entry} name={name} />
            )}
            <time class="chat-time">{clockOf(entry.at)}</time>
            {entry.type === 'text' && entry.by === 'me' && (
              <span class="chat-mark" data-state={entry.state}>
                {c(`text.${entry.state}`)}
              </span>
            )}
          </li>
        ))}
      </ol>
    </section>
  );
}

function Text({ entry }: { readonly entry: ChatText }) {
  const parts = useMemo(() => linksIn(entry.text), [entry.text]);
  return (
    <p class="chat-text" dir="auto">
      {parts.map(({ text, url }, index) =>
        url ? (
          <a key={`${index} ${url}`} href={url} target="_blank" rel="noopener noreferrer nofollow">
            {text}
          </a>
        ) : (
          text
        ),
      )}
    </p>
  );
}

interface WritingProps {
  readonly chat: Chat;
  readonly onFiles: (files: Iterable<File>) => void;
  readonly onProblem: (problem: string) => void;
}

/** Enter sends, with Shift it begins a line; not while an input method composes a word. */
function Writing({ chat, onFiles, onProblem }: WritingProps) {
  const field = useRef<HTMLTextAreaElement>(null);
  const files = useRef<HTMLInputElement>(null);
  const send = () => {
    const text = field.current?.value ?? '';
    if (text.trim() === '') return;
    onProblem('');
    chat.send(text).then(
      () => {
        if (field.current) field.current.value = '';
      },
      (error: unknown) => onProblem(textProblem(error)),
    );
  };
  const onKeyDown = (event: TargetedKeyboardEvent<HTMLTextAreaElement>) => {
    // Safari ends the composing before it tells of the key, with this code.
    const composes = event.isComposing || event.keyCode === 229;
    if (event.key !== 'Enter' || event.shiftKey || composes) return;
    event.preventDefault();
    send();
  };
  const onPaste = (event: TargetedClipboardEvent<HTMLTextAreaElement>) => {
    const pasted = event.clipboardData?.files;
    if (!pasted?.length) return;
    event.preventDefault();
    onFiles(pasted);
  };
  return (
    <form
      class="chat-form"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <button
        type="button"
        class="icon-button"
        data-testid="chat-attach"
        aria-label={c('attach')}
        title={c('drop')}
        onClick={() => files.current?.click()}
      >
        <Icon name="attach" size={22} />
      </button>
      <input
        ref={files}
        type="file"
        multiple
        hidden
        data-testid="chat-file"
        onChange={({ currentTarget }) => {
          onFiles([...(currentTarget.files ?? [])]);
          currentTarget.value = '';
        }}
      />
      <textarea
        ref={field}
        rows={2}
        aria-label={c('field')}
        placeholder={c('field')}
        data-testid="chat-field"
        onKeyDown={onKeyDown}
        onPaste={onPaste}
      />
      <button type="submit" class="icon-button chat-send" data-testid="chat-send" aria-label={c('send')}>
        <Icon name="send" size={22} />
      </button>
    </form>
  );
}

interface NoteProps {
  /** The newest that was not seen. */
  readonly entry: ChatEntry;
  readonly name: string;
  readonly onOpen: () => void;
}

/** Of what has come while the panel is closed; one at a time, and it goes by itself. */
export function ChatNote({ entry, name, onOpen }: NoteProps) {
  const [gone, setGone] = useState('');
  const { id } = entry;
  useEffect(() => {
    const timer = setTimeout(() => setGone(id), NOTE_MS);
    return () => clearTimeout(timer);
  }, [id]);
  if (gone === id) return null;
  const said =
    entry.type === 'text'
      ? c('note.text', { name, text: entry.text })
      : c('note.file', { name, file: entry.name });
  return (
    <div class="sharing chat-news" role="status" data-testid="chat-note">
      <span class="chat-news-text" dir="auto">
        {said}
      </span>
      <button type="button" class="button button-quiet" data-testid="chat-note-open" onClick={onOpen}>
        {c('note.open')}
      </button>
    </div>
  );
}

function textProblem(error: unknown): string {
  const code = error instanceof ClientError ? error.code : undefined;
  return c(code === 'too-large' ? 'too-long' : code === 'rate-limited' ? 'too-many' : 'failed');
}

function fileProblem(error: unknown, file: File, { maxFileBytes }: ChatState): string {
  const tooLarge = error instanceof ClientError && error.code === 'too-large';
  return tooLarge ? c('too-large', { file: file.name, limit: sizeOf(maxFileBytes) }) : c('failed');
}
