/** Which device this is: a tab, for as long as it lives, reloads included. */

const KEY = 'visavis.device';

/** Its id and a name a person knows it by. */
export interface Device {
  readonly id: string;
  readonly name: string;
}

/** This tab. */
export async function thisTab(): Promise<Device> {
  const name = browserName(navigator.userAgent);
  const kept = read();
  // A duplicated tab inherits what the first one stored. Two tabs under one id would throw each other out, so the id
  // is held by a lock for as long as the tab lives. Without locks (plain HTTP) the risk is taken.
  if (kept && (await hold(kept))) return { id: kept, name };
  const id = `tab-${crypto.getRandomValues(new Uint32Array(2)).join('-')}`;
  await hold(id);
  write(id);
  return { id, name };
}

/** "Chrome on Linux". */
export function browserName(userAgent: string): string {
  const browser = /Edg\//.test(userAgent)
    ? 'Edge'
    : /OPR\//.test(userAgent)
      ? 'Opera'
      : /Firefox\/|FxiOS/.test(userAgent)
        ? 'Firefox'
        : /Chrome\/|CriOS/.test(userAgent)
          ? 'Chrome'
          : /Safari\//.test(userAgent)
            ? 'Safari'
            : 'Browser';
  const system = /Android/.test(userAgent)
    ? 'Android'
    : /iPhone|iPad/.test(userAgent)
      ? 'iOS'
      : /Windows/.test(userAgent)
        ? 'Windows'
        : /Mac OS X/.test(userAgent)
          ? 'macOS'
          : /CrOS/.test(userAgent)
            ? 'ChromeOS'
            : /Linux/.test(userAgent)
              ? 'Linux'
              : undefined;
  return system ? `${browser} on ${system}` : browser;
}

async function hold(id: string): Promise<boolean> {
  if (!('locks' in navigator)) return true;
  try {
    return await new Promise<boolean>((resolve) => {
      const asked = navigator.locks.request(`${KEY}.${id}`, { ifAvailable: true }, (lock) => {
        resolve(lock !== null);
        return lock ? new Promise<never>(() => {}) : undefined;
      });
      asked.catch(() => resolve(true));
    });
  } catch {
    return true;
  }
}

// A browser may forbid storage (private windows, embedded pages): then each load is a device of its own.
function read(): string | null {
  try {
    return sessionStorage.getItem(KEY);
  } catch {
    return null;
  }
}

function write(id: string): void {
  try {
    sessionStorage.setItem(KEY, id);
  } catch {
    return;
  }
}
