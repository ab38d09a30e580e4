/** Which servers help to find a path, and which addresses may be told. */
import type { Gather } from '../core/state.ts';
import type { IceServer } from '../protocol.ts';

/** The configuration of a peer connection that gathers so. `base` is the application's; it may only narrow. */
export function configuration(
  base: RTCConfiguration,
  ice: readonly IceServer[],
  gather: Gather,
): RTCConfiguration {
  const reliable = gather === 'relay-tcp' ? overTcp(ice) : [];
  // Without a relay over TCP the servers there are remain the best chance.
  const onlyRelay = gather === 'relay' || reliable.length > 0;
  return {
    bundlePolicy: 'max-bundle',
    ...base,
    ...(onlyRelay ? { iceTransportPolicy: 'relay' } : {}),
    iceServers: reliable.length > 0 ? reliable : [...ice],
  };
}

/** Relays that are reached over TCP or TLS, which pass where UDP does not. */
function overTcp(ice: readonly IceServer[]): IceServer[] {
  return ice
    .map((server) => ({
      ...server,
      urls: server.urls.filter((url) => /^turns:|^turn:.*transport=tcp/.test(url)),
    }))
    .filter(({ urls }) => urls.length > 0);
}
