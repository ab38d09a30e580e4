/** Calling somebody else during a call, which is on hold meanwhile. */
import type { Send } from '../model/message.ts';
import type { CallModel } from '../model/model.ts';
import { t } from '../text/language.ts';
import { MenuName } from './menu-name.tsx';

interface Props {
  readonly call: CallModel;
  readonly send: Send;
  readonly onClose: () => void;
}

export function SecondCall({ call, send, onClose }: Props) {
  return (
    <MenuName
      testIds={{ line: 'menu-call', form: 'second-call' }}
      icon="phone"
      title={t('second-call')}
      label={t('second-call.to', { name: call.peer.name })}
      go={t('second-call.go')}
      onGo={(to) => {
        send({ type: 'dial-beside', to });
        onClose();
      }}
    />
  );
}
