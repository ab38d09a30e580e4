/** The buttons of a call, within reach of a thumb. */
import type { Send } from '../model/message.ts';
import type { CallModel } from '../model/model.ts';
import { t } from '../text/language.ts';
import { Icon, type IconName } from '../ui/icons.tsx';

interface Props {
  readonly call: CallModel;
  readonly send: Send;
  readonly menuOpen: boolean;
  readonly onMenu: () => void;
  /** None, if there is no chat. */
  readonly chat: ChatControl | null;
}

interface ChatControl {
  readonly open: boolean;
  readonly unread: number;
  readonly onPress: () => void;
}

/** Microphone, camera, screen, more, end; on hold, what goes on in the place of the devices. */
export function Controls({ call, send, menuOpen, onMenu, chat }: Props) {
  return (
    <div class="controls">
      {call.held.me ? (
        <Control
          testId="call-resume"
          icon="play"
          label={t('call.resume')}
          look="main"
          onPress={() => send({ type: 'hold', on: false })}
        />
      ) : (
        <Devices call={call} send={send} />
      )}
      {chat && (
        <Control
          testId="call-chat"
          icon="chat"
          label={t('call.chat')}
          badge={chat.unread}
          expanded={chat.open}
          look={chat.open ? 'off' : 'plain'}
          onPress={chat.onPress}
        />
      )}
      <Control
        testId="call-more"
        icon="more"
        label={t('call.more')}
        expanded={menuOpen}
        look={menuOpen ? 'off' : 'plain'}
        onPress={onMenu}
      />
      <Control
        testId="call-end"
        icon="phone-end"
        label={t('call.end')}
        look="end"
        onPress={() => send({ type: 'hang-up' })}
      />
    </div>
  );
}

function Devices({ call, send }: Pick<Props, 'call' | 'send'>) {
  const { mic, camera, screen } = call.local;
  const muted = mic !== 'on';
  const filming = camera === 'on';
  const sharing = screen === 'on';
  return (
    <>
      <Control
        testId="call-mute"
        icon={muted ? 'mic-off' : 'mic'}
        label={t('call.mute')}
        pressed={muted}
        look={muted ? 'off' : 'plain'}
        onPress={() => send({ type: 'mic', on: muted })}
      />
      <Control
        testId="call-camera"
        icon={filming ? 'video' : 'video-off'}
        label={t('call.camera')}
        pressed={filming}
        look={filming ? 'plain' : 'off'}
        onPress={() => send({ type: 'camera', on: !filming })}
      />
      {canShareScreen() && call.state.type !== 'dialing' && call.state.type !== 'ringing' && (
        <Control
          testId="call-screen-share"
          icon="screen"
          label={t('call.screen')}
          pressed={sharing}
          look={sharing ? 'main' : 'plain'}
          onPress={() => send({ type: 'screen', on: !sharing })}
        />
      )}
    </>
  );
}

/** Telephones cannot. */
function canShareScreen(): boolean {
  return navigator.mediaDevices !== undefined && 'getDisplayMedia' in navigator.mediaDevices;
}

interface ControlProps {
  readonly testId: string;
  readonly icon: IconName;
  readonly label: string;
  readonly pressed?: boolean;
  readonly expanded?: boolean;
  /** How much of it is new. */
  readonly badge?: number;
  /** `off`: the device is off, and the button stands out, so that nobody talks to a dead microphone. */
  readonly look: 'plain' | 'off' | 'main' | 'end';
  readonly onPress: () => void;
}

/** One of them: a face and a word. */
export function Control({ testId, icon, label, pressed, expanded, badge = 0, look, onPress }: ControlProps) {
  return (
    <button
      type="button"
      class={look === 'plain' ? 'control' : `control control-${look}`}
      data-testid={testId}
      aria-pressed={pressed}
      aria-expanded={expanded}
      onClick={onPress}
    >
      <span class="control-face">
        <Icon name={icon} size={look === 'end' ? 28 : 26} />
      </span>
      {badge > 0 && (
        <span class="control-badge" data-testid={`${testId}-badge`}>
          {badge}
          <span class="visually-hidden">{t('call.chat.unread')}</span>
        </span>
      )}
      <span class="control-label">{label}</span>
    </button>
  );
}
