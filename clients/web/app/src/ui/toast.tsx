/** A notice that nobody has to answer. */
import { useEffect } from 'preact/hooks';
import type { Send } from '../model/message.ts';
import type { Toast } from '../model/model.ts';
import { say, t } from '../text/language.ts';
import { Icon } from './icons.tsx';

/** Long enough to read the longest of our sentences twice. */
const SHOWN_MS = 8_000;
/** In a call it covers people; what asks for nothing is short, and read once. */
const SHOWN_IN_CALL_MS = 4_000;

interface Props {
  readonly toast: Toast;
  /** It stands over a call that goes on. */
  readonly inCall: boolean;
  readonly send: Send;
}

/** Goes by itself, or by its button. */
export function ToastView({ toast, inCall, send }: Props) {
  const { id, action } = toast;
  const shownMs = inCall && toast.calm && !action ? SHOWN_IN_CALL_MS : SHOWN_MS;
  useEffect(() => {
    const timer = setTimeout(() => send({ type: 'dismiss-toast', id }), shownMs);
    return () => clearTimeout(timer);
  }, [id, shownMs, send]);
  return (
    <div class="toast" role="alert" data-testid="toast">
      {!toast.calm && <Icon name="warning" size={20} />}
      <p>{say(toast.message)}</p>
      {action && (
        <button
          type="button"
          class="button button-small button-quiet"
          data-testid="toast-action"
          onClick={() => {
            send(action.input);
            send({ type: 'dismiss-toast', id });
          }}
        >
          {t(action.key)}
        </button>
      )}
      <button
        type="button"
        class="icon-button"
        onClick={() => send({ type: 'dismiss-toast', id })}
        aria-label={t('toast.close')}
      >
        <Icon name="close" size={20} />
      </button>
    </div>
  );
}
