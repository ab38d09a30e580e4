/** The call in a window that stays above all others, for those who do something else meanwhile. */
import { useContext, useEffect, useRef } from 'preact/hooks';
import type { Send } from '../model/message.ts';
import type { CallModel } from '../model/model.ts';
import { Control } from '../screens/controls.tsx';
import '../style/small-window.css';
import { language, say, t } from '../text/language.ts';
import { w } from '../text/small-window.ts';
import { type Around, statusMessage } from '../text/status.ts';
import { formatDuration } from '../text/time.ts';
import { Avatar } from '../ui/avatar.tsx';
import { useNow } from '../ui/now.ts';
import { PicturesContext } from '../ui/pictures.ts';

interface Props {
  readonly call: CallModel;
  readonly around: Around;
  readonly send: Send;
}

/** The other person, or their screen; the sound comes from the page. */
export function SmallWindow({ call, around, send }: Props) {
  const { mic, camera } = call.local;
  const view = call.remote.screen ? 'screen' : 'camera';
  const seen = !call.held.me && !call.held.peer && (call.remote.video || call.remote.screen);
  return (
    <main class="small-window" data-testid="small-window">
      {seen ? (
        <Picture key={view} serial={call.serial} view={view} name={call.peer.name} />
      ) : (
        <Avatar id={call.peer.id} name={call.peer.name} size="large" />
      )}
      <p class="small-window-name">
        <span>{call.peer.name}</span> <Status call={call} around={around} />
      </p>
      <div class="small-window-controls">
        <Control
          testId="small-mute"
          icon={mic === 'on' ? 'mic' : 'mic-off'}
          label={t('call.mute')}
          pressed={mic !== 'on'}
          look={mic === 'on' ? 'plain' : 'off'}
          onPress={() => send({ type: 'mic', on: mic !== 'on' })}
        />
        <Control
          testId="small-camera"
          icon={camera === 'on' ? 'video' : 'video-off'}
          label={t('call.camera')}
          pressed={camera === 'on'}
          look={camera === 'on' ? 'plain' : 'off'}
          onPress={() => send({ type: 'camera', on: camera !== 'on' })}
        />
        <Control
          testId="small-end"
          icon="phone-end"
          label={t('call.end')}
          look="end"
          onPress={() => send({ type: 'hang-up' })}
        />
      </div>
    </main>
  );
}

interface PictureProps {
  readonly serial: number;
  readonly view: 'camera' | 'screen';
  readonly name: string;
}

function Picture({ serial, view, name }: PictureProps) {
  const video = useRef<HTMLVideoElement>(null);
  const pictures = useContext(PicturesContext);
  useEffect(
    () => (video.current ? pictures.attachRemote(serial, video.current, view) : undefined),
    [pictures, serial, view],
  );
  return (
    <video
      ref={video}
      class="small-window-picture"
      data-testid="small-video"
      autoplay
      muted
      playsInline
      aria-label={t(view === 'screen' ? 'call.screen-of' : 'call.remote', { name })}
    />
  );
}

function Status({ call, around }: Pick<Props, 'call' | 'around'>) {
  const now = useNow();
  const talks = call.state.type === 'active' && !call.held.me ? call.state : null;
  return talks ? (
    <time>{formatDuration(now - talks.since)}</time>
  ) : (
    <span>{say(statusMessage(call, now, around))}</span>
  );
}

/** Makes an empty window look like this page. */
export function dress(small: Document, name: string): void {
  for (const sheet of document.querySelectorAll('link[rel="stylesheet"], style')) {
    small.head.append(sheet.cloneNode(true));
  }
  small.documentElement.lang = language.value;
  small.title = w('small.title', { name });
}
