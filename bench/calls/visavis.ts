// Our server and our SDK, used as its documentation says.
import type { Page } from '@playwright/test';
import type * as Sdk from '@visavis/client';
import { distanceTo } from '../../e2e/bed/distance.ts';
import type { Forced } from '../../e2e/bed/probes.ts';
import { Server } from '../../e2e/bed/server.ts';
import { callOnce, openPage, type PageOptions } from './page.ts';
import type { Pair, Place, System } from './system.ts';

/** Our relay, as its devices are told of it, serves the other systems as well. */
type Ours = Pair & { iceServers(): Promise<RTCIceServer[]> };

export const visavis = { name: 'Visavis', open } satisfies System;

async function open({ callerBrowser, calleeBrowser, delayMs, relayed, ringMs }: Place): Promise<Ours> {
  // Both devices are on this machine, so nothing has to be reachable from elsewhere.
  const server = await Server.start({
    http: { listen: '127.0.0.1:0' },
    relay: { listen: ['127.0.0.1:0'], host: '127.0.0.1' },
    signaling: { invites_per_minute: 10_000 },
  });
  const distance = delayMs > 0 ? await distanceTo(server, delayMs) : undefined;
  const forced: Forced = {
    ...distance?.device.forced,
    ...(relayed ? { relayTransport: 'udp' } : {}),
  };
  const url = distance?.device.url ?? server.url;
  const options = { url, forced, library: '@visavis/client', answersItself: ringMs === undefined };
  const caller = await openPage(callerBrowser, options);
  const callee = await openPage(calleeBrowser, options);
  // What a call is given ends with it; what the server says first is good for as long as the bench runs.
  let iceServers: RTCIceServer[] = [];
  caller.on('websocket', (socket) =>
    socket.on('framereceived', ({ payload }) => {
      const { type, data } = JSON.parse(String(payload));
      if (type === 'welcome') iceServers = data.ice.servers;
    }),
  );
  for (const [page, name, peer] of [
    [caller, 'alice', 'bob'],
    [callee, 'bob', 'alice'],
  ] as const) {
    await signUp(server, page, options, name);
    await page.evaluate(ready, peer);
  }
  return {
    call: () => callOnce(caller, callee, ringMs),
    iceServers: () =>
      // As this page reaches it: through the distance.
      caller.evaluate((iceServers) => {
        const peer = new RTCPeerConnection({ iceServers });
        peer.close();
        return peer.getConfiguration().iceServers ?? [];
      }, iceServers),
    close: async () => {
      for (const page of [caller, callee]) await page.context().close();
      await distance?.close();
      await server.stop();
    },
  };
}

async function signUp(server: Server, page: Page, { url }: PageOptions, name: string): Promise<void> {
  const token = (await server.addUser(name)).split('/').at(-1);
  const data = { token, password: `correct horse battery ${name}`, display_name: name };
  const response = await page.request.post(`${url}/api/signup`, { data, headers: { origin: url } });
  if (!response.ok())
    throw new Error(`${name} cannot sign up: ${response.status()} ${await response.text()}`);
}

/** Runs inside the page: connects, answers calls, and calls `peer` at a click. */
async function ready(peer: string): Promise<void> {
  const library = '/bench/library.js';
  const { connect } = (await import(library)) as typeof Sdk;
  // The size that the others get by `video: true`: a larger first picture takes longer.
  const client = connect({ media: { video: { width: 640, height: 480 } } });
  client.on('incoming', (call) => {
    call.attach(window.bench.video);
    window.bench.accept = () => void call.accept({ video: true });
    window.bench.rings();
  });
  window.bench.click = () => {
    client.call(peer, { video: true }).attach(window.bench.video);
  };
  window.bench.hangUp = async () => {
    client.current.value?.hangup();
    await client.current.until((call) => call === null);
  };
  await client.link.until((link) => link.type === 'online');
}
