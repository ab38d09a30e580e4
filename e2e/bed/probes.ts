// The probes: a script that runs in a page before its own code and records every track and peer connection from birth
// to end. The product knows nothing of it. `media.ts` and `leaks.ts` read it from the test's side.
import type { BrowserContext } from '@playwright/test';

export type TrackRecord = {
  kind: string;
  label: string;
  /** Captured by a device of this page, or received from the other side. */
  from: 'device' | 'peer';
  startedAt: number;
  endedAt: number | undefined;
};
export type PeerRecord = { startedAt: number; closedAt: number | undefined };
export type Forced = {
  /** Media goes through the relay alone, by this transport. */
  relayTransport?: 'udp' | 'tcp' | 'tls';
  /** The relay is at these addresses and ports: proxies on the way to it. */
  relayAt?: { udp: string; tcp: string };
  /** The browser does not know how to send sound twice (RFC 2198). */
  withoutRed?: boolean;
  /** What the page tells of where it can be reached is so many milliseconds late. */
  candidatesLateMs?: number;
};

export type Probes = {
  readonly tracks: { record: TrackRecord; track: MediaStreamTrack }[];
  readonly peers: { record: PeerRecord; peer: RTCPeerConnection }[];
  /** The ways that the page has told the server of, when media flowed. */
  readonly routes: string[];
};

declare global {
  interface Window {
    bed: Probes;
  }
}

export async function installProbes(context: BrowserContext, forced: Forced = {}): Promise<void> {
  await context.addInitScript(probe, forced);
}

/** Tells the type of each message that a page hears on an event stream; the pages' WebSockets Playwright sees itself. */
export async function watchStreams(context: BrowserContext, heard: (type: string) => void): Promise<void> {
  await context.exposeBinding('bedHears', (_, type: string) => heard(type));
  await context.addInitScript(() => {
    const tell = (window as unknown as { bedHears: (type: string) => void }).bedHears;
    const original = window.fetch;
    const listened = async (...request: Parameters<typeof original>): Promise<Response> => {
      const response = await original(...request);
      if (response.headers.get('content-type') !== 'text/event-stream') return response;
      const reader = response.clone().body?.pipeThrough(new TextDecoderStream()).getReader();
      const listen = async (): Promise<void> => {
        let rest = '';
        for (let piece = await reader?.read(); piece && !piece.done; piece = await reader?.read()) {
          const lines = (rest + piece.value).split('\n');
          rest = lines.pop() ?? '';
          for (const line of lines) {
            const type = /^data: \{"type":"(\w+)"/.exec(line)?.[1];
            if (type) tell(type);
          }
        }
      };
      // A stream that is cut has said all that it will.
      listen().catch(() => undefined);
      return response;
    };
    window.fetch = listened as typeof fetch;
  });
}

/** Runs inside the page, so it may use nothing from outside itself. */
export function probe(forced: Forced): void {
  const bed: Probes = { tracks: [], peers: [], routes: [] };
  window.bed = bed;

  const send = WebSocket.prototype.send;
  WebSocket.prototype.send = function (this: WebSocket, data) {
    const said = typeof data === 'string' && data.startsWith('{"type":"connected"') && JSON.parse(data);
    if (said) bed.routes.push(said.data.route);
    const isCandidate = typeof data === 'string' && data.startsWith('{"type":"candidate"');
    if (isCandidate && forced.candidatesLateMs)
      setTimeout(() => send.call(this, data), forced.candidatesLateMs);
    else send.call(this, data);
  };

  const watchTrack = (track: MediaStreamTrack, from: TrackRecord['from']): void => {
    if (bed.tracks.some((known) => known.track === track)) return;
    const record: TrackRecord = {
      kind: track.kind,
      label: track.label,
      from,
      startedAt: performance.now(),
      endedAt: undefined,
    };
    bed.tracks.push({ record, track });
    const end = (): void => {
      record.endedAt ??= performance.now();
    };
    track.addEventListener('ended', end);
    // `stop()` fires no event.
    const stop = track.stop.bind(track);
    track.stop = () => {
      stop();
      end();
    };
  };

  if (navigator.mediaDevices) {
    const devices = navigator.mediaDevices;
    for (const name of ['getUserMedia', 'getDisplayMedia'] as const) {
      const original = devices[name].bind(devices);
      devices[name] = async (constraints?: MediaStreamConstraints) => {
        const stream = await original(constraints);
        for (const track of stream.getTracks()) watchTrack(track, 'device');
        return stream;
      };
    }
    const clone = MediaStreamTrack.prototype.clone;
    MediaStreamTrack.prototype.clone = function (this: MediaStreamTrack) {
      const copy = clone.call(this);
      watchTrack(copy, bed.tracks.find(({ track }) => track === this)?.record.from ?? 'device');
      return copy;
    };
  }

  const force = (configuration: RTCConfiguration | undefined): RTCConfiguration | undefined => {
    const { relayTransport: transport, relayAt } = forced;
    if (transport === undefined && relayAt === undefined) return configuration;
    const allowed = (url: string): boolean =>
      transport === undefined ||
      (transport === 'tls'
        ? url.startsWith('turns:')
        : url.startsWith('turn:') && url.endsWith(`transport=${transport}`));
    const elsewhere = (url: string): string => {
      const at = url.endsWith('transport=tcp') ? relayAt?.tcp : relayAt?.udp;
      return at === undefined ? url : url.replace(/^(stuns?|turns?):[^?]+/, `$1:${at}`);
    };
    const iceServers = (configuration?.iceServers ?? []).map((server) => ({
      ...server,
      urls: [server.urls].flat().filter(allowed).map(elsewhere),
    }));
    return {
      ...configuration,
      ...(transport === undefined ? {} : { iceTransportPolicy: 'relay' }),
      iceServers: iceServers.filter((server) => server.urls.length > 0),
    };
  };

  const Original = window.RTCPeerConnection;
  window.RTCPeerConnection = class extends Original {
    constructor(configuration?: RTCConfiguration) {
      super(force(configuration));
      const record: PeerRecord = { startedAt: performance.now(), closedAt: undefined };
      bed.peers.push({ record, peer: this });
      this.addEventListener('track', (event) => watchTrack(event.track, 'peer'));
    }
    override setConfiguration(configuration?: RTCConfiguration): void {
      super.setConfiguration(force(configuration));
    }
    override addTransceiver(...made: Parameters<RTCPeerConnection['addTransceiver']>): RTCRtpTransceiver {
      const transceiver = super.addTransceiver(...made);
      const { kind } = transceiver.receiver.track;
      const known = RTCRtpReceiver.getCapabilities(kind)?.codecs ?? [];
      if (forced.withoutRed && kind === 'audio') {
        transceiver.setCodecPreferences(known.filter(({ mimeType }) => mimeType !== 'audio/red'));
      }
      return transceiver;
    }
    override close(): void {
      const received = new Set(this.getReceivers().map(({ track }) => track));
      super.close();
      const peer = bed.peers.find((known) => known.peer === this);
      if (!peer) return;
      const now = performance.now();
      peer.record.closedAt ??= now;
      // Closing ends what came in, in Chromium by a later task, to which a busy page may come late: that it has ended is asked
      // of the track itself (`opened`), and when is the moment of closing. The page's own tracks it must stop itself.
      for (const { track, record } of bed.tracks) {
        if (received.has(track) || track.readyState === 'ended') record.endedAt ??= now;
      }
    }
  };
}
