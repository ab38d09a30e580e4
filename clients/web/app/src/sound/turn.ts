/** Of several pages of one browser only one rings aloud; all of them show the call. */

/** A claim on the one bell of this browser. */
export interface Turn {
  /** Runs `ring` if the bell is ours, or can be had. */
  take(ring: () => void): void;
  /** Leaves the bell to the others. */
  leave(): void;
}

/** Asked again at each round of a tune, so that another page goes on when the one that rang is closed. */
export function bellTurn(locks: Pick<LockManager, 'request'> | undefined = navigator.locks): Turn {
  let wanted = false;
  let give: (() => void) | null = null;
  return {
    take(ring) {
      wanted = true;
      // Over plain HTTP there are no locks, and no calls either.
      if (!locks || give) return ring();
      void locks.request('visavis.bell', { ifAvailable: true }, (lock) => {
        if (!lock || !wanted) return;
        ring();
        return new Promise<void>((resolve) => {
          give = resolve;
        });
      });
    },
    leave() {
      wanted = false;
      give?.();
      give = null;
    },
  };
}
