/** Handing the other person over: to a name, after a word with that person, or to somebody one talks to already. */
import type { Send } from '../model/message.ts';
import type { CallModel } from '../model/model.ts';
import { t } from '../text/language.ts';
import { Icon } from '../ui/icons.tsx';
import { MenuName } from './menu-name.tsx';

interface Props {
  readonly call: CallModel;
  readonly beside: readonly CallModel[];
  readonly send: Send;
  readonly onClose: () => void;
}

export function Transfer({ call, beside, send, onClose }: Props) {
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
      <MenuName
        testIds={{ line: 'menu-transfer', form: 'transfer' }}
        icon="arrow-out"
        title={t('transfer')}
        label={t('transfer.to', { name: call.peer.name })}
        go={t('transfer.go')}
        disabled={call.transferring === true}
        // The menu goes with the call; if nobody has that name, the text is still here to be mended.
        onGo={(to) => send({ type: 'transfer', to })}
        others={(to, disabled) => (
          <button
            type="button"
            class="button button-quiet"
            data-testid="transfer-ask"
            disabled={disabled}
            onClick={() => {
              send({ type: 'dial-beside', to });
              onClose();
            }}
          >
            {t('transfer.ask')}
          </button>
        )}
      />
    </>
  );
}
