/** The calls that another device of this user carries. */
import type { Send } from '../model/message.ts';
import type { CallElsewhere } from '../model/model.ts';
import { t } from '../text/language.ts';
import { p } from '../text/pages.ts';
import { Avatar } from '../ui/avatar.tsx';
import { Icon } from '../ui/icons.tsx';

interface Props {
  readonly calls: readonly CallElsewhere[];
  /** Whose calls they are, where several people use this browser: with whom they talk is told to nobody else. */
  readonly locked: { readonly name: string; readonly display_name: string } | null;
  readonly send: Send;
}

/** Each with the way here. */
export function Elsewhere({ calls, locked, send }: Props) {
  return (
    <>
      {calls.map((call) => (
        <section key={call.id} class="elsewhere" data-testid="elsewhere" aria-live="polite">
          {locked ? (
            <Avatar id={locked.name} name={locked.display_name} />
          ) : (
            <Avatar id={call.peer.id} name={call.peer.name} />
          )}
          <p class="elsewhere-text">
            {locked
              ? p('elsewhere.locked', { name: locked.display_name })
              : call.device === ''
                ? p('elsewhere.unknown', { name: call.peer.name })
                : p('elsewhere', { name: call.peer.name, device: call.device })}
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
