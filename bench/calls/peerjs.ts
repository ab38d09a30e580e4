// The PeerJS server and client, used as their documentation says.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type * as PeerJs from 'peerjs';
import type { Forced } from '../../e2e/bed/probes.ts';
import { TcpProxy } from '../../e2e/bed/proxy.ts';
import { callOnce, openPage } from './page.ts';
import type { Pair, Place, System } from './system.ts';

export const peerjs: System = { name: 'PeerJS', open };

async function open(place: Place): Promise<Pair> {
  const { callerBrowser, calleeBrowser, delayMs, relayed, ringMs } = place;
  const iceServers = [...place.iceServers];
  const port = await freePort();
  const server = spawn('peerjs', ['--host', '127.0.0.1', '--port', String(port)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  // Its first words are that it has started.
  await once(server.stdout, 'data');
  server.stdout.resume();
  const proxy = delayMs > 0 ? await TcpProxy.start({ host: '127.0.0.1', port }, delayMs) : undefined;
  const url = proxy?.url ?? `http://localhost:${port}`;
  const forced: Forced = relayed ? { relayTransport: 'udp' } : {};
  const answersItself = ringMs === undefined;
  const options = { url, forced, library: 'peerjs/dist/peerjs.min.js', answersItself };
  const caller = await openPage(callerBrowser, options);
  const callee = await openPage(calleeBrowser, options);
  for (const [page, id, peer] of [
    [caller, 'alice', 'bob'],
    [callee, 'bob', 'alice'],
  ] as const) {
    await page.addScriptTag({ url: '/bench/library.js' });
    await page.evaluate(ready, { port: proxy?.port ?? port, id, peer, iceServers });
  }
  return {
    call: () => callOnce(caller, callee, ringMs),
    close: async () => {
      for (const page of [caller, callee]) await page.context().close();
      await proxy?.close();
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

type Identity = { port: number; id: string; peer: string; iceServers: RTCIceServer[] };

/** Runs inside the page: registers, answers calls, and calls `peer` at a click. */
async function ready({ port, id, peer: other, iceServers }: Identity): Promise<void> {
  const { Peer } = window as unknown as { Peer: typeof PeerJs.Peer };
  // Its default servers are on the internet.
  const peer = new Peer(id, { host: 'localhost', port, path: '/', config: { iceServers } });
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
  peer.on('call', (call) => {
    window.bench.accept = async () => {
      const stream = await capture();
      follow(call, stream);
      call.answer(stream);
    };
    window.bench.rings();
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
