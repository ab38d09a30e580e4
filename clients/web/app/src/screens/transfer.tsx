/** Handing the other person over: to a name, after a word with that person, or to somebody one talks to already. */
import { useId, useState } from 'preact/hooks';
import type { Send } from '../model/message.ts';
import type { CallModel } from '../model/model.ts';
import { t } from '../text/language.ts';
import { Icon } from '../ui/icons.tsx';

interface Props {
  readonly call: CallModel;
  readonly beside: readonly CallModel[];
  readonly send: Send;
  readonly onClose: () => void;
}

/** A line of the menu that opens into a field. */
export function Transfer({ call, beside, send, onClose }: Props) {
  const [open, setOpen] = useState(false);
  return (
    <>
      {beside.map(({ serial, peer }) => (
        <button
          key={serial}
          type="button"
          class="menu-item"
          data-testid="menu-connect"
          onClick={() => {
            send({ type: 'connect-calls', serial });
            onClose();
          }}
        >
          <Icon name="swap" size={22} />
          {t('transfer.connect', { name: call.peer.name, other: peer.name })}
        </button>
      ))}
      <button
        type="button"
        class="menu-item"
        data-testid="menu-transfer"
        aria-expanded={open}
        onClick={() => setOpen(!open)}
      >
        <Icon name="arrow-out" size={22} />
        {t('transfer')}
      </button>
      {open && <TransferForm call={call} send={send} onClose={onClose} />}
    </>
  );
}

function TransferForm({ call, send, onClose }: Omit<Props, 'beside'>) {
  const [to, setTo] = useState('');
  const id = useId();
  return (
    <form
      class="menu-form"
      onSubmit={(event) => {
        event.preventDefault();
        // The menu goes with the call; if nobody has that name, the text is still here to be mended.
        send({ type: 'transfer', to });
      }}
    >
      <label for={id}>{t('transfer.to', { name: call.peer.name })}</label>
      <input
        id={id}
        data-testid="transfer-to"
        value={to}
        autocomplete="off"
        autocapitalize="none"
        spellcheck={false}
        autofocus
        onInput={({ currentTarget }) => setTo(currentTarget.value)}
      />
      <div class="menu-buttons">
        <button
          type="submit"
          class="button button-primary"
          data-testid="transfer-go"
          disabled={to.trim() === '' || call.transferring}
        >
          {t('transfer.go')}
        </button>
        <button
          type="button"
          class="button button-quiet"
          data-testid="transfer-ask"
          disabled={to.trim() === '' || call.transferring}
          onClick={() => {
            send({ type: 'dial-beside', to });
            onClose();
          }}
        >
          {t('transfer.ask')}
        </button>
      </div>
    </form>
  );
}
