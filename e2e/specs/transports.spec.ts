// However the messages travel, a call is a call: with a WebSocket, where none gets through, and through a messenger.
import type { BrowserContext, Page } from '@playwright/test';
import { watchFrames } from '../bed/media.ts';
import { Chatter, freePort, startMessenger } from '../bed/messenger.ts';
import type { Person } from '../bed/person.ts';
import type { Program } from '../bed/program.ts';
import type { Server } from '../bed/server.ts';
import { test as base, expect } from '../bed/test.ts';
import { each, type HistoryLine } from '../bed/verbs.ts';

/** How a page's messages travel. */
type Way = 'a WebSocket' | 'an event stream' | 'a messenger';

/** Somebody in a call, whatever the page. */
interface Party {
  readonly name: string;
  dial(peer: string): Promise<void>;
  expectRinging(from: string): Promise<void>;
  answer(): Promise<void>;
  expectMedia(): Promise<void>;
  hangUp(): Promise<void>;
  /** It is over, and it was told `by` whom. */
  expectOver(by: string): Promise<void>;
  expectHistory(lines: HistoryLine[]): Promise<void>;
}

type Ways = {
  messengerPort: number;
  /** The example messenger, with Alice and Bob. */
  messenger: Program;
  /** Brings somebody whose messages travel this way. */
  party: (name: string, way: Way) => Promise<Party>;
};

const test = base.extend<Ways>({
  messengerPort: async ({ browserName: _ }, use) => use(await freePort()),

  settings: async ({ messengerPort }, use) =>
    use({ bridge: { webhook: `http://127.0.0.1:${messengerPort}/visavis` } }),

  messenger: async ({ server, messengerPort }, use, info) => {
    const messenger = await startMessenger(server, messengerPort, ['alice', 'bob']);
    await use(messenger);
    if (info.status !== info.expectedStatus) await info.attach('messenger.log', { body: messenger.log });
    await messenger.stop();
  },

  party: async ({ browser, bring, server, messenger, proxySignaling }, use) => {
    const contexts: BrowserContext[] = [];
    await use(async (name, way) => {
      switch (way) {
        case 'a WebSocket':
          return inApp(await bring(name));
        case 'an event stream': {
          const proxy = await proxySignaling();
          proxy.blockWebSockets();
          return inApp(await bring(name, { url: proxy.url }));
        }
        case 'a messenger': {
          const link = await server.addUser(name);
          const context = await browser.newContext({ locale: 'en' });
          contexts.push(context);
          return inMessenger(await Chatter.signIn(context, messenger, name), () => bring(name, { link }));
        }
      }
    });
    for (const context of contexts) await context.close();
  },
});

function inApp(person: Person): Party {
  return {
    name: person.name,
    dial: (peer) => person.dial(peer),
    expectRinging: (from) => person.expectRinging(from),
    answer: () => person.answer(),
    hangUp: () => person.hangUp(),
    async expectMedia() {
      await person.expectState('active');
      await person.expectPicture();
      await person.expectSound();
    },
    async expectOver(by) {
      await person.expectEnded(by === person.name ? 'Call ended.' : `${by} hung up.`);
      await person.closeEnded();
    },
    expectHistory: (lines) => person.expectHistory(lines),
  };
}

/** `home`: the same person in the app, where the history is. */
function inMessenger(chatter: Chatter, home: () => Promise<Person>): Party {
  return {
    name: chatter.name,
    dial: (peer) => chatter.dial(peer),
    expectRinging: (from) => chatter.expectStatus(`ringing: ${from}`),
    answer: () => chatter.answer(),
    hangUp: () => chatter.hangUp(),
    async expectMedia() {
      await chatter.expectStatus(/^active: /);
      await chatter.expectMedia();
    },
    async expectOver(by) {
      await chatter.expectStatus(`ended: ${by === chatter.name ? 'hangup' : 'remote-hangup'}`);
      const open = await chatter.page.evaluate(() =>
        [...document.querySelectorAll('video')]
          .filter((video) => video.srcObject !== null)
          .map(({ id }) => id),
      );
      expect(open).toEqual([]);
    },
    expectHistory: async (lines) => (await home()).expectHistory(lines),
  };
}

/** The WebSockets that a page opens from now on. */
function watchTraffic(page: Page): { sockets: number } {
  const traffic = { sockets: 0 };
  page.on('websocket', () => {
    traffic.sockets += 1;
  });
  return traffic;
}

/** How many connections the server has, and how many of them are event streams and behind a messenger. */
async function connections(server: Server): Promise<number[]> {
  const text = await server.operator('/metrics');
  return ['sockets', 'streams', 'bridged'].map((name) =>
    Number(new RegExp(`^visavis_${name} (\\d+)$`, 'm').exec(text)?.[1]),
  );
}

