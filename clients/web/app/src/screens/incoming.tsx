/** Somebody calls: a card in the corner of a desk, the whole screen of a phone. */
import { useEffect, useRef } from 'preact/hooks';
import type { Send } from '../model/message.ts';
import type { CallModel } from '../model/model.ts';
import { t } from '../text/language.ts';
import { Avatar } from '../ui/avatar.tsx';
import { Icon } from '../ui/icons.tsx';

interface Props {
  readonly call: CallModel;
  /** Several people use this browser: the name of whoever has to confirm that they answer. */
  readonly asks: string | null;
  readonly send: Send;
}

/** Answered as the caller asked by Space or Enter, declined by Esc, silenced by M, wherever the focus is but in a text. */
export function Incoming({ call, asks, send }: Props) {
  const card = useRef<HTMLDivElement>(null);
  const { serial, silenced } = call;
  const { video } = call.media;
  useEffect(() => {
    // Somebody who types a name should not answer with the next space.
    if (!isTextField(document.activeElement)) card.current?.focus();
  }, []);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const action = actionFor(event, card.current);
      if (!action) return;
      event.preventDefault();
      event.stopPropagation();
      if (action === 'answer') send({ type: 'answer', video });
      else send(action === 'decline' ? { type: 'hang-up' } : { type: 'silence', serial });
    };
    addEventListener('keydown', onKey, { capture: true });
    return () => removeEventListener('keydown', onKey, { capture: true });
  }, [send, serial, video]);
  return (
    <div
      ref={card}
      class="incoming"
      role="alertdialog"
      aria-labelledby="incoming-name"
      aria-describedby="incoming-kind"
      tabIndex={-1}
      data-testid="incoming-card"
    >
      <div class="incoming-who">
        <span class="incoming-face">
          <Avatar id={call.peer.id} name={call.peer.name} size="large" />
        </span>
        <div>
          <h2 id="incoming-name" class="incoming-name">
            {call.peer.name}
          </h2>
          <p id="incoming-kind" class="incoming-kind">
            {call.peer.guest
              ? t('incoming.knock', { label: call.peer.guest.label })
              : t(video ? 'incoming.video' : 'incoming.audio')}
            {call.transferredBy !== undefined &&
              ` · ${t('incoming.put-through', { name: call.transferredBy })}`}
          </p>
          <Known call={call} />
        </div>
      </div>
      {asks !== null && (
        <p class="incoming-asks" data-testid="incoming-asks">
          {t('incoming.answer-as', { name: asks })}
        </p>
      )}
      <div class="incoming-actions">
        <button
          type="button"
          class="answer answer-decline"
          data-testid="incoming-decline"
          onClick={() => send({ type: 'hang-up' })}
        >
          <span class="answer-face">
            <Icon name="phone-end" />
          </span>
          {t('incoming.decline')}
        </button>
        <button
          type="button"
          class={video ? 'answer' : 'answer answer-main'}
          data-testid="incoming-audio"
          onClick={() => send({ type: 'answer', video: false })}
        >
          <span class="answer-face">
            <Icon name="phone" />
          </span>
          {t('incoming.answer.audio')}
        </button>
        {video && (
          <button
            type="button"
            class="answer answer-main"
            data-testid="incoming-video"
            onClick={() => send({ type: 'answer', video: true })}
          >
            <span class="answer-face">
              <Icon name="video" />
            </span>
            {t('incoming.answer.video')}
          </button>
        )}
      </div>
      <button
        type="button"
        class="button button-quiet incoming-silence"
        data-testid="incoming-silence"
        disabled={silenced}
        onClick={() => send({ type: 'silence', serial })}
      >
        <Icon name="bell-off" size={20} />
        {t(silenced ? 'incoming.silenced' : 'incoming.silence')}
      </button>
      <p class="incoming-keys">{t('incoming.keys')}</p>
    </div>
  );
}

/** Told by the device itself while it rings, so only where the path is found by then. */
function Known({ call }: Pick<Props, 'call'>) {
  const status = call.safety?.status;
  if (status !== 'verified' && status !== 'changed') return null;
  return (
    <p class="incoming-known" data-testid="incoming-known" data-status={status}>
      <Icon name={status === 'verified' ? 'verified' : 'warning'} size={18} />
      {t(status === 'verified' ? 'safety.verified' : 'safety.unknown-device')}
    </p>
  );
}

type Action = 'answer' | 'decline' | 'silence';

function actionFor(event: KeyboardEvent, card: HTMLElement | null): Action | null {
  if (event.repeat || event.isComposing || isTextField(event.target)) return null;
  if (event.key === 'Escape') return 'decline';
  if (event.key.toLowerCase() === 'm' && !event.ctrlKey && !event.metaKey) return 'silence';
  if (event.key !== ' ' && event.key !== 'Enter') return null;
  // A focused button of the card does what it says.
  const onButton = event.target instanceof HTMLButtonElement && card?.contains(event.target);
  return onButton ? null : 'answer';
}

function isTextField(target: EventTarget | null): boolean {
  return target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement;
}
