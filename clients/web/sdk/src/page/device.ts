/** Which device this is: a tab, for as long as it lives, reloads included. */
import { hold } from './hold.ts';

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
  // Two tabs under one id would throw each other out.
  if (kept && (await hold(`${KEY}.${kept}`))) return { id: kept, name };
  const id = `tab-${crypto.getRandomValues(new Uint32Array(2)).join('-')}`;
  await hold(`${KEY}.${id}`);
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
