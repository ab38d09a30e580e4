/** One's own camera, off until asked for: a look in the mirror before a call. */
import type { ClientError, Me } from '@visavis/client';
import { useEffect, useRef, useState } from 'preact/hooks';
import { openCamera } from '../call/camera.ts';
import { keepOpen } from '../call/keep-open.ts';
import { deviceMessage } from '../text/device.ts';
import { say, t } from '../text/language.ts';
import { Avatar } from '../ui/avatar.tsx';
import { Icon } from '../ui/icons.tsx';

interface Props {
  readonly me: Me;
  /** A call needs the camera, so the mirror gives it up. */
  readonly busy: boolean;
}

/** The camera's light is on only while the picture is. */
export function Preview({ me, busy }: Props) {
  const [wanted, setWanted] = useState(false);
  const [stream, setStream] = useState<MediaStream | null>(null);
  const [error, setError] = useState<ClientError | null>(null);
  const video = useRef<HTMLVideoElement>(null);

  useEffect(() => {
    if (!wanted) return;
    return keepOpen(openCamera, setStream, (refused) => {
      setError(refused);
      setWanted(false);
    });
  }, [wanted]);
  useEffect(() => {
    if (video.current) video.current.srcObject = stream;
  }, [stream]);
  useEffect(() => {
    if (busy) setWanted(false);
  }, [busy]);

  const toggle = () => {
    setError(null);
    setWanted(!wanted);
  };

  return (
    <section class="preview">
      {stream ? (
        <video ref={video} class="preview-video" autoplay muted playsInline />
      ) : (
        <div class="preview-off">
          <Avatar id={me.name} name={me.display_name} size="large" />
          <p class="preview-name">{me.display_name}</p>
          <p class="preview-hint" role="status">
            {error ? say(deviceMessage(error, 'camera')) : t('home.preview.hint')}
          </p>
        </div>
      )}
      <button type="button" class="preview-button" aria-pressed={wanted} onClick={toggle}>
        <Icon name={stream ? 'video-off' : 'video'} size={20} />
        {t(stream ? 'home.preview.stop' : 'home.preview.start')}
      </button>
    </section>
  );
}
