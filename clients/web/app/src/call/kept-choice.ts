/** A choice that this browser keeps: for later pages, and for those that are open. */
import { type Signal, signal } from '@preact/signals';

export interface KeptChoice<T> {
  /** What is in use. */
  readonly choice: Signal<T>;
  /** From now on, in calls that go on too. */
  readonly choose: (next: T) => void;
}

/** `read` knows what was stored, or that nothing was. */
export function keptChoice<T extends string>(key: string, read: (stored: string | null) => T): KeptChoice<T> {
  const choice = signal(read(localStorage.getItem(key)));
  // By another page.
  window.addEventListener('storage', ({ key: changed, newValue }) => {
    if (changed === key) choice.value = read(newValue);
  });
  return {
    choice,
    choose(next) {
      choice.value = next;
      try {
        localStorage.setItem(key, next);
      } catch {
        // There is no room: it holds for this page.
      }
    },
  };
}
