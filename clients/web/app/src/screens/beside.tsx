/** The calls on hold beside the one on the stage. */
import type { Send } from '../model/message.ts';
import type { CallModel } from '../model/model.ts';
import { t } from '../text/language.ts';
import { Icon } from '../ui/icons.tsx';

/** Each with its way back. */
export function Beside({ calls, send }: { readonly calls: readonly CallModel[]; readonly send: Send }) {
  return (
    <ul class="beside">
      {calls.map(({ serial, peer }) => (
        <li key={serial} class="beside-call" data-testid="held-call">
          <span class="beside-name">{t('call.beside', { name: peer.name })}</span>
          <button
            type="button"
            class="button button-quiet"
            data-testid="change-over"
            aria-label={t('call.change-over.to', { name: peer.name })}
            onClick={() => send({ type: 'change-over', serial })}
          >
            <Icon name="swap" size={18} />
            {t('call.change-over')}
          </button>
        </li>
      ))}
    </ul>
  );
}
