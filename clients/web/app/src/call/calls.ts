/** The SDK's side of the app: connects, starts calls, and reports the one call on the screen as snapshots. */
import {
  type Call,
  type Client,
  ClientError,
  connect,
  type DeviceKind,
  type LinkState,
} from '@visavis/client';
import type { Send } from '../model/message.ts';
import type { CallSnapshot, Link } from '../model/model.ts';
import type { Pictures } from '../ui/pictures.ts';

/** What the app can do about calls. */
export interface Calls extends Pictures {
  connect(): void;
  disconnect(): void;
  start(to: string, video: boolean): void;
  accept(video: boolean): void;
  end(): void;
  setMic(on: boolean): void;
  setCamera(on: boolean): void;
  unblock(): void;
}

/** Calls through the server that delivered this page. */
export function createCalls(send: Send, now: () => number): Calls {
  let client: Client | null = null;
  let stopClient: () => void = () => {};
  let shown: Call | null = null;
  let stopShown: () => void = () => {};
  let serial = 0;

  function show(call: Call): void {
    if (call === shown) return;
    stopShown();
    shown = call;
    serial += 1;
    stopShown = report(call, serial);
  }

  /** Sends a snapshot at each change, up to and including the end. */
  function report(call: Call, itsSerial: number): () => void {
    let stopped = false;
    const tell = () => {
      if (stopped) return;
      send({ type: 'call', call: snapshot(call, itsSerial), now: now() });
      if (call.state.value.type === 'ended') stop();
    };
    const unsubscribe: (() => void)[] = [];
    const stop = () => {
      stopped = true;
      for (const leave of unsubscribe) leave();
    };
    for (const readable of [call.state, call.peer, call.local.state, call.remote]) {
      unsubscribe.push(readable.subscribe(tell));
    }
    if (stopped) stop();
    return stop;
  }

  function orTell(doing: Promise<void> | undefined, device: DeviceKind): void {
    doing?.catch((error: unknown) => {
      if (error instanceof ClientError) send({ type: 'device-failed', error, device });
    });
  }

  return {
    connect() {
      stopClient();
      const connected = connect();
      client = connected;
      const leave = [
        connected.link.subscribe((link) => send({ type: 'link', link: linkOf(link) })),
        connected.current.subscribe((call) => {
          if (call) show(call);
        }),
        connected.presence.subscribe((presence) => send({ type: 'presence', presence })),
        connected.on('changed', (what) => send({ type: 'changed', what })),
        // Whoever listens here rings: only then the caller is told so.
        connected.on('incoming', (call) => {
          if (connected.current.value === call) show(call);
        }),
      ];
      stopClient = () => {
        for (const unsubscribe of leave) unsubscribe();
        stopShown();
        shown = null;
        connected.close();
      };
    },
    disconnect() {
      stopClient();
      stopClient = () => {};
      client = null;
    },
    start(to, video) {
      if (client) show(client.call(to, { audio: true, video }));
    },
    accept(video) {
      // A missing device does not stop the answer, so what is left to go wrong shows as the call's end.
      shown?.accept({ audio: true, video }).catch(() => {});
    },
    end() {
      shown?.hangup();
    },
    setMic: (on) => orTell(shown?.local.mic(on), 'mic'),
    setCamera: (on) => orTell(shown?.local.camera(on), 'camera'),
    unblock() {
      shown?.unblock().catch(() => {});
    },
    attachRemote: (element) => shown?.attach(element) ?? (() => {}),
    attachSelf: (element) => shown?.local.attach(element) ?? (() => {}),
  };
}

function snapshot(call: Call, serial: number): CallSnapshot {
  return {
    serial,
    id: call.id,
    direction: call.direction,
    media: call.media,
    peer: call.peer.value,
    state: call.state.value,
    local: call.local.state.value,
    remote: call.remote.value,
  };
}

function linkOf(link: LinkState): Link {
  switch (link.type) {
    case 'connecting':
      return { type: 'connecting' };
    case 'online':
      return { type: 'online' };
    case 'offline':
      return { type: 'offline', reason: link.reason };
  }
}
