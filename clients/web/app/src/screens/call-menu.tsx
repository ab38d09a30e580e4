/** What one wants of a call now and then: behind the button "more". */
import type { Device, DeviceRole } from '@visavis/client';
import { useEffect, useRef, useState } from 'preact/hooks';
import { isAnswered } from '../model/calls.ts';
import type { Send } from '../model/message.ts';
import type { CallModel } from '../model/model.ts';
import { t } from '../text/language.ts';
import { Icon } from '../ui/icons.tsx';
import { Transfer } from './transfer.tsx';

interface Props {
  readonly call: CallModel;
  /** Those on hold beside it. */
  readonly beside: readonly CallModel[];
  readonly send: Send;
  readonly onClose: () => void;
}

const ROLES: readonly DeviceRole[] = ['mic', 'camera', 'speaker'];

/** Over the buttons. Esc and a press beside it close it. */
export function CallMenu({ call, beside, send, onClose }: Props) {
  const panel = useRef<HTMLDivElement>(null);
  useEffect(() => {
    panel.current?.querySelector<HTMLElement>('button, select, input')?.focus();
    const onKey = (event: KeyboardEvent) => {
      if (event.key === 'Escape') onClose();
    };
    const onPress = ({ target }: Event) => {
      const inside = target instanceof Element && target.closest('.menu, .toast, [aria-expanded="true"]');
      if (!inside) onClose();
    };
    addEventListener('keydown', onKey);
    addEventListener('pointerdown', onPress);
    return () => {
      removeEventListener('keydown', onKey);
      removeEventListener('pointerdown', onPress);
    };
  }, [onClose]);
  const { me } = call.held;
  return (
    <div ref={panel} class="menu" role="dialog" aria-label={t('call.more')} data-testid="call-menu">
      {isAnswered(call) && (
        <button
          type="button"
          class="menu-item"
          data-testid="menu-hold"
          onClick={() => {
            send({ type: 'hold', on: !me });
            onClose();
          }}
        >
          <Icon name={me ? 'play' : 'pause'} size={22} />
          {t(me ? 'call.resume' : 'call.hold')}
        </button>
      )}
      {isAnswered(call) && <Transfer call={call} beside={beside} send={send} onClose={onClose} />}
      {ROLES.map((role) => (
        <DeviceField key={role} role={role} call={call} send={send} />
      ))}
    </div>
  );
}

/** Nothing where there is nothing to choose. */
function DeviceField({ role, call, send }: Pick<Props, 'call' | 'send'> & { readonly role: DeviceRole }) {
  const [chosen, setChosen] = useState<string | undefined>(undefined);
  const devices = call.devices.filter((device) => device.role === role);
  if (devices.length < 2) return null;
  const inUse = devices.find(({ label }) => label !== '' && label === labelInUse(call, role));
  return (
    <label class="menu-field">
      <span>{t(`devices.${role}`)}</span>
      <select
        data-testid={`menu-${role}`}
        value={inUse?.id ?? chosen ?? devices[0]?.id}
        onChange={({ currentTarget }) => {
          setChosen(currentTarget.value);
          send({ type: 'use-device', role, id: currentTarget.value });
        }}
      >
        {devices.map((device, index) => (
          <option key={device.id} value={device.id}>
            {nameOf(device, index)}
          </option>
        ))}
      </select>
    </label>
  );
}

function labelInUse({ local }: CallModel, role: DeviceRole): string | undefined {
  switch (role) {
    case 'mic':
      return local.micLabel;
    case 'camera':
      return local.cameraLabel;
    case 'speaker':
      return undefined;
  }
}

function nameOf({ label }: Device, index: number): string {
  return label === '' ? t('devices.unnamed', { number: index + 1 }) : label;
}
