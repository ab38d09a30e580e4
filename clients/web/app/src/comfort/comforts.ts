/** What surrounds a call as long as it is on the screen: the lit screen, and the keys of a headset. */
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import type { Send } from '../model/message.ts';
import type { CallModel } from '../model/model.ts';
import { showCall, showNothing, takeKeys } from './media-keys.ts';
import { keepScreenOn, wantsScreen } from './screen-on.ts';

/** For the screen of one call; nothing of it is left behind. */
export function useComforts(call: CallModel, send: Send): void {
  const wanted = wantsScreen(call);
  useEffect(() => (wanted ? keepScreenOn() : undefined), [wanted]);
  const latest = useRef(call);
  useLayoutEffect(() => {
    latest.current = call;
    showCall(call);
  });
  useLayoutEffect(() => {
    const leave = takeKeys(() => latest.current, send);
    return () => {
      leave();
      showNothing();
    };
  }, [send]);
}
