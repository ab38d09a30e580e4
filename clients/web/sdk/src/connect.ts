/** Where the parts meet: the driver with this browser's socket, page and media. */
import { ClientError } from './client-error.ts';
import { Driver } from './driver.ts';
import { browserMedia, type MediaSettings } from './media/call-media.ts';
import { fetchConnection } from './media/connections.ts';
import { DeviceList } from './media/device-list.ts';
import { fetchTicket, socketUrl } from './page/address.ts';
import { automaticTransport } from './page/automatic.ts';
import { thisTab } from './page/device.ts';
import { recall, remember } from './page/memory.ts';
import { watchPage } from './page/page-events.ts';
import type { Check, PreflightOptions } from './preflight/check.ts';
import type { Parts } from './preflight/preflight.ts';
import type { ServerMessage } from './protocol.ts';
import type { Client, ConnectOptions, UserId } from './public.ts';
import { Source } from './readable.ts';
import { lateWitness, type Witness } from './witness.ts';

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
  let me: UserId | undefined;
  const settings: MediaSettings = {
    audio: { ...AUDIO, ...options.media?.audio },
    video: { ...VIDEO, ...options.media?.video },
    rtc: options.rtc ?? {},
    twice: options.audio?.red !== 'never',
    list: new DeviceList(),
    chat: options.chat,
    me: () => me,
  };
  const heard = new Source<ServerMessage | null>(null);
  const driver = new Driver({
    url,
    transport,
    ticket: options.ticket ?? (() => (transport.vouched ? Promise.resolve('') : fetchTicket(url))),
    device: () => (device ? Promise.resolve(device) : thisTab()),
    media: (events) => browserMedia(settings, events),
    fetchMedia: fetchConnection,
    now,
    remember,
    recall,
    witness: hearing(heard, lateWitness(now)),
    privacy: {
      warmRing: options.privacy?.warmRing ?? true,
      relay: options.privacy?.relay ?? 'strangers',
    },
    asksConsent: options.asksConsent ?? false,
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
    if (link.type === 'online') me = link.me;
  });
  void driver.start();
  return Object.assign(driver, {
    preflight: (wanted = {}) => check({ driver, heard, settings }, wanted),
  } satisfies Pick<Client, 'preflight'>);
}

/** Notes what the server says, for those who wait for an answer. */
function hearing(heard: Source<ServerMessage | null>, witness: Witness): Witness {
  return {
    ...witness,
    turn(input, outputs, calls) {
      if (input.type === 'hear') heard.set(input.message);
      witness.turn(input, outputs, calls);
    },
  };
}

async function check(parts: Parts, wanted: PreflightOptions): Promise<readonly Check[]> {
  const { preflightOf } = await import('./preflight/preflight.ts').catch((cause: unknown) => {
    const hint = 'preflight: a part of the package could not be loaded';
    throw new ClientError('server-unreachable', hint, { cause });
  });
  return await preflightOf(parts, wanted);
}
