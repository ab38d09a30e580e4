/**
 * Who one talks with, and what can be done about it, where the system has a place for that: the lock screen, the keys of
 * a headset, the browser's own list of what plays.
 */
import type { Send } from '../model/message.ts';
import type { CallModel } from '../model/model.ts';

/** Those that TypeScript knows, those of calls, and the one by which a browser asks for a small window. */
type MediaKey = MediaSessionAction | 'hangup' | 'togglemicrophone' | 'togglecamera' | 'enterpictureinpicture';

/** Shows the call there, as it is now. */
export function showCall({ peer, local, held }: CallModel): void {
  const session = sessionOfPage();
  if (!session) return;
  const talks = local.mic === 'on' && !held.me;
  if (session.metadata?.title !== peer.name) {
    const artwork = [{ src: '/icon-512.png', sizes: '512x512', type: 'image/png' }];
    session.metadata = new MediaMetadata({ title: peer.name, artist: 'Visavis', artwork });
  }
  // A headset's one button says "play" to what is paused, and "pause" to what plays.
  session.playbackState = talks ? 'playing' : 'paused';
  tell(session.setMicrophoneActive?.(talks));
  tell(session.setCameraActive?.(local.camera === 'on'));
}

/** Nothing of it is left there. */
export function showNothing(): void {
  const session = sessionOfPage();
  if (!session) return;
  session.metadata = null;
  session.playbackState = 'none';
}

/** Takes the keys of a call until the returned function is called; `now` is the call as it is when one is pressed. */
export function takeKeys(now: () => CallModel, send: Send): () => void {
  const leave = [
    onKey('hangup', () => send({ type: 'hang-up' })),
    onKey('togglemicrophone', () => send({ type: 'mic', on: now().local.mic !== 'on' })),
    onKey('togglecamera', () => send({ type: 'camera', on: now().local.camera !== 'on' })),
    // Without these the browser would stop what one hears.
    onKey('pause', () => send({ type: 'mic', on: false })),
    onKey('play', () => send(now().held.me ? { type: 'hold', on: false } : { type: 'mic', on: true })),
  ];
  return () => {
    for (const run of leave) run();
  };
}

/** Does `run` at this key until the returned function is called. Browsers refuse what they do not know. */
export function onKey(key: MediaKey, run: () => void): () => void {
  const set = (handler: (() => void) | null) => {
    try {
      sessionOfPage()?.setActionHandler(key as MediaSessionAction, handler);
    } catch {
      // This browser has no such key.
    }
  };
  set(run);
  return () => set(null);
}

/** A browser that cannot show it has not been asked for anything that matters. */
function tell(told: Promise<void> | undefined): void {
  told?.catch(() => {});
}

function sessionOfPage(): MediaSession | undefined {
  return 'mediaSession' in navigator ? navigator.mediaSession : undefined;
}
