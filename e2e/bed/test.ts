// What every scenario begins with: a server of its own and a way to bring people to it; all is closed afterwards.
// Bad networks are in `network.ts` and `proxy.ts`.
import { type Browser, type BrowserContextOptions, test as base } from '@playwright/test';
import { Authority } from './authority.ts';
import { chromium } from './chromium.ts';
import { type Distance, distanceTo } from './distance.ts';
import { FirefoxPerson } from './firefox.ts';
import { type IPV4, Network } from './network.ts';
import { Person } from './person.ts';
import { type Forced, installProbes, watchStreams } from './probes.ts';
import { TcpProxy } from './proxy.ts';
import { type Nat, Router, type RouterOptions } from './router.ts';
import { merge, Server, type Settings } from './server.ts';

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
  /** The server has a certificate that all believe who have a network of their own, and they come to it by HTTPS. */
  believed: boolean;
  authority: Authority | undefined;
  server: Server;
  bring: Bring;
  /** Brings a person with a Firefox, who signs up. */
  bringFirefox: (name: string, options?: Pick<DeviceOptions, 'forced' | 'network'>) => Promise<FirefoxPerson>;
  /** Makes a network that one device, or some, have for themselves. */
  network: (family?: typeof IPV4) => Promise<Network>;
  /** Starts a router with a NAT, behind which devices have networks. */
  router: (nat: Nat, options?: RouterOptions) => Promise<Router>;
  /** The network of all devices that have none of their own. */
  sharedNetwork: Network;
  /** Puts as many milliseconds between devices and the server, each way. */
  distance: (ms: number) => Promise<Distance>;
  /** A proxy on the way of pages, HTTP requests and WebSockets. */
  proxySignaling: (delayMs?: number) => Promise<TcpProxy>;
};

export const test = base.extend<Bed>({
  settings: [{}, { option: true }],

  believed: [false, { option: true }],

  authority: async ({ believed }, use) => {
    const authority = believed ? new Authority() : undefined;
    await use(authority);
    authority?.close();
  },

  server: async ({ settings, authority }, use, info) => {
    const server = authority
      ? await Server.start(merge(authority.settings, settings), authority.environment)
      : await Server.start(settings);
    await use(server);
    if (info.status !== info.expectedStatus) await info.attach('server.log', { body: server.log });
    await server.stop();
  },

  network: async ({ server }, use) => {
    const networks: Network[] = [];
    await use(async (family) => {
      const network = await Network.own(server.ports, family);
      networks.push(network);
      return network;
    });
    for (const network of networks) await network.close();
  },

  router: async ({ server }, use) => {
    const routers: Router[] = [];
    await use(async (nat, options) => {
      const router = await Router.start(nat, server.ports, options);
      routers.push(router);
      return router;
    });
    for (const router of routers) await router.close();
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
    { browser, playwright, server, authority, network: _, router: __, distance: ___, proxySignaling: ____ },
    use,
    info,
  ) => {
    const people: Person[] = [];
    const ownBrowsers: Promise<Browser>[] = [];
    const ofNetworks = new Map<Network, Promise<Browser>>();
    const browserIn = (network?: Network, switches?: readonly string[]): Browser | Promise<Browser> => {
      if (!network && !switches) return browser;
      const shared = switches ? undefined : network;
      const there = shared && ofNetworks.get(shared);
      if (there) return there;
      const launch = network?.chromium() ?? chromium;
      const args = [...(launch.args ?? []), ...(switches ?? [])];
      const env = { ...process.env, ...(authority && { HOME: authority.home }) };
      const own = playwright.chromium.launch({ ...launch, args, env });
      ownBrowsers.push(own);
      if (shared) ofNetworks.set(shared, own);
      return own;
    };
    const pages = authority ? server.secureUrl : server.url;
    await use(async (name, { forced, network, switches, url = pages, link, ...options } = {}) => {
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
    for (const own of ownBrowsers) await (await own).close();
  },

  bringFirefox: async ({ server, authority, network: _, router: __ }, use, info) => {
    const people: FirefoxPerson[] = [];
    await use(async (name, { forced, network } = {}) => {
      const person = await FirefoxPerson.start(name, { forced, network, authority });
      people.push(person);
      person.page.puppet.on('pageerror', (error) =>
        info.annotations.push({ type: 'page error', description: String(error) }),
      );
      const link = await server.addUser(name);
      await person.signUp(authority ? link.replace(server.url, server.secureUrl) : link);
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
