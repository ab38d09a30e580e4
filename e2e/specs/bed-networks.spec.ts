// The bed's bad networks prove themselves: each verb does what it says to one device, and nothing to the others.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import type { Page } from '@playwright/test';
import { selectedPath, watchFrames } from '../bed/media.ts';
import type { Person } from '../bed/person.ts';
import { TcpProxy, UdpProxy } from '../bed/proxy.ts';
import { expect, test } from '../bed/test.ts';
import { each } from '../bed/verbs.ts';

/** What does not come over a local network by then does not come. */
const SOON_MS = 1500;

test.use({ settings: { teaching: { enabled: true } } });

/** Does an HTTP request to the server get through? */
const reachesServer = (page: Page): Promise<boolean> =>
  page.evaluate(
    (ms) =>
      fetch('/favicon.svg', { cache: 'no-store', signal: AbortSignal.timeout(ms) }).then(
        (response) => response.ok,
        () => false,
      ),
    SOON_MS,
  );

/** The addresses at which this page believes to be reachable without help. */
const hostAddresses = (page: Page): Promise<string[]> =>
  page.evaluate(async (ms) => {
    const peer = new RTCPeerConnection();
    const found = new Set<string>();
    await new Promise<void>((resolve) => {
      setTimeout(resolve, ms);
      peer.addEventListener('icecandidate', ({ candidate }) => {
        if (!candidate) resolve();
        if (candidate?.address) found.add(candidate.address);
      });
      peer.createDataChannel('none');
      void peer.setLocalDescription();
    });
    peer.close();
    return [...found];
  }, SOON_MS);

/** Does the relay give an address to this page? */
function reachesRelay(
  { page, iceServers: told }: Person,
  transport: 'udp' | 'tcp' | 'tls',
): Promise<boolean> {
  const ending = `transport=${transport === 'udp' ? 'udp' : 'tcp'}`;
  const isWanted = (url: string): boolean =>
    url.endsWith(ending) && url.startsWith('turns:') === (transport === 'tls');
  const iceServers = told
    .map((server) => ({ ...server, urls: [server.urls].flat().filter(isWanted) }))
    .filter(({ urls }) => urls.length > 0);
  if (iceServers.length === 0) throw new Error(`no relay over ${transport} is known here`);
  return page.evaluate(
    async ([iceServers, ms]) => {
      const peer = new RTCPeerConnection({ iceTransportPolicy: 'relay', iceServers });
      const given = await new Promise<boolean>((resolve) => {
        setTimeout(() => resolve(false), ms);
        peer.addEventListener('icecandidate', ({ candidate }) => {
          if (candidate?.type === 'relay') resolve(true);
        });
        peer.createDataChannel('none');
        void peer.setLocalDescription();
      });
      peer.close();
      return given;
    },
    [iceServers, SOON_MS] as const,
  );
}

/** Opens a WebSocket to a room of two, in which everything said by one is heard by the other. */
async function enterRoom(page: Page): Promise<void> {
  await page.evaluate(() => {
    const room = { heard: [] as number[], closed: false, socket: new WebSocket('/signal?room=bed') };
    room.socket.addEventListener('message', ({ data }) => {
      const said = JSON.parse(data);
      if (said.cmd === 'offer') room.heard.push(said.data);
    });
    room.socket.addEventListener('close', () => {
      room.closed = true;
    });
    Object.assign(window, { room });
  });
}
type Room = { heard: number[]; closed: boolean; socket: WebSocket };
const inRoom = (page: Page): Promise<{ heard: number[]; closed: boolean; open: boolean }> =>
  page.evaluate(() => {
    const { heard, closed, socket } = (window as unknown as { room: Room }).room;
    return { heard, closed, open: socket.readyState === WebSocket.OPEN };
  });
const say = (page: Page, number: number): Promise<void> =>
  page.evaluate(
    (data) => (window as unknown as { room: Room }).room.socket.send(JSON.stringify({ cmd: 'offer', data })),
    number,
  );

test('a network that is down takes its own device’s media and requests, and gives them back', async ({
  bring,
  network,
}) => {
  const wifi = await network();
  const address = wifi.address;
  const [alice, bob] = await Promise.all([bring('alice', { network: wifi }), bring('bob')]);
  await expect.poll(() => hostAddresses(alice.page)).toEqual([address]);
  await alice.dial('bob');
  await bob.answer();
  await each([alice, bob], async (person) => {
    await person.expectState('active');
    await person.expectPicture();
  });
  expect(await selectedPath(bob.page)).toMatchObject({ local: 'host' });

  const frames = await watchFrames(bob.page, 300);
  wifi.down();
  expect(wifi.address).toBeUndefined();
  expect(await reachesServer(alice.page)).toBe(false);
  // A browser may go on naming the address it had; what counts is that nothing gets out from it.
  expect(await reachesRelay(alice, 'udp')).toBe(false);
  expect(await reachesServer(bob.page)).toBe(true);
  expect((await frames.stop()).at(-1)).toBe(0);

  wifi.up();
  await expect.poll(() => reachesServer(alice.page)).toBe(true);
  await expect.poll(() => hostAddresses(alice.page)).toEqual([address]);
});

