// A server that is far away: a proxy for each way to it, all with the same delay.
import type { Forced } from './probes.ts';
import { TcpProxy, UdpProxy } from './proxy.ts';
import type { Server } from './server.ts';

export type Distance = {
  /** For `bring`: this device reaches pages, signaling and relay through the proxies. */
  readonly device: { readonly url: string; readonly forced: Required<Pick<Forced, 'relayAt'>> };
  close(): Promise<void>;
};

/** Puts `delayMs` each way between devices and a server on this machine. */
export async function distanceTo(server: Server, delayMs: number): Promise<Distance> {
  const { ports, relayHost: host } = server;
  const signaling = await TcpProxy.start({ host: '127.0.0.1', port: ports.signaling }, delayMs);
  const relayTcp = await TcpProxy.start({ host, port: ports.relayTcp }, delayMs, host);
  const relayUdp = await UdpProxy.start({ host, port: ports.relayUdp }, delayMs, host);
  return {
    device: {
      url: signaling.url,
      forced: { relayAt: { udp: relayUdp.authority, tcp: relayTcp.authority } },
    },
    close: async () => {
      relayUdp.close();
      for (const proxy of [signaling, relayTcp]) await proxy.close();
    },
  };
}
