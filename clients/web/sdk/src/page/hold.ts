/** Names that one page holds: a duplicated tab inherits what the first one stored, and must not be taken for it. */

/** Holds a name for as long as the page lives, if nobody else does. Without locks (plain HTTP) the risk is taken. */
export async function hold(name: string): Promise<boolean> {
  if (!('locks' in navigator)) return true;
  try {
    return await new Promise<boolean>((resolve) => {
      const asked = navigator.locks.request(name, { ifAvailable: true }, (lock) => {
        resolve(lock !== null);
        return lock ? new Promise<never>(() => {}) : undefined;
      });
      asked.catch(() => resolve(true));
    });
  } catch {
    return true;
  }
}
