/** Puts a call into a window that stays above all others, and takes it back. */
import { type RefObject, render } from 'preact';
import { useCallback, useContext, useEffect, useRef, useState } from 'preact/hooks';
import { isAnswered } from '../model/calls.ts';
import type { Send } from '../model/message.ts';
import type { CallModel } from '../model/model.ts';
import type { Around } from '../text/status.ts';
import { PicturesContext } from '../ui/pictures.ts';
import { onKey } from './media-keys.ts';
import { dress, SmallWindow } from './small-window.tsx';

/** What the call's screen has of it. */
export interface PictureInPicture {
  /** This browser can, with the call as it is. */
  readonly offered: boolean;
  /** The picture is there, and not on the page. */
  readonly away: boolean;
  toggle(): void;
}

/** Where the picture has gone: a window with the buttons of the call, or the browser's own with nothing but it. */
type Away =
  | { readonly type: 'window'; readonly window: Window }
  | { readonly type: 'picture'; readonly video: HTMLVideoElement };

/** What TypeScript does not know yet (Document Picture-in-Picture). */
interface SmallWindows {
  requestWindow(options: { readonly width: number; readonly height: number }): Promise<Window>;
}

const SIZE = { width: 400, height: 300 };

/** For the screen of one call, `stage`: what was opened is closed with it. */
export function usePictureInPicture(
  call: CallModel,
  around: Around,
  send: Send,
  stage: RefObject<HTMLElement | null>,
): PictureInPicture {
  const pictures = useContext(PicturesContext);
  const [away, setAway] = useState<Away | null>(null);
  const isOver = useRef(false);
  const offered = away !== null || isOffered(call);
  const { name } = call.peer;

  const open = useCallback(async () => {
    const opened = await leave(stage.current, name, () => setAway(null));
    if (isOver.current && opened) close(opened);
    else setAway(opened);
  }, [stage, name]);
  // The browser asks for it when its user goes to another tab.
  useEffect(
    () => (offered && !away ? onKey('enterpictureinpicture', () => void open()) : undefined),
    [offered, away, open],
  );
  useEffect(() => {
    if (away?.type !== 'window') return;
    render(
      <PicturesContext.Provider value={pictures}>
        <SmallWindow call={call} around={around} send={send} />
      </PicturesContext.Provider>,
      away.window.document.body,
    );
  });
  useEffect(() => () => void (away && close(away)), [away]);
  useEffect(() => {
    isOver.current = false;
    return () => {
      isOver.current = true;
    };
  }, []);
  return {
    offered,
    away: away !== null,
    toggle: () => (away ? setAway(null) : void open()),
  };
}

function isOffered(call: CallModel): boolean {
  if (!isAnswered(call)) return false;
  // The browser's own window has nothing to show without a picture.
  return smallWindows() !== undefined || (document.pictureInPictureEnabled && call.remote.video);
}

/** Null where the browser does not let it go: it wants a press for each. */
async function leave(stage: HTMLElement | null, name: string, onClosed: () => void): Promise<Away | null> {
  try {
    const windows = smallWindows();
    if (windows) {
      const opened = await windows.requestWindow(SIZE);
      dress(opened.document, name);
      opened.addEventListener('pagehide', onClosed);
      return { type: 'window', window: opened };
    }
    const video = stage?.querySelector<HTMLVideoElement>('[data-testid="remote-video"]');
    if (!video) return null;
    await video.requestPictureInPicture();
    video.addEventListener('leavepictureinpicture', onClosed, { once: true });
    return { type: 'picture', video };
  } catch {
    return null;
  }
}

function close(away: Away): void {
  if (away.type === 'window') {
    // What it shows lets go of the call before the window is gone.
    render(null, away.window.document.body);
    away.window.close();
  } else if (document.pictureInPictureElement === away.video) {
    document.exitPictureInPicture().catch(() => {});
  }
}

function smallWindows(): SmallWindows | undefined {
  return (window as { documentPictureInPicture?: SmallWindows }).documentPictureInPicture;
}
