/** One's own picture: the whole stage while one waits, then a small one that can be put in any corner. */
import type { TargetedKeyboardEvent, TargetedPointerEvent } from 'preact';
import { useContext, useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { t } from '../text/language.ts';
import { PicturesContext } from '../ui/pictures.ts';
import { type Corner, cornerAt, cornerByKey } from './corner.ts';

/** Mirrored, as one knows oneself. */
export function SelfPicture({ serial, full }: { readonly serial: number; readonly full: boolean }) {
  const tile = useRef<HTMLDivElement>(null);
  const video = useRef<HTMLVideoElement>(null);
  const pictures = useContext(PicturesContext);
  const [corner, setCorner] = useState<Corner>('top-right');
  const drag = useRef<{ x: number; y: number } | null>(null);
  const from = useRef<DOMRect | null>(null);

  useEffect(
    () => (video.current ? pictures.attachSelf(serial, video.current) : undefined),
    [pictures, serial],
  );
  useLayoutEffect(() => {
    if (tile.current && from.current) glide(tile.current, from.current);
    from.current = null;
  }, [corner]);

  const move = (next: Corner) => {
    const element = tile.current;
    if (!element) return;
    from.current = element.getBoundingClientRect();
    element.style.transform = '';
    if (next === corner) glide(element, from.current);
    else setCorner(next);
  };
  const onPointerDown = (event: TargetedPointerEvent<HTMLElement>) => {
    event.currentTarget.setPointerCapture(event.pointerId);
    drag.current = { x: event.clientX, y: event.clientY };
  };
  const onPointerMove = (event: TargetedPointerEvent<HTMLElement>) => {
    if (!drag.current) return;
    const { x, y } = drag.current;
    event.currentTarget.style.transform = `translate(${event.clientX - x}px, ${event.clientY - y}px)`;
  };
  const onPointerUp = (event: TargetedPointerEvent<HTMLElement>) => {
    if (!drag.current) return;
    drag.current = null;
    const { left, top, width, height } = event.currentTarget.getBoundingClientRect();
    move(cornerAt(left + width / 2, top + height / 2, window.innerWidth, window.innerHeight));
  };
  const onKeyDown = (event: TargetedKeyboardEvent<HTMLElement>) => {
    const next = cornerByKey(corner, event.key);
    if (!next) return;
    event.preventDefault();
    move(next);
  };

  const picture = (
    <video ref={video} class="self-video" data-testid="self-video" autoplay muted playsInline />
  );
  return (
    <div
      ref={tile}
      class={full ? 'self self-full' : `self self-tile self-${corner}`}
      {...(full
        ? {}
        : {
            role: 'button',
            tabIndex: 0,
            'aria-label': t('call.self'),
            onPointerDown,
            onPointerMove,
            onPointerUp,
            onPointerCancel: onPointerUp,
            onKeyDown,
          })}
    >
      {picture}
    </div>
  );
}

/** From where it was to where it is. */
function glide(element: HTMLElement, from: DOMRect): void {
  if (matchMedia('(prefers-reduced-motion: reduce)').matches) return;
  const to = element.getBoundingClientRect();
  const start = `translate(${from.left - to.left}px, ${from.top - to.top}px)`;
  element.animate([{ transform: start }, { transform: 'none' }], {
    duration: 240,
    easing: 'cubic-bezier(.2,.8,.2,1)',
  });
}
