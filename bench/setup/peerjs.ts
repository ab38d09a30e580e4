// The PeerJS server and client, used as their documentation says, in a page that answers by itself.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { Browser, Page } from '@playwright/test';
import type * as PeerJs from 'peerjs';
import { callOnce, openPage } from './page.ts';
import type { Pair, System } from './system.ts';

export const peerjs: System = { name: 'PeerJS', open };

async function open(callerBrowser: Browser, calleeBrowser: Browser): Promise<Pair> {
  const port = await freePort();
  const server = spawn('peerjs', ['--host', '127.0.0.1', '--port', String(port)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  // Its first words are that it has started.
  await once(server.stdout, 'data');
  server.stdout.resume();
  const url = `http://localhost:${port}`;
  const caller = await openPeer(callerBrowser, url, { port, id: 'alice', peer: 'bob' });
  const callee = await openPeer(calleeBrowser, url, { port, id: 'bob', peer: 'alice' });
  return {
    call: () => callOnce(caller, callee),
    close: async () => {
      for (const page of [caller, callee]) await page.context().close();
      const ended = once(server, 'exit');
      server.kill('SIGKILL');
      await ended;
    },
  };
}

/** It cannot choose a port itself. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

type Identity = { port: number; id: string; peer: string };

async function openPeer(browser: Browser, url: string, identity: Identity): Promise<Page> {
  const page = await openPage(browser, url, 'peerjs/dist/peerjs.min.js');
  await page.addScriptTag({ url: '/bench/library.js' });
  await page.evaluate(ready, identity);
  return page;
}

/** Runs inside the page: registers, answers calls, and calls `peer` at a click. */
async function ready({ port, id, peer: other }: Identity): Promise<void> {
  const { Peer } = window as unknown as { Peer: typeof PeerJs.Peer };
  // Two devices of one machine need no STUN; PeerJS's default servers are on the internet.
  const peer = new Peer(id, { host: 'localhost', port, path: '/', config: { iceServers: [] } });
  let current: { call: PeerJs.MediaConnection; stream: MediaStream } | undefined;
  const capture = (): Promise<MediaStream> =>
    navigator.mediaDevices.getUserMedia({ audio: true, video: true });
  const follow = (call: PeerJs.MediaConnection, stream: MediaStream): void => {
    current = { call, stream };
    call.on('stream', (remote) => {
      // Said once for each track, of the same stream.
      if (window.bench.video.srcObject !== remote) window.bench.video.srcObject = remote;
    });
  };
  peer.on('call', async (call) => {
    window.bench.rings();
    const stream = await capture();
    follow(call, stream);
    call.answer(stream);
  });
  window.bench.click = async () => {
    const stream = await capture();
    follow(peer.call(other, stream), stream);
  };
  window.bench.hangUp = () => {
    current?.call.close();
    for (const track of current?.stream.getTracks() ?? []) track.stop();
    current = undefined;
    return Promise.resolve();
  };
  await new Promise<void>((resolve, reject) => {
    peer.on('open', () => resolve());
    peer.on('error', reject);
  });
}
