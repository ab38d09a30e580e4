/** Over the call: the emoji by which two people find out whether somebody is between them. */
import { emojiName } from '@visavis/client/safety';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { isAnswered } from '../model/calls.ts';
import type { Send } from '../model/message.ts';
import type { CallModel, SafetyShown } from '../model/model.ts';
import '../style/panel.css';
import '../style/safety.css';
import { language, say, t } from '../text/language.ts';
import { comparable, safetyMessage } from '../text/safety.ts';
import { useClosing } from '../ui/closing.ts';
import { Icon } from '../ui/icons.tsx';

interface MarkProps {
  readonly call: CallModel;
  readonly open: boolean;
  readonly onPress: () => void;
}

/** Beside the name: the emoji, or what became of them. Nothing where there is nothing to compare. */
export function SafetyMark({ call, open, onPress }: MarkProps) {
  const { safety } = call;
  if (!isAnswered(call) || !safety) return null;
  if (safety.status === 'failed') {
    return (
      <p class="safety-mark" data-testid="safety-unchecked" data-status="failed">
        <Icon name="warning" size={18} />
        {t('safety.unchecked')}
      </p>
    );
  }
  const isVerified = safety.status === 'verified';
  return (
    <button
      type="button"
      class="safety-mark"
      data-testid="safety-mark"
      data-status={safety.status}
      data-code={safety.code.join('')}
      aria-expanded={open}
      aria-haspopup="dialog"
      onClick={onPress}
    >
      <span class="visually-hidden">
        {isVerified
          ? t('safety.verified-with', { name: call.peer.name })
          : t('safety.compare', { emoji: safety.code.map(nameOf).join(', ') })}
      </span>
      <Icon name={isVerified ? 'verified' : 'lock'} size={18} />
      <span aria-hidden="true">{isVerified ? t('safety.verified') : safety.code.join(' ')}</span>
    </button>
  );
}

interface NoteProps {
  readonly call: CallModel;
  readonly send: Send;
  readonly onCompare: () => void;
}

/** What nobody should miss: another device than the one that was verified, or a call that could not be checked. */
export function SafetyNote({ call, send, onCompare }: NoteProps) {
  const [closed, setClosed] = useState(false);
  const message = safetyMessage(call);
  // The next failure looks like this one, and is news all the same.
  const which = `${call.safety?.status} ${comparable(call)}`;
  useLayoutEffect(() => setClosed(false), [which]);
  if (!message || closed) return null;
  return (
    <section
      class="consent"
      aria-label={say(message)}
      data-testid="safety-note"
      data-status={call.safety?.status}
    >
      <p class="consent-title">{say(message)}</p>
      <div class="consent-actions">
        <button
          type="button"
          class="button button-quiet"
          data-testid="safety-note-close"
          onClick={() => setClosed(true)}
        >
          {t('safety.close')}
        </button>
        {call.safety?.status === 'changed' ? (
          <button
            type="button"
            class="button button-primary"
            data-testid="safety-note-compare"
            aria-haspopup="dialog"
            onClick={() => {
              setClosed(true);
              onCompare();
            }}
          >
            {t('safety.compare-now')}
          </button>
        ) : (
          <EndCall send={send} />
        )}
      </div>
    </section>
  );
}

interface PanelProps {
  readonly call: CallModel;
  readonly send: Send;
  readonly onClose: () => void;
}

/** Not in the way of the picture of the face to which one reads. Esc and a press beside it close it. */
export function SafetyPanel({ call, send, onClose }: PanelProps) {
  const panel = useRef<HTMLDivElement>(null);
  useClosing(panel, onClose);
  useLayoutEffect(() => panel.current?.focus(), []);
  const { safety } = call;
  if (!safety || safety.code.length === 0) return null;
  const params = { name: call.peer.name };
  const isVerified = safety.status === 'verified';
  return (
    <div
      ref={panel}
      class="stage-panel safety-panel"
      role="dialog"
      aria-labelledby="safety-title"
      aria-describedby="safety-text"
      tabIndex={-1}
      data-testid="safety-panel"
    >
      <h2 id="safety-title" class="stage-panel-title">
        {isVerified ? t('safety.verified-with', params) : t('safety.title')}
      </h2>
      <Code safety={safety} />
      <p id="safety-text">{t('safety.text', params)}</p>
      {!safety.lasting && <p class="safety-once">{t('safety.once')}</p>}
      {isVerified ? (
        <button type="button" class="button button-quiet" data-testid="safety-close" onClick={onClose}>
          {t('safety.close')}
        </button>
      ) : (
        <>
          <button
            type="button"
            class="button button-primary"
            data-testid="safety-match"
            onClick={() => {
              send({ type: 'emoji-match', serial: call.serial, code: safety.code });
              onClose();
            }}
          >
            {t('safety.match')}
          </button>
          <p class="safety-differ">{t('safety.differ')}</p>
          <EndCall send={send} />
        </>
      )}
    </div>
  );
}

function Code({ safety }: { readonly safety: SafetyShown }) {
  return (
    <ol class="safety-code">
      {safety.code.map((emoji, place) => (
        <li key={`${place} ${emoji}`}>
          <span class="safety-emoji" aria-hidden="true">
            {emoji}
          </span>
          {nameOf(emoji)}
        </li>
      ))}
    </ol>
  );
}

function EndCall({ send }: Pick<PanelProps, 'send'>) {
  return (
    <button
      type="button"
      class="button button-danger"
      data-testid="safety-end"
      onClick={() => send({ type: 'hang-up' })}
    >
      {t('safety.end')}
    </button>
  );
}

function nameOf(emoji: string): string {
  return emojiName(emoji, language.value === 'zh-CN' ? 'zh' : 'en');
}
