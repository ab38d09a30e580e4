/** Bytes through the relay and back, by one way alone: two peer connections of this page that meet nowhere else. */
import { ClientError } from '../client-error.ts';
import type { IceServer } from '../protocol.ts';
import type { Finding } from './check.ts';

/** How a device comes to a relay. */
export type Way = 'udp' | 'tcp' | 'tls';

/** Of several relays or ports by one way, so many are tried. */
const TRIED_LIMIT = 3;
/** What a call with a picture sends in this time, more or less. */
const PACKETS = 25;
const PACKET_BYTES = 1_000;
const EVERY_MS = 20;
/** What has not come back this long after the last was sent is lost. */
const LATE_MS = 800;

/** The servers that are relays by this way, each with one address. */
export function relaysBy(way: Way, ice: readonly IceServer[]): readonly IceServer[] {
  return ice
    .flatMap((server) => server.urls.map((url) => ({ ...server, urls: [url] })))
    .filter(({ urls: [url = ''] }) => wayOf(url) === way)
    .slice(0, TRIED_LIMIT);
}

/** RFC 7065; STUN alone is no relay. */
function wayOf(url: string): Way | undefined {
  if (url.startsWith('turns:')) return 'tls';
  if (!url.startsWith('turn:')) return undefined;
  return url.endsWith('transport=tcp') ? 'tcp' : 'udp';
}

/** The first of these that works, or what is wrong with the first of them. `signal`: the time is up. */
export async function checkRelays(relays: readonly IceServer[], signal: AbortSignal): Promise<Finding> {
  const enough = new AbortController();
  const stop = () => enough.abort();
  signal.addEventListener('abort', stop);
  if (signal.aborted) stop();
  try {
    return await Promise.any(relays.map((relay) => through(relay, enough.signal)));
  } catch (cause) {
    throw cause instanceof AggregateError ? cause.errors[0] : cause;
  } finally {
    // What is slower than the first is of no interest.
    stop();
    signal.removeEventListener('abort', stop);
  }
}

async function through(relay: IceServer, signal: AbortSignal): Promise<Finding> {
  const how: RTCConfiguration = { iceServers: [relay], iceTransportPolicy: 'relay' };
  const near = new RTCPeerConnection(how);
  const far = new RTCPeerConnection(how);
  let end: () => void = () => {};
  try {
    const failed = new Promise<never>((_, reject) => {
      end = watch(near, signal, reject);
    });
    return await Promise.race([carry(near, far), failed]);
  } finally {
    end();
    near.close();
    far.close();
  }
}

/** Says why nothing will come of it, as soon as that is known. */
function watch(near: RTCPeerConnection, signal: AbortSignal, fail: (why: ClientError) => void): () => void {
  let refusal = 0;
  let reached = false;
  const why = () => {
    if (reached)
      return new ClientError('timeout', 'the relay gave an address, and nothing came through it in time');
    if (refusal === 0) return new ClientError('server-unreachable', 'the relay did not answer');
    return refusal === 401 || refusal === 403
      ? new ClientError('forbidden', `the relay refused the credential with ${refusal}`)
      : new ClientError('rate-limited', `the relay has no room: ${refusal}`);
  };
  const late = () => fail(why());
  near.addEventListener('icecandidate', ({ candidate }) => {
    if (candidate?.candidate) reached = true;
  });
  // STUN's own code (RFC 8489 §14.8), or 701 if the server was not reached.
  near.addEventListener('icecandidateerror', ({ errorCode }) => {
    if (errorCode < 700) refusal = errorCode;
  });
  near.addEventListener('icegatheringstatechange', () => {
    if (near.iceGatheringState === 'complete' && !reached) fail(why());
  });
  if (signal.aborted) late();
  signal.addEventListener('abort', late);
  return () => signal.removeEventListener('abort', late);
}

/** Connects the two, and measures. */
async function carry(near: RTCPeerConnection, far: RTCPeerConnection): Promise<Finding> {
  const channel = near.createDataChannel('check', { ordered: false, maxRetransmits: 0 });
  channel.binaryType = 'arraybuffer';
  const opened = new Promise<void>((resolve) => {
    channel.onopen = () => resolve();
  });
  far.ondatachannel = ({ channel: other }) => {
    other.binaryType = 'arraybuffer';
    other.onmessage = ({ data }: MessageEvent<ArrayBuffer>) => {
      if (other.readyState === 'open') other.send(data);
    };
  };
  await near.setLocalDescription();
  tell(near, far);
  if (near.localDescription) await far.setRemoteDescription(near.localDescription);
  await far.setLocalDescription();
  tell(far, near);
  if (far.localDescription) await near.setRemoteDescription(far.localDescription);
  await opened;
  return await measure(channel);
}

/** Candidates found so far are in the description; these come later. */
function tell(from: RTCPeerConnection, to: RTCPeerConnection): void {
  const waiting: RTCIceCandidate[] = [];
  const add = (candidate: RTCIceCandidate) => {
    // One that comes too late for a closed connection is of no interest.
    to.addIceCandidate(candidate).catch(() => {});
  };
  from.addEventListener('icecandidate', ({ candidate }) => {
    if (!candidate) return;
    if (to.remoteDescription) add(candidate);
    else waiting.push(candidate);
  });
  to.addEventListener('signalingstatechange', () => {
    if (to.remoteDescription) for (const candidate of waiting.splice(0)) add(candidate);
  });
}

/** Sends packets that come back, as a call would. */
function measure(channel: RTCDataChannel): Promise<Finding> {
  const sentAt: number[] = [];
  const tookMs: number[] = [];
  return new Promise((resolve, reject) => {
    let late: ReturnType<typeof setTimeout> | undefined;
    const finish = () => {
      clearInterval(timer);
      clearTimeout(late);
      const median = tookMs.sort((one, other) => one - other)[Math.floor(tookMs.length / 2)];
      if (median === undefined) {
        return reject(new ClientError('timeout', 'the relay connects, and nothing comes back through it'));
      }
      // It went to the relay and back twice: once to the other end, and once from there.
      resolve({ rttMs: median / 2, loss: 1 - Math.sqrt(tookMs.length / sentAt.length) });
    };
    const timer = setInterval(() => {
      if (channel.readyState !== 'open') return finish();
      const packet = new Uint8Array(PACKET_BYTES);
      packet[0] = sentAt.length;
      sentAt.push(performance.now());
      channel.send(packet);
      if (sentAt.length < PACKETS) return;
      clearInterval(timer);
      late = setTimeout(finish, LATE_MS);
    }, EVERY_MS);
    channel.onmessage = ({ data }: MessageEvent<ArrayBuffer>) => {
      const at = sentAt[new Uint8Array(data)[0] ?? 0];
      if (data.byteLength === PACKET_BYTES && at !== undefined) tookMs.push(performance.now() - at);
      if (tookMs.length === PACKETS) finish();
    };
    channel.onclose = finish;
  });
}
