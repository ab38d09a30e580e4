// However the messages travel, a call is a call: with a WebSocket, and where none gets through.
import type { Page } from '@playwright/test';
import { watchFrames } from '../bed/media.ts';
import type { Person } from '../bed/person.ts';
import { type Bring, expect, test } from '../bed/test.ts';

/** How a page's messages travel. */
type Way = 'a WebSocket' | 'an event stream';

/** The WebSockets that a page opens and the POSTs it sends, from now on. */
function watchTraffic(page: Page): { sockets: number; posts: number } {
  const traffic = { sockets: 0, posts: 0 };
  page.on('websocket', () => {
    traffic.sockets += 1;
  });
  page.on('request', (request) => {
    if (request.method() === 'POST' && new URL(request.url()).pathname === '/sse') traffic.posts += 1;
  });
  return traffic;
}

/** Calls, is seen and heard both ways, hangs up, and finds it in the history. */
async function wholeCall(caller: Person, callee: Person): Promise<void> {
  await caller.dial(callee.name);
  await callee.expectRinging(caller.name);
  await callee.answer();
  for (const person of [caller, callee]) await person.expectState('active');
  for (const person of [caller, callee]) {
    await person.expectPicture();
    await person.expectSound();
    await person.watchEnd();
  }
  await callee.hangUp();
  await caller.expectEnded(`${callee.name} hung up.`);
  await callee.expectEnded('Call ended.');
  for (const person of [caller, callee]) {
    await person.expectNothingLeft();
    await person.closeEnded();
  }
  await caller.expectHistory([{ direction: 'out', outcome: 'answered', peer: callee.name }]);
  await callee.expectHistory([{ direction: 'in', outcome: 'answered', peer: caller.name }]);
}

test.describe('a call is a call', () => {
  const pairs: [Way, Way][] = [
    ['a WebSocket', 'an event stream'],
    ['an event stream', 'a WebSocket'],
    ['an event stream', 'an event stream'],
  ];
  for (const [from, to] of pairs) {
    test(`from ${from} to ${to}`, async ({ bring, proxySignaling }) => {
      const blocked = await proxySignaling();
      blocked.blockWebSockets();
      const bringBy = (way: Way, name: string): ReturnType<Bring> =>
        bring(name, way === 'a WebSocket' ? {} : { url: blocked.url });
      const alice = await bringBy(from, 'alice');
      const bob = await bringBy(to, 'bob');
      const traffic = [watchTraffic(alice.page), watchTraffic(bob.page)];

      await wholeCall(alice, bob);

      for (const [index, way] of [from, to].entries()) {
        const { posts } = traffic[index] ?? { posts: Number.NaN };
        if (way === 'a WebSocket') expect(posts).toBe(0);
        else expect(posts).toBeGreaterThan(3);
      }
    });
  }
});

test('a page without a WebSocket gives up trying one, and a restart of the server in a call does not end the call', async ({
  bring,
  proxySignaling,
  server,
}) => {
  const blocked = await proxySignaling();
  blocked.blockWebSockets();
  const alice = await bring('alice', { url: blocked.url });
  const bob = await bring('bob');
  await alice.dial('bob');
  await bob.answer();
  for (const person of [alice, bob]) {
    await person.expectState('active');
    await person.expectPicture();
  }

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
