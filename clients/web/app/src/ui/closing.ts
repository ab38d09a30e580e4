/** What opens over a call and is closed by Esc or a press beside it. */
import type { RefObject } from 'preact';
import { useLayoutEffect } from 'preact/hooks';

/**
 * What is pressed in the panel, or on the button that has opened it, does not close it. The focus, if it was taken into the
 * panel, goes back to that button.
 */
export function useClosing(panel: RefObject<HTMLElement | null>, onClose: () => void): void {
  useLayoutEffect(() => {
    const opener = document.activeElement;
    const within = panel.current;
    return () => {
      // Whoever was in it goes on from where it was opened.
      if (within?.contains(document.activeElement) && opener instanceof HTMLElement) opener.focus();
    };
  }, [panel]);
  // Before it is seen: a key pressed at once is not lost.
  useLayoutEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key === 'Escape') onClose();
    };
    const onPress = ({ target }: Event) => {
      if (!(target instanceof Element)) return;
      const isBeside = !panel.current?.contains(target) && !target.closest('.toast, [aria-expanded="true"]');
      if (isBeside) onClose();
    };
    addEventListener('keydown', onKey);
    addEventListener('pointerdown', onPress);
    return () => {
      removeEventListener('keydown', onKey);
      removeEventListener('pointerdown', onPress);
    };
  }, [panel, onClose]);
}
