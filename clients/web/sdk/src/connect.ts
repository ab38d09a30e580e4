/** Where the parts meet: the driver with this browser's socket, page and media. */
import { Driver } from './driver.ts';
import { browserMedia, type MediaSettings } from './media/call-media.ts';
import { DeviceList } from './media/device-list.ts';
import { fetchTicket, socketUrl } from './page/address.ts';
import { automaticTransport } from './page/automatic.ts';
import { thisTab } from './page/device.ts';
import { recall, remember } from './page/memory.ts';
import { watchPage } from './page/page-events.ts';
import type { Client, ConnectOptions } from './public.ts';

// 720p is what a call's bitrate carries well; a device that has less gives what it has.
const VIDEO = { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30 } };
const AUDIO = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };

/**
 * Connects this device to a server and keeps it connected until `close`.
 *
 * Returns at once; `client.link` tells how it goes, and calls may be made before it is online.
 */
export function connect(options: ConnectOptions = {}): Client {
  const url = socketUrl(options.url);
  const { device, log } = options;
  const now = () => performance.timeOrigin + performance.now();
  const transport =
    options.transport ?? automaticTransport((message) => log?.({ at: now(), level: 'info', message }));
  const settings: MediaSettings = {
    audio: { ...AUDIO, ...options.media?.audio },
    video: { ...VIDEO, ...options.media?.video },
    rtc: options.rtc ?? {},
    list: new DeviceList(),
  };
  const driver = new Driver({
    url,
    transport,
    ticket: options.ticket ?? (() => (transport.vouched ? Promise.resolve('') : fetchTicket(url))),
    device: () => (device ? Promise.resolve(device) : thisTab()),
    media: (events) => browserMedia(settings, events),
    now,
    remember,
    recall,
    privacy: {
      warmRing: options.privacy?.warmRing ?? true,
      relay: options.privacy?.relay ?? 'strangers',
    },
    random: (count) => crypto.getRandomValues(new Uint8Array(count)),
    log,
  });
  const unwatch = watchPage({
    networkChanged: () => {
      transport.networkChanged?.();
      driver.networkChanged();
    },
    seen: (yes) => driver.seen(yes),
    leaving: () => driver.leave(),
    cameBack: () => driver.comeBack(),
  });
  driver.link.subscribe((link) => {
    if (link.type === 'offline') unwatch();
  });
  void driver.start();
  return driver;
}
