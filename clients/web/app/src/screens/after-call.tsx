/** What a call that has ended leaves to be done about the other person. */
import { useContext, useState } from 'preact/hooks';
import type { Send } from '../model/message.ts';
import type { CallModel, Ended } from '../model/model.ts';
import { t } from '../text/language.ts';
import { Icon } from '../ui/icons.tsx';
import { KeepsPeopleContext } from '../ui/keeps-people.ts';

interface Props {
  readonly call: CallModel;
  readonly ended: Ended;
  readonly send: Send;
}

/** A stranger may become a contact, or be blocked; a contact who could not be reached may be waited for. */
export function AfterCall({ call, ended, send }: Props) {
  const [done, setDone] = useState(false);
  const keepsPeople = useContext(KeepsPeopleContext);
  const { id, name, contact, guest } = call.peer;
  // Guests have no account to keep, and a name that nobody has is no person.
  if (done || guest || !keepsPeople || ended.reason === 'not-found') return null;
  if (contact) {
    if (ended.reason !== 'unreachable') return null;
    return (
      <div class="after-call">
        <button
          type="button"
          class="after-button"
          data-testid="ended-await"
          onClick={() => {
            send({ type: 'await', person: { id, name } });
            setDone(true);
          }}
        >
          <Icon name="bell" size={20} />
          {t('ended.await')}
        </button>
      </div>
    );
  }
  return (
    <div class="after-call">
      <button
        type="button"
        class="after-button"
        data-testid="ended-add"
        onClick={() => {
          send({ type: 'put-contact', name: id, change: {} });
          setDone(true);
        }}
      >
        <Icon name="people" size={20} />
        {t('ended.add')}
      </button>
      {call.direction === 'in' && (
        <button
          type="button"
          class="after-button"
          data-testid="ended-block"
          onClick={() => {
            send({ type: 'block', name: id, displayName: name });
            send({ type: 'close-call' });
          }}
        >
          {t('ended.block')}
        </button>
      )}
    </div>
  );
}