test('a network that moves has another address, from which the server is reached, and ends what was open', async ({
  bring,
  network,
}) => {
  const wifi = await network();
  const [alice, bob] = await Promise.all([bring('alice', { network: wifi }), bring('bob')]);
  for (const { page } of [alice, bob]) {
    await enterRoom(page);
    await expect.poll(() => inRoom(page)).toMatchObject({ open: true });
  }
  await say(bob.page, 1);
  await expect.poll(() => inRoom(alice.page)).toMatchObject({ heard: [1] });

  const before = wifi.address;
  wifi.move();
  expect(wifi.address).not.toBe(before);
  await expect.poll(() => reachesServer(alice.page)).toBe(true);
  await expect.poll(() => hostAddresses(alice.page)).toEqual([wifi.address]);
  await say(bob.page, 2);
  await bob.page.waitForTimeout(SOON_MS);
  expect(await inRoom(alice.page)).toMatchObject({ heard: [1] });
});

test('two networks of their own reach each other', async ({ bring, network }) => {
  const [alice, bob] = await Promise.all([
    bring('alice', { network: await network() }),
    bring('bob', { network: await network() }),
  ]);
  await alice.dial('bob');
  await bob.answer();
  for (const person of [alice, bob]) {
    await person.expectState('active');
    await person.expectPicture();
    expect(await selectedPath(person.page)).toMatchObject({ local: 'host', relayProtocol: undefined });
  }
});

test('what is blocked vanishes, and nothing else, until it is lifted', async ({ bring, network }) => {
  const wifi = await network();
  const [alice, bob] = await Promise.all([bring('alice', { network: wifi }), bring('bob')]);
  const passes = async (): Promise<object> => ({
    signaling: await reachesServer(alice.page),
    relayUdp: await reachesRelay(alice, 'udp'),
    relayTcp: await reachesRelay(alice, 'tcp'),
  });
  const all = { signaling: true, relayUdp: true, relayTcp: true };
  expect(await passes()).toEqual(all);

  for (const [traffic, rest] of [
    ['signaling', { signaling: false, relayUdp: true, relayTcp: true }],
    ['relay', { signaling: true, relayUdp: false, relayTcp: false }],
    ['udp', { signaling: true, relayUdp: false, relayTcp: true }],
    ['everything', { signaling: false, relayUdp: false, relayTcp: false }],
  ] as const) {
    const lift = wifi.block(traffic);
    expect(await passes(), traffic).toEqual(rest);
    expect(await reachesServer(bob.page), `${traffic}, of somebody else`).toBe(true);
    lift();
    await expect.poll(passes, `${traffic}, lifted`).toEqual(all);
  }
});

test.describe('with a certificate that is believed', () => {
  test.use({ believed: true });

  test('where all but HTTPS is blocked, pages come and the relay is reached by TLS on their port', async ({
    bring,
    network,
  }) => {
    const office = await network();
    const alice = await bring('alice', { network: office });
    const passes = async (): Promise<object> => ({
      signaling: await reachesServer(alice.page),
      relayUdp: await reachesRelay(alice, 'udp'),
      relayTcp: await reachesRelay(alice, 'tcp'),
      relayTls: await reachesRelay(alice, 'tls'),
    });
    const all = { signaling: true, relayUdp: true, relayTcp: true, relayTls: true };
    expect(await passes()).toEqual(all);
    const lift = office.block('all but HTTPS');
    expect(await passes()).toEqual({ ...all, relayUdp: false, relayTcp: false });
    lift();
    await expect.poll(passes).toEqual(all);
  });
});

test('the shared network is lost and moves under everybody, and signaling stays', async ({
  bring,
  sharedNetwork,
}) => {
  const [alice, bob] = await Promise.all([bring('alice'), bring('bob')]);
  for (const { page } of [alice, bob]) {
    await enterRoom(page);
    await expect.poll(() => inRoom(page)).toMatchObject({ open: true });
    await expect.poll(() => hostAddresses(page)).toEqual(['10.77.0.1']);
  }
  sharedNetwork.down();
  expect(await reachesRelay(alice, 'udp')).toBe(false);
  sharedNetwork.up();
  await expect.poll(() => reachesRelay(alice, 'udp')).toBe(true);

  sharedNetwork.move();
  for (const { page } of [alice, bob]) await expect.poll(() => hostAddresses(page)).toEqual(['10.77.0.3']);
  await say(bob.page, 1);
  await expect.poll(() => inRoom(alice.page)).toMatchObject({ heard: [1] });
  const lift = sharedNetwork.block('signaling');
  expect(await reachesServer(bob.page)).toBe(false);
  lift();
  expect(await reachesServer(bob.page)).toBe(true);
});

