/** The microphones, cameras and speakers of this machine, and which of them its user has chosen. */
import type { Device, DeviceRole } from '../public.ts';
import { Source } from '../readable.ts';

const ROLES: Readonly<Record<MediaDeviceKind, DeviceRole>> = {
  audioinput: 'mic',
  videoinput: 'camera',
  audiooutput: 'speaker',
};

/** One for all calls of a client, so that a choice holds for the next call too. */
export class DeviceList {
  /** Looked up when somebody begins to watch, and at each change while anybody does. */
  readonly devices = new Source<readonly Device[]>([], (isWatched) => this.#turn(isWatched));
  readonly #chosen = new Map<DeviceRole, string>();
  readonly #look = () => void this.look();

  /** The device to use from now on, in this call and later ones. */
  choose(role: DeviceRole, id: string): void {
    this.#chosen.set(role, id);
  }

  chosen(role: DeviceRole): string | undefined {
    return this.#chosen.get(role);
  }

  /** Reads the list again. A browser that does not tell has an empty one. */
  async look(): Promise<readonly Device[]> {
    const found = await navigator.mediaDevices?.enumerateDevices().catch(() => []);
    const devices = (found ?? []).flatMap(({ kind, deviceId, label }) =>
      // Before the first permission a browser shows one device of each kind, without id and name.
      deviceId === '' ? [] : [{ role: ROLES[kind], id: deviceId, label }],
    );
    if (!same(devices, this.devices.value)) this.devices.set(devices);
    return devices;
  }

  #turn(isWatched: boolean): void {
    const events: MediaDevices | undefined = navigator.mediaDevices;
    events?.removeEventListener('devicechange', this.#look);
    if (!isWatched) return;
    events?.addEventListener('devicechange', this.#look);
    this.#look();
  }
}

function same(some: readonly Device[], others: readonly Device[]): boolean {
  return (
    some.length === others.length &&
    some.every(({ role, id, label }, index) => {
      const other = others[index];
      return role === other?.role && id === other.id && label === other.label;
    })
  );
}