test.describe('a call is a call', () => {
  const pairs: [Way, Way][] = [
    ['a WebSocket', 'an event stream'],
    ['an event stream', 'an event stream'],
    ['a WebSocket', 'a messenger'],
    ['an event stream', 'a messenger'],
    ['a messenger', 'a messenger'],
  ];
  for (const [one, other] of pairs) {
    test(`between ${one} and ${other}, whoever calls`, async ({ party, server }) => {
      const [alice, bob] = await Promise.all([party('alice', one), party('bob', other)]);
      const by = (wanted: Way): number => [one, other].filter((way) => way === wanted).length;
      expect(await connections(server)).toEqual([2, by('an event stream'), by('a messenger')]);

      for (const [caller, callee] of [
        [alice, bob],
        [bob, alice],
      ] as const) {
        await caller.dial(callee.name);
        await callee.expectRinging(caller.name);
        await callee.answer();
        await each([caller, callee], (party) => party.expectMedia());
        await callee.hangUp();
        await each([caller, callee], (party) => party.expectOver(callee.name));
      }
      const [called, wasCalled] = [
        { direction: 'out', outcome: 'answered' },
        { direction: 'in', outcome: 'answered' },
      ] as const;
      await alice.expectHistory([
        { ...wasCalled, peer: 'bob' },
        { ...called, peer: 'bob' },
      ]);
      await bob.expectHistory([
        { ...called, peer: 'alice' },
        { ...wasCalled, peer: 'alice' },
      ]);
    });
  }
});

test('the example messenger carries what people write, too, and lets in nobody without a password', async ({
  browser,
  messenger,
  server,
}) => {
  for (const name of ['alice', 'bob']) await server.addUser(name);
  const [alice, bob] = await Promise.all(
    ['alice', 'bob'].map(async (name) => Chatter.signIn(await browser.newContext(), messenger, name)),
  );
  await alice?.chat('bob', 'Shall I call you?');
  await bob?.expectChat('alice: Shall I call you?');
  await alice?.expectChat('alice: Shall I call you?');
  const wrong = JSON.stringify({ name: 'alice', password: 'guessed' });
  const statuses = await Promise.all(
    [
      ['/sign-in', wrong],
      ['/call', '{}'],
      ['/say', '{}'],
      ['/visavis', '{"user":"bob","parcel":{}}'],
    ].map(
      async ([path, body = '']) => (await fetch(`${messenger.url}${path}`, { method: 'POST', body })).status,
    ),
  );
  expect(statuses).toEqual([401, 401, 401, 401]);
  for (const chatter of [alice, bob]) await chatter?.page.context().close();
});

test('a call through a messenger outlives the server', async ({ party, server }) => {
  const alice = await party('alice', 'a messenger');
  const bob = await party('bob', 'a WebSocket');
  await alice.dial('bob');
  await bob.answer();
  for (const one of [alice, bob]) await one.expectMedia();
  await server.kill();
  await server.restart();
  await expect.poll(() => connections(server), { timeout: 45_000 }).toEqual([2, 0, 1]);
  for (const one of [alice, bob]) await one.expectMedia();
  await alice.hangUp();
  for (const one of [alice, bob]) await one.expectOver('alice');
});

test('a page without a WebSocket gives up trying one, and a restart of the server in a call does not end the call', async ({
  bring,
  proxySignaling,
  server,
}) => {
  const blocked = await proxySignaling();
  blocked.blockWebSockets();
  const [alice, bob] = await Promise.all([bring('alice', { url: blocked.url }), bring('bob')]);
  await alice.dial('bob');
  await bob.answer();
  await each([alice, bob], async (person) => {
    await person.expectState('active');
    await person.expectPicture();
  });

  const traffic = watchTraffic(alice.page);
  const watches = [await watchFrames(alice.page, 300), await watchFrames(bob.page, 300)];
  await server.kill();
  // Long enough that both pages have noticed and tried in vain.
  await alice.page.waitForTimeout(2500);
  await server.restart();
  await alice.connected(2);
  await bob.connected(2);
  for (const watch of watches) {
    const windows = await watch.stop();
    expect(windows.length).toBeGreaterThan(5);
    expect(windows, 'frames decoded in each 300 ms').not.toContain(0);
  }
  const tried = traffic.sockets;
  expect(tried, 'a server that is away is not a network that breaks WebSockets').toBeGreaterThan(0);

  await server.kill();
  await server.restart();
  await alice.connected(3);
  await bob.connected(3);
  expect(traffic.sockets, 'twice was enough').toBe(tried);
  await bob.hangUp();
  await alice.expectEnded('bob hung up.');
  await alice.closeEnded();
  await alice.expectHistory([{ direction: 'out', outcome: 'answered', peer: 'bob' }]);
});