test('what a test has done to the shared network is undone after it', async ({ bring }) => {
  const alice = await bring('alice');
  await expect.poll(() => hostAddresses(alice.page)).toEqual(['10.77.0.1']);
});

test('a proxy that blocks WebSockets ends them, refuses them, and lets all else pass', async ({
  bring,
  proxySignaling,
}) => {
  const signaling = await proxySignaling();
  const [alice, bob] = await Promise.all([bring('alice', { url: signaling.url }), bring('bob')]);
  for (const { page } of [alice, bob]) {
    await enterRoom(page);
    await expect.poll(() => inRoom(page)).toMatchObject({ open: true });
  }
  const lift = signaling.blockWebSockets();
  await expect.poll(() => inRoom(alice.page)).toMatchObject({ closed: true });
  expect(await inRoom(bob.page)).toMatchObject({ open: true });
  await enterRoom(alice.page);
  await expect.poll(() => inRoom(alice.page)).toMatchObject({ closed: true });
  expect(await reachesServer(alice.page)).toBe(true);

  lift();
  await enterRoom(alice.page);
  await expect.poll(() => inRoom(alice.page)).toMatchObject({ open: true });
});

test('a call at a distance takes its time to and fro', async ({ bring, distance }) => {
  const { device } = await distance(50);
  const far = { ...device, forced: { ...device.forced, relayTransport: 'udp' } } as const;
  const [alice, bob] = await Promise.all([bring('alice', far), bring('bob', far)]);
  await alice.dial('bob');
  await bob.answer();
  for (const person of [alice, bob]) {
    await person.expectState('active');
    await person.expectPicture();
    expect(await selectedPath(person.page)).toMatchObject({ local: 'relay', remote: 'relay' });
    // Both are 50 ms away from the relay.
    const roundTripMs = await person.page.evaluate(async () => {
      const started = performance.now();
      await fetch('/favicon.svg', { cache: 'no-store' });
      const signaling = performance.now() - started;
      const stats = await window.bed.peers.at(-1)?.peer.getStats();
      const pairs = [...(stats?.values() ?? [])].filter((entry) => entry.type === 'candidate-pair');
      const media =
        1000 * Math.min(...pairs.map((pair) => pair.currentRoundTripTime ?? Number.POSITIVE_INFINITY));
      return { signaling, media };
    });
    expect(roundTripMs.signaling).toBeGreaterThanOrEqual(100);
    expect(roundTripMs.media).toBeGreaterThanOrEqual(200);
    expect(roundTripMs.media).toBeLessThan(2000);
  }
});

test('proxies hold back for as long as they are told, and keep the order', async () => {
  const delayMs = 60;
  const echo = createServer((socket) => socket.pipe(socket)).listen(0, '127.0.0.1');
  await once(echo, 'listening');
  const stream = await TcpProxy.start(
    { host: '127.0.0.1', port: (echo.address() as AddressInfo).port },
    delayMs,
  );
  const socket = connect(stream.port, '127.0.0.1');
  await once(socket, 'connect');
  let heard = '';
  socket.on('data', (chunk) => {
    heard += chunk;
  });
  const lines = Array.from({ length: 1000 }, (_, index) => `line ${index}\n`);
  const spoke = performance.now();
  for (const line of lines) socket.write(line);
  socket.end();
  await once(socket, 'data');
  expect(performance.now() - spoke).toBeGreaterThanOrEqual(2 * delayMs - 2);
  await once(socket, 'end');
  expect(heard).toBe(lines.join(''));
  await stream.close();
  echo.close();

  const packets = createSocket('udp4');
  packets.on('message', (packet, from) => packets.send(packet.toString(), from.port, from.address));
  packets.bind(0, '127.0.0.1');
  await once(packets, 'listening');
  const way = await UdpProxy.start({ host: '127.0.0.1', port: packets.address().port }, delayMs);
  for (const name of ['one', 'two']) {
    const sender = createSocket('udp4');
    const sent = performance.now();
    sender.send(name, way.port, '127.0.0.1');
    const [answer] = await once(sender, 'message');
    expect(String(answer)).toBe(name);
    expect(performance.now() - sent).toBeGreaterThanOrEqual(2 * delayMs - 2);
    sender.close();
  }
  way.close();
  packets.close();
});
