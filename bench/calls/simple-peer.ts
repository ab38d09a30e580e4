// simple-peer, used as its documentation says. It brings no signaling: a WebSocket of our teaching endpoint, which hands
// on what it is told, carries its signals. It rings when the offer comes, and the peer that answers is made at the answer.

import type { Forced } from '../../e2e/bed/probes.ts';
import { TcpProxy } from '../../e2e/bed/proxy.ts';
import { Server } from '../../e2e/bed/server.ts';
import { callOnce, openPage } from './page.ts';
import type { Pair, Place, System } from './system.ts';

export const simplePeer: System = { name: 'simple-peer', open };

async function open(place: Place): Promise<Pair> {
  const { callerBrowser, calleeBrowser, delayMs, relayed, ringMs } = place;
  const iceServers = [...place.iceServers];
  const server = await Server.start({
    http: { listen: '127.0.0.1:0' },
    relay: { listen: [] },
    teaching: { enabled: true },
  });
  const target = { host: '127.0.0.1', port: server.ports.signaling };
  const proxy = delayMs > 0 ? await TcpProxy.start(target, delayMs) : undefined;
  const forced: Forced = relayed ? { relayTransport: 'udp' } : {};
  const answersItself = ringMs === undefined;
  const url = proxy?.url ?? server.url;
  const options = { url, forced, library: 'simple-peer/simplepeer.min.js', answersItself };
  const caller = await openPage(callerBrowser, options);
  const callee = await openPage(calleeBrowser, options);
  for (const page of [caller, callee]) {
    await page.addScriptTag({ url: '/bench/library.js' });
    await page.evaluate(ready, iceServers);
  }
  return {
    call: () => callOnce(caller, callee, ringMs),
    close: async () => {
      for (const page of [caller, callee]) await page.context().close();
      await proxy?.close();
      await server.stop();
    },
  };
}

/** As much of it as is used; it comes without types. */
type Signal = { readonly type: string };
interface SimplePeer {
  on(event: 'signal', run: (signal: Signal) => void): void;
  on(event: 'stream', run: (stream: MediaStream) => void): void;
  on(event: 'error', run: (error: Error) => void): void;
  signal(signal: Signal): void;
  destroy(): void;
}
type SimplePeerOptions = { initiator: boolean; stream: MediaStream; config: RTCConfiguration };

/** Runs inside the page: enters the room, answers what is offered, and offers at a click. */
async function ready(iceServers: RTCIceServer[]): Promise<void> {
  const { SimplePeer } = window as unknown as { SimplePeer: new (options: SimplePeerOptions) => SimplePeer };
  const socket = new WebSocket('/signal?room=bench');
  let current: { peer: SimplePeer; stream: MediaStream } | undefined;
  /** What has come for a call that is not answered yet. */
  let waiting: Signal[] = [];
  const begin = async (initiator: boolean): Promise<void> => {
    const stream = await navigator.mediaDevices.getUserMedia({ audio: true, video: true });
    const peer = new SimplePeer({ initiator, stream, config: { iceServers } });
    current = { peer, stream };
    peer.on('signal', (signal) => {
      const cmd = signal.type === 'offer' || signal.type === 'answer' ? signal.type : 'icecandidate';
      socket.send(JSON.stringify({ cmd, data: signal }));
    });
    peer.on('stream', (remote) => {
      window.bench.video.srcObject = remote;
    });
    // The end of the other side is told as an error, too.
    peer.on('error', () => {});
    for (const signal of waiting.splice(0)) peer.signal(signal);
  };
  socket.addEventListener('message', ({ data }) => {
    const { cmd, data: signal } = JSON.parse(data) as { cmd: string; data: Signal };
    if (cmd !== 'offer' && cmd !== 'answer' && cmd !== 'icecandidate') return;
    if (current) return current.peer.signal(signal);
    waiting.push(signal);
    if (cmd === 'offer') window.bench.rings();
  });
  window.bench.click = () => void begin(true);
  window.bench.accept = () => void begin(false);
  window.bench.hangUp = () => {
    current?.peer.destroy();
    for (const track of current?.stream.getTracks() ?? []) track.stop();
    current = undefined;
    waiting = [];
    return Promise.resolve();
  };
  await new Promise((resolve) => socket.addEventListener('open', resolve, { once: true }));
}
