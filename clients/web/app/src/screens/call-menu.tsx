/** What one wants of a call now and then: behind the button "more". */
import type { Device, DeviceRole } from '@visavis/client';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { PictureInPicture } from '../comfort/picture-in-picture.tsx';
import { isAnswered } from '../model/calls.ts';
import type { Send } from '../model/message.ts';
import type { CallModel } from '../model/model.ts';
import { t } from '../text/language.ts';
import { w } from '../text/small-window.ts';
import { useClosing } from '../ui/closing.ts';
import { Icon } from '../ui/icons.tsx';
import { BackgroundField } from './background.tsx';
import { MenuField } from './menu-field.tsx';
import { NoiseField } from './noise.tsx';
import { SecondCall } from './second-call.tsx';
import { Transfer } from './transfer.tsx';

interface Props {
  readonly call: CallModel;
  /** Those on hold beside it. */
  readonly beside: readonly CallModel[];
  /** This user is a guest, who calls nobody but the host. */
  readonly guest: boolean;
  readonly send: Send;
  readonly small: PictureInPicture;
  /** Shows what happens in the call. */
  readonly onInspect: () => void;
  /** Opens the chat, if there is one. */
  readonly onChat: (() => void) | null;
  readonly onClose: () => void;
}

const ROLES: readonly DeviceRole[] = ['mic', 'camera', 'speaker'];

/** Over the buttons. Esc and a press beside it close it. */
export function CallMenu({ call, beside, guest, send, small, onInspect, onChat, onClose }: Props) {
  const panel = useRef<HTMLDivElement>(null);
  useClosing(panel, onClose);
  useLayoutEffect(() => panel.current?.querySelector<HTMLElement>('button, select, input')?.focus(), []);
  const { me } = call.held;
  const callsOthers = isAnswered(call) && !guest;
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
      {onChat && (
        <button
          type="button"
          class="menu-item"
          data-testid="menu-chat"
          onClick={() => {
            onClose();
            onChat();
          }}
        >
          <Icon name="chat" size={22} />
          {t('call.chat.files')}
        </button>
      )}
      {callsOthers && <SecondCall call={call} send={send} onClose={onClose} />}
      {mayRecord(call) && (
        <button
          type="button"
          class="menu-item"
          data-testid="menu-record"
          onClick={() => {
            send({ type: 'record', wish: 'ask' });
            onClose();
          }}
        >
          <Icon name="record" size={22} />
          {t('call.record')}
        </button>
      )}
      {small.offered && (
        <button
          type="button"
          class="menu-item"
          data-testid="menu-small"
          onClick={() => {
            small.toggle();
            onClose();
          }}
        >
          <Icon name="small-window" size={22} />
          {w(small.away ? 'small.back' : 'small.open')}
        </button>
      )}
      {callsOthers && <Transfer call={call} beside={beside} send={send} onClose={onClose} />}
      <button
        type="button"
        class="menu-item"
        data-testid="menu-details"
        onClick={() => {
          onInspect();
          onClose();
        }}
      >
        <Icon name="eye" size={22} />
        {t('call.details')}
      </button>
      <NoiseField />
      <BackgroundField />
      {ROLES.map((role) => (
        <DeviceField key={role} role={role} call={call} send={send} />
      ))}
    </div>
  );
}

/** Where one may ask: nobody is asked while the call is on hold, or asked twice. */
function mayRecord({ state, held, recording }: CallModel): boolean {
  const asked = recording.type === 'asked' || recording.type === 'on';
  const talking = state.type === 'active' && !held.me && !held.peer;
  return talking && !asked && typeof MediaRecorder !== 'undefined';
}

/** Nothing where there is nothing to choose. */
function DeviceField({ role, call, send }: Pick<Props, 'call' | 'send'> & { readonly role: DeviceRole }) {
  const [chosen, setChosen] = useState<string | undefined>(undefined);
  const devices = call.devices.filter((device) => device.role === role);
  if (devices.length < 2) return null;
  const inUse = devices.find(({ label }) => label !== '' && label === labelInUse(call, role));
  return (
    <MenuField
      label={t(`devices.${role}`)}
      testId={`menu-${role}`}
      value={inUse?.id ?? chosen ?? devices[0]?.id}
      options={devices.map((device, index) => ({ value: device.id, label: nameOf(device, index) }))}
      onChange={(id) => {
        setChosen(id);
        send({ type: 'use-device', role, id });
      }}
    />
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
