/** Over the call: who records it, and the question whether one may. They stay for as long as they are true. */
import type { Send } from '../model/message.ts';
import type { CallModel } from '../model/model.ts';
import { say, t } from '../text/language.ts';
import { recordingNote } from '../text/recording.ts';
import { formatDuration } from '../text/time.ts';
import { useNow } from '../ui/now.ts';

interface Props {
  readonly call: CallModel;
  readonly send: Send;
}

/** At most one of them. */
export function RecordingNotes({ call, send }: Props) {
  switch (call.recording.type) {
    case 'asked':
      return call.recording.by === 'me' ? (
        <Asking call={call} send={send} />
      ) : (
        <Asked call={call} send={send} />
      );
    case 'on':
      return <On call={call} since={call.recording.since} send={send} />;
    case 'none':
    case 'over':
      return null;
  }
}

function Asking({ call, send }: Props) {
  return (
    <p class="sharing" data-testid="recording-asking">
      <span>{t('call.record.asking', { name: call.peer.name })}</span>
      <button
        type="button"
        class="button button-quiet"
        data-testid="recording-take-back"
        onClick={() => send({ type: 'record', wish: 'stop' })}
      >
        {t('call.record.take-back')}
      </button>
    </p>
  );
}

/** No answer is the default: whoever presses nothing has not agreed. */
function Asked({ call, send }: Props) {
  const params = { name: call.peer.name };
  return (
    <section class="consent" aria-label={t('call.record.asked', params)} data-testid="recording-asked">
      <p class="consent-title">{t('call.record.asked', params)}</p>
      <p>{t('call.record.asked.text', params)}</p>
      <div class="consent-actions">
        <button
          type="button"
          class="button button-quiet"
          data-testid="recording-refuse"
          onClick={() => send({ type: 'record', wish: 'stop' })}
        >
          {t('call.record.refuse')}
        </button>
        <button
          type="button"
          class="button button-primary"
          data-testid="recording-allow"
          onClick={() => send({ type: 'record', wish: 'agree' })}
        >
          {t('call.record.allow')}
        </button>
      </div>
    </section>
  );
}

function On({ call, since, send }: Props & { readonly since: number }) {
  const now = useNow();
  const note = recordingNote(call);
  return (
    <p
      class="sharing recording"
      data-testid="recording"
      data-by={call.recording.type === 'on' && call.recording.by}
    >
      <span class="recording-dot" aria-hidden="true" />
      <span>{note && say(note)}</span>
      <time>{formatDuration(Math.max(0, now - since))}</time>
      <button
        type="button"
        class="button button-danger"
        data-testid="recording-stop"
        onClick={() => send({ type: 'record', wish: 'stop' })}
      >
        {t('call.recording.stop')}
      </button>
    </p>
  );
}
