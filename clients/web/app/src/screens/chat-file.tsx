/** A file in the chat of a call: what it is, how far it is, and what can be done about it. */
import type { Chat, ChatFile } from '@visavis/client';
import { useEffect, useState } from 'preact/hooks';
import { type ChatKey, c, sizeOf } from '../text/chat.ts';
import { Icon } from '../ui/icons.tsx';

interface Props {
  readonly chat: Chat;
  readonly file: ChatFile;
  /** The other person's. */
  readonly name: string;
}

export function FileRow({ chat, file, name }: Props) {
  const { id, by, state } = file;
  const moves = state === 'flowing' || state === 'waiting' || state === 'checking';
  const asked = state === 'offered' && by === 'peer';
  return (
    <div class="chat-file" data-testid="chat-file-row" data-state={state}>
      <p class="chat-file-name">
        <Icon name="file" size={20} />
        <bdi>{file.name}</bdi>
      </p>
      <p class="chat-file-state">{stateOf(file, name)}</p>
      {moves && (
        <progress
          value={file.bytes}
          max={Math.max(1, file.size)}
          aria-label={c('file.progress', { file: file.name })}
        />
      )}
      {asked && (
        <div class="chat-file-buttons">
          <Action file={file} what="decline" onPress={() => chat.cancel(id)} />
          <Action file={file} what="accept" isMain onPress={() => chat.accept(id)} />
        </div>
      )}
      {(moves || (state === 'offered' && by === 'me')) && (
        <div class="chat-file-buttons">
          <Action file={file} what="cancel" onPress={() => chat.cancel(id)} />
        </div>
      )}
      {file.file && <Save file={file} blob={file.file} />}
    </div>
  );
}

interface ActionProps {
  readonly file: ChatFile;
  readonly what: 'accept' | 'decline' | 'cancel';
  readonly isMain?: boolean;
  readonly onPress: () => void;
}

function Action({ file, what, isMain, onPress }: ActionProps) {
  return (
    <button
      type="button"
      class={isMain ? 'button button-primary' : 'button button-quiet'}
      data-testid={`chat-${what}`}
      aria-label={c('of-file', { what: c(what), file: file.name })}
      onClick={onPress}
    >
      {c(what)}
    </button>
  );
}

function Save({ file, blob }: { readonly file: ChatFile; readonly blob: Blob }) {
  const [address, setAddress] = useState('');
  useEffect(() => {
    const made = URL.createObjectURL(blob);
    setAddress(made);
    return () => URL.revokeObjectURL(made);
  }, [blob]);
  return (
    <div class="chat-file-buttons">
      <a
        class="button button-primary"
        href={address}
        download={file.name}
        data-testid="chat-save"
        aria-label={c('of-file', { what: c('save'), file: file.name })}
      >
        {c('save')}
      </a>
    </div>
  );
}

function stateOf(file: ChatFile, name: string): string {
  return c(keyOf(file), { name, size: sizeOf(file.size), done: sizeOf(file.bytes) });
}

function keyOf({ state, by, endedBy }: ChatFile): ChatKey {
  switch (state) {
    case 'offered':
      return `file.offered.${by}`;
    case 'done':
      return by === 'me' ? 'file.done.me' : 'file.done';
    case 'declined':
    case 'cancelled':
      return `file.${state}.${endedBy ?? 'peer'}`;
    case 'flowing':
    case 'waiting':
    case 'checking':
    case 'damaged':
    case 'unreadable':
    case 'full':
    case 'lost':
      return `file.${state}`;
  }
}
