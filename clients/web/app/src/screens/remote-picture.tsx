/** The other person's picture and sound. */
import { useContext, useEffect, useRef } from 'preact/hooks';
import type { CallModel } from '../model/model.ts';
import { t } from '../text/language.ts';
import { PicturesContext } from '../ui/pictures.ts';
import { fitZoom } from './fit-zoom.ts';

interface Props {
  readonly call: CallModel;
  /** Without a picture the element stays, for the sound. */
  readonly shown: boolean;
  /** Their screen has the stage. */
  readonly small: boolean;
}

/** As large as it can be without cutting off too much of it. */
export function RemotePicture({ call, shown, small }: Props) {
  const video = useRef<HTMLVideoElement>(null);
  const pictures = useContext(PicturesContext);
  const { serial } = call;

  useEffect(
    () => (video.current ? pictures.attachRemote(serial, video.current, 'camera') : undefined),
    [pictures, serial],
  );
  useEffect(() => {
    const element = video.current;
    if (!element) return;
    const fit = () => {
      const zoom = fitZoom(
        element.videoWidth,
        element.videoHeight,
        element.clientWidth,
        element.clientHeight,
      );
      element.style.setProperty('--zoom', String(zoom));
    };
    const watch = new ResizeObserver(fit);
    watch.observe(element);
    element.addEventListener('resize', fit);
    return () => {
      watch.disconnect();
      element.removeEventListener('resize', fit);
    };
  }, []);

  return (
    // biome-ignore lint/a11y/useMediaCaption: a conversation has no captions yet.
    <video
      ref={video}
      class={small ? 'remote-picture remote-tile' : 'remote-picture'}
      data-testid="remote-video"
      data-shown={shown}
      autoplay
      playsInline
      aria-label={t('call.remote', { name: call.peer.name })}
    />
  );
}

/** The screen they share, all of it, with its sound. */
export function RemoteScreen({ call }: { readonly call: CallModel }) {
  const video = useRef<HTMLVideoElement>(null);
  const pictures = useContext(PicturesContext);
  const { serial } = call;
  useEffect(
    () => (video.current ? pictures.attachRemote(serial, video.current, 'screen') : undefined),
    [pictures, serial],
  );
  return (
    // biome-ignore lint/a11y/useMediaCaption: a shared screen has no captions.
    <video
      ref={video}
      class="remote-picture remote-screen"
      data-testid="remote-screen"
      autoplay
      playsInline
      aria-label={t('call.screen-of', { name: call.peer.name })}
    />
  );
}
