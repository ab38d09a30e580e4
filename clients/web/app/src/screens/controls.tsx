/** The buttons of a call, within reach of a thumb. */
import type { Send } from '../model/message.ts';
import type { CallModel } from '../model/model.ts';
import { t } from '../text/language.ts';
import { Icon, type IconName } from '../ui/icons.tsx';

interface Props {
  readonly call: CallModel;
  readonly send: Send;
}

/** Microphone, camera, end. */
export function Controls({ call, send }: Props) {
  const muted = call.local.mic !== 'on';
  const filming = call.local.camera === 'on';
  return (
    <div class="controls">
      <Control
        testId="call-mute"
        icon={muted ? 'mic-off' : 'mic'}
        label={t('call.mute')}
        pressed={muted}
        off={muted}
        onPress={() => send({ type: 'mic', on: muted })}
      />
      <Control
        testId="call-camera"
        icon={filming ? 'video' : 'video-off'}
        label={t('call.camera')}
        pressed={filming}
        off={!filming}
        onPress={() => send({ type: 'camera', on: !filming })}
      />
      <button
        type="button"
        class="control control-end"
        data-testid="call-end"
        onClick={() => send({ type: 'hang-up' })}
      >
        <span class="control-face">
          <Icon name="phone-end" size={28} />
        </span>
        <span class="control-label">{t('call.end')}</span>
      </button>
    </div>
  );
}

interface ControlProps {
  readonly testId: string;
  readonly icon: IconName;
  readonly label: string;
  readonly pressed: boolean;
  /** The device is off: the button stands out, so that nobody talks to a dead microphone. */
  readonly off: boolean;
  readonly onPress: () => void;
}

function Control({ testId, icon, label, pressed, off, onPress }: ControlProps) {
  return (
    <button
      type="button"
      class={off ? 'control control-off' : 'control'}
      data-testid={testId}
      aria-pressed={pressed}
      onClick={onPress}
    >
      <span class="control-face">
        <Icon name={icon} size={26} />
      </span>
      <span class="control-label">{label}</span>
    </button>
  );
}
