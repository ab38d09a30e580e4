/** The calls that another device of this user carries. */
import type { Send } from '../model/message.ts';
import type { CallElsewhere } from '../model/model.ts';
import { t } from '../text/language.ts';
import { Avatar } from '../ui/avatar.tsx';
import { Icon } from '../ui/icons.tsx';

interface Props {
  readonly calls: readonly CallElsewhere[];
  readonly send: Send;
}

/** Each with the way here. */
export function Elsewhere({ calls, send }: Props) {
  return (
    <>
      {calls.map((call) => (
        <section key={call.id} class="elsewhere" data-testid="elsewhere" aria-live="polite">
          <Avatar id={call.peer.id} name={call.peer.name} />
          <p class="elsewhere-text">
            {call.device === ''
              ? t('elsewhere.unknown', { name: call.peer.name })
              : t('elsewhere', { name: call.peer.name, device: call.device })}
          </p>
          <MoveHere id={call.id} send={send} />
        </section>
      ))}
    </>
  );
}

/** The button that does it. */
export function MoveHere({ id, send }: { readonly id: string; readonly send: Send }) {
  return (
    <button
      type="button"
      class="button button-primary"
      data-testid="move-here"
      onClick={() => send({ type: 'move-here', id })}
    >
      <Icon name="arrow-in" size={20} />
      {t('elsewhere.move')}
    </button>
  );
}
