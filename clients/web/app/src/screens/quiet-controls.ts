/** Takes the controls away while nobody needs them, so that only the other person is on the screen. */
import type { RefObject, TargetedMouseEvent, TargetedPointerEvent } from 'preact';
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';

const QUIET_MS = 3_000;

/** Whether the controls are shown, and what the stage has to listen to. */
export interface QuietControls {
  readonly shown: boolean;
  readonly handlers: {
    readonly onPointerMove: () => void;
    readonly onPointerDownCapture: (event: TargetedPointerEvent<HTMLElement>) => void;
    readonly onClickCapture: (event: TargetedMouseEvent<HTMLElement>) => void;
    readonly onKeyDown: () => void;
    readonly onFocusIn: () => void;
  };
}

/** `mayHide`: there is something to see behind them. With the keyboard's focus inside they stay. */
export function useQuietControls(stage: RefObject<HTMLElement | null>, mayHide: boolean): QuietControls {
  const [shown, setShown] = useState(true);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const swallow = useRef(false);

  const wake = useCallback(() => {
    setShown(true);
    clearTimeout(timer.current);
    if (!mayHide) return;
    const hide = () => {
      if (hasKeyboardFocus(stage.current)) timer.current = setTimeout(hide, QUIET_MS);
      else setShown(false);
    };
    timer.current = setTimeout(hide, QUIET_MS);
  }, [stage, mayHide]);

  useEffect(() => {
    wake();
    return () => clearTimeout(timer.current);
  }, [wake]);

  return {
    shown: shown || !mayHide,
    handlers: {
      onPointerMove: wake,
      onPointerDownCapture: (event) => {
        // A finger has no hover: the first touch shows the buttons and must not press one unseen.
        swallow.current = mayHide && !shown && event.pointerType === 'touch';
        wake();
      },
      onClickCapture: (event) => {
        if (swallow.current) event.stopPropagation();
        swallow.current = false;
      },
      onKeyDown: wake,
      onFocusIn: wake,
    },
  };
}

function hasKeyboardFocus(stage: HTMLElement | null): boolean {
  const focused = document.activeElement;
  return (
    focused !== null &&
    focused !== stage &&
    stage?.contains(focused) === true &&
    focused.matches(':focus-visible')
  );
}
