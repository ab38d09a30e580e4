/** Somebody calls during a call: a card that takes nothing away, neither the picture nor the focus. */
import { isAnswered } from '../model/calls.ts';
import type { Send } from '../model/message.ts';
import type { CallModel } from '../model/model.ts';
import { t } from '../text/language.ts';
import { Avatar } from '../ui/avatar.tsx';
import { Icon } from '../ui/icons.tsx';

interface Props {
  readonly waiting: CallModel;
  /** The one on the stage. */
  readonly call: CallModel;
  readonly send: Send;
}

/** A call that nobody has answered yet cannot be held: there, answering ends it. */
export function Waiting({ waiting, call, send }: Props) {
  const { serial, peer } = waiting;
  return (
    <section class="waiting" aria-labelledby="waiting-name" data-testid="waiting-card">
      <div class="waiting-who">
        <Avatar id={peer.id} name={peer.name} />
        <div>
          <h2 id="waiting-name" class="waiting-name">
            {peer.name}
          </h2>
          <p class="waiting-kind">
            {t(waiting.media.video ? 'incoming.video' : 'incoming.audio')}
            {waiting.transferredBy !== undefined &&
              ` · ${t('incoming.put-through', { name: waiting.transferredBy })}`}
          </p>
        </div>
      </div>
      <div class="waiting-actions">
        {isAnswered(call) && (
          <button
            type="button"
            class="button button-primary"
            data-testid="waiting-hold"
            onClick={() => send({ type: 'answer-waiting', serial, hold: true })}
          >
            <Icon name="pause" size={18} />
            {t('waiting.hold')}
          </button>
        )}
        <button
          type="button"
          class={isAnswered(call) ? 'button button-quiet' : 'button button-primary'}
          data-testid="waiting-end"
          onClick={() => send({ type: 'answer-waiting', serial, hold: false })}
        >
          <Icon name="phone" size={18} />
          {t('waiting.end')}
        </button>
        <button
          type="button"
          class="button button-danger"
          data-testid="waiting-decline"
          onClick={() => send({ type: 'decline-waiting', serial })}
        >
          <Icon name="phone-end" size={18} />
          {t('incoming.decline')}
        </button>
      </div>
    </section>
  );
}
