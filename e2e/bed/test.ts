// What every scenario begins with: a server of its own and a way to bring people to it; all is closed afterwards.
// Bad networks are in `network.ts` and `proxy.ts`.
import { type Browser, type BrowserContextOptions, test as base } from '@playwright/test';
import { chromium } from './chromium.ts';
import { type Distance, distanceTo } from './distance.ts';
import { FirefoxPerson } from './firefox.ts';
import { Network } from './network.ts';
import { Person } from './person.ts';
import { type Forced, installProbes, watchStreams } from './probes.ts';
import { TcpProxy } from './proxy.ts';
import { Server, type Settings } from './server.ts';

export type DeviceOptions = BrowserContextOptions & {
  forced?: Forced;
  /** A network of the device's own, from the fixture `network`; its browser runs inside. */
  network?: Network;
  /** Switches of a Chromium of the device's own. */
  switches?: readonly string[];
  /** Where the pages are, if a proxy is on the way. */
  url?: string;
  /** The sign-up link, for somebody whom the server knows already. */
  link?: string;
};

/** Brings a person with a fresh device: signed up the first time, signed in on every further device. */
export type Bring = (name: string, options?: DeviceOptions) => Promise<Person>;

type Bed = {
  settings: Settings;
  server: Server;
  bring: Bring;
  /** Brings a person with a Firefox, who signs up. */
  bringFirefox: (name: string, options?: Pick<DeviceOptions, 'forced'>) => Promise<FirefoxPerson>;
  /** Makes a network that one device, or some, have for themselves. */
  network: () => Promise<Network>;
  /** The network of all devices that have none of their own. */
  sharedNetwork: Network;
  /** Puts as many milliseconds between devices and the server, each way. */
  distance: (ms: number) => Promise<Distance>;
  /** A proxy on the way of pages, HTTP requests and WebSockets. */
  proxySignaling: (delayMs?: number) => Promise<TcpProxy>;
};

export const test = base.extend<Bed>({
  settings: [{}, { option: true }],

  server: async ({ settings }, use, info) => {
    const server = await Server.start(settings);
    await use(server);
    if (info.status !== info.expectedStatus) await info.attach('server.log', { body: server.log });
    await server.stop();
  },

  network: async ({ server }, use) => {
    const networks: Network[] = [];
    await use(async () => {
      const network = await Network.own(server.ports);
      networks.push(network);
      return network;
    });
    for (const network of networks) await network.close();
  },

  sharedNetwork: async ({ server }, use) => {
    const network = Network.shared(server.ports);
    await use(network);
    await network.close();
  },

  distance: async ({ server }, use) => {
    const distances: Distance[] = [];
    await use(async (ms) => {
      const distance = await distanceTo(server, ms);
      distances.push(distance);
      return distance;
    });
    for (const distance of distances) await distance.close();
  },

  proxySignaling: async ({ server }, use) => {
    const proxies: TcpProxy[] = [];
    await use(async (delayMs) => {
      const proxy = await TcpProxy.start({ host: '127.0.0.1', port: server.ports.signaling }, delayMs);
      proxies.push(proxy);
      return proxy;
    });
    for (const proxy of proxies) await proxy.close();
  },

  // The networks and proxies are asked for although only their devices use them: so they outlive the people.
  bring: async (
    { browser, playwright, server, network: _, distance: __, proxySignaling: ___ },
    use,
    info,
  ) => {
    const people: Person[] = [];
    const ownBrowsers = new Map<Network | readonly string[], Browser>();
    const browserIn = async (network?: Network, switches?: readonly string[]): Promise<Browser> => {
      const own = switches ?? network;
      if (!own) return browser;
      const launch = network?.chromium() ?? chromium;
      const args = [...(launch.args ?? []), ...(switches ?? [])];
      const running = ownBrowsers.get(own) ?? (await playwright.chromium.launch({ ...launch, args }));
      ownBrowsers.set(own, running);
      return running;
    };
    await use(async (name, { forced, network, switches, url = server.url, link, ...options } = {}) => {
      const context = await (await browserIn(network, switches)).newContext({ locale: 'en', ...options });
      await installProbes(context, forced);
      const page = await context.newPage();
      const person = new Person(name, context, page);
      await watchStreams(context, (type) => person.heard.push(type));
      page.on('pageerror', (error) =>
        info.annotations.push({ type: 'page error', description: String(error) }),
      );
      const isKnown = people.some((other) => other.name === name);
      people.push(person);
      if (isKnown) await person.signIn(url);
      else await person.signUp((link ?? (await server.addUser(name))).replace(server.url, url));
      return person;
    });
    if (info.status !== info.expectedStatus) {
      for (const [index, { name, page }] of people.entries()) {
        if (page.isClosed()) continue;
        await info.attach(`${index}-${name}.png`, {
          body: await page.screenshot(),
          contentType: 'image/png',
        });
      }
    }
    for (const person of people) await person.leave();
    for (const running of ownBrowsers.values()) await running.close();
  },

  bringFirefox: async ({ server }, use, info) => {
    const people: FirefoxPerson[] = [];
    await use(async (name, { forced } = {}) => {
      const person = await FirefoxPerson.start(name, forced);
      people.push(person);
      person.page.puppet.on('pageerror', (error) =>
        info.annotations.push({ type: 'page error', description: String(error) }),
      );
      await person.signUp(await server.addUser(name));
      return person;
    });
    for (const [index, person] of people.entries()) {
      if (info.status !== info.expectedStatus) {
        const body = Buffer.from(await person.page.puppet.screenshot());
        await info.attach(`${index}-${person.name}-firefox.png`, { body, contentType: 'image/png' });
      }
      await person.leave();
    }
  },
});
export { expect } from '@playwright/test';
