/** Keeps the screen on while there is something to look at. */
import type { CallModel } from '../model/model.ts';

/** While one waits for an answer, and while a picture is shown or shared; a voice goes on without the screen. */
export function wantsScreen({ state, direction, held, local, remote }: CallModel): boolean {
  switch (state.type) {
    case 'dialing':
      return true;
    case 'ringing':
      return direction === 'out';
    case 'connecting':
    case 'active':
    case 'recovering': {
      if (held.me) return false;
      const theirs = !held.peer && (remote.video || remote.screen);
      return theirs || local.camera === 'on' || local.screen === 'on';
    }
    case 'ended':
      return false;
  }
}

/**
 * Keeps it on until the returned function is called. Browsers let go of it when the page is hidden, so it is asked for
 * again when the page is seen. Where there is no such thing, or the battery is low, the screen does what it does.
 */
export function keepScreenOn(): () => void {
  if (!('wakeLock' in navigator)) return () => {};
  const over = new AbortController();
  let held: WakeLockSentinel | undefined;
  const ask = async () => {
    if (document.visibilityState !== 'visible') return;
    try {
      const given = await navigator.wakeLock.request('screen');
      if (over.signal.aborted) await given.release();
      else held = given;
    } catch {
      // Refused, or hidden in the meantime: the next time that the page is seen is the next chance.
    }
  };
  document.addEventListener('visibilitychange', ask, { signal: over.signal });
  void ask();
  return () => {
    over.abort();
    // One that the browser has let go of by itself is not minded.
    held?.release().catch(() => {});
  };
}
