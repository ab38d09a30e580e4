/** Somebody who may not ring asks to talk. */
import type { Send } from '../model/message.ts';
import type { PastCall } from '../model/model.ts';
import { language, t } from '../text/language.ts';
import { formatTime } from '../text/time.ts';
import { Avatar } from '../ui/avatar.tsx';

/** To allow it is to have them as a contact; to refuse it is to block them. Both can be undone. */
export function Request({ call, send }: { readonly call: PastCall; readonly send: Send }) {
  const { peer, peer_name } = call;
  return (
    <section
      class="request"
      data-testid="request"
      data-peer={peer}
      aria-label={t('request', { name: peer_name })}
    >
      <Avatar id={peer} name={peer_name} />
      <div class="request-text">
        <p class="call-name">{peer_name}</p>
        <p class="call-fact">
          {t('request.text')} · {formatTime(call.startedAt, language.value)}
        </p>
      </div>
      <div class="request-answers">
        <button
          type="button"
          class="button button-quiet button-tight"
          data-testid="request-block"
          onClick={() => send({ type: 'block', name: peer, displayName: peer_name })}
        >
          {t('request.block')}
        </button>
        <button
          type="button"
          class="button button-primary button-tight"
          data-testid="request-allow"
          onClick={() => send({ type: 'put-contact', name: peer, change: {} })}
        >
          {t('request.allow')}
        </button>
      </div>
    </section>
  );
}
