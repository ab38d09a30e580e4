/** The SDK's side of the app: connects, starts calls, and reports every call as snapshots. */
import {
  type Call,
  type Client,
  ClientError,
  connect,
  type DeviceKind,
  type DeviceRole,
  type LinkState,
} from '@visavis/client';
import type { Send } from '../model/message.ts';
import type { CallSnapshot, Link } from '../model/model.ts';
import type { Recorder } from '../recording/record.ts';
import type { Pictures } from '../ui/pictures.ts';
import type { Reports } from '../ui/reports.ts';
import { backgroundInCalls } from './background.ts';
import { keepTo } from './keep-to.ts';
import { KeptCalls } from './kept-calls.ts';
import { giveUpStrong, noiseInCalls } from './noise.ts';

/** What the app can do about calls; `serial` says which. */
export interface Calls extends Pictures {
  connect(): void;
  disconnect(): void;
  start(to: string, video: boolean): void;
  accept(serial: number, video: boolean): void;
  /** Moves a call here from another device of this user. */
  take(id: string): void;
  end(serial: number): void;
  hold(serial: number, on: boolean): void;
  /** Asks to record, agrees to it, or ends it. What both agree to is recorded by itself. */
  record(serial: number, wish: 'ask' | 'agree' | 'stop'): void;
  /** The user has compared the emoji, `code`, and they are the same. */
  verify(serial: number, code: readonly string[]): void;
  /** To somebody by name, or to the other person of another call. */
  transfer(serial: number, to: string | number): void;
  setMic(serial: number, on: boolean): void;
  setCamera(serial: number, on: boolean): void;
  shareScreen(serial: number, on: boolean): void;
  useDevice(serial: number, role: DeviceRole, id: string): void;
  unblock(serial: number): void;
  /** Whether other people may learn this device's IP address. */
  hideAddress(yes: boolean): void;
  readonly reports: Reports;
}

/** Calls through the server that delivered this page. */
export function createCalls(send: Send, now: () => number, me: () => Recorder): Calls {
  let client: Client | null = null;
  let stopClient: () => void = () => {};
  /** By serial, until they end. */
  const live = new Map<number, { readonly call: Call; readonly stop: () => void }>();
  /** Ids of those that were moved here, until they end. */
  const taken = new Set<string>();
  const kept = new KeptCalls();
  let serials = 0;

  /** Reports a call from now on, up to and including its end. */
  function follow(call: Call): void {
    if ([...live.values()].some((known) => known.call === call)) return;
    serials += 1;
    const serial = serials;
    const unsubscribe: (() => void)[] = [];
    const stop = () => {
      live.delete(serial);
      taken.delete(call.id);
      for (const leave of unsubscribe) leave();
    };
    live.set(serial, { call, stop });
    kept.keep(serial, call);
    const tell = () => {
      if (!live.has(serial)) return;
      const isOver = call.state.value.type === 'ended';
      const moved = taken.has(call.id) ? { taken: true } : {};
      send({ type: 'call', call: { ...snapshot(call, serial), ...moved }, now: now() });
      if (isOver) stop();
    };
    const { state, peer, held, recording, safety, weak, quality, remote, local } = call;
    const { talkingWhileMuted, devices } = local;
    unsubscribe.push(
      recording.subscribe((value) => {
        if (value.type === 'on' && value.by === 'me') keep(call);
      }),
    );
    for (const readable of [
      state,
      peer,
      held,
      recording,
      safety,
      weak,
      quality,
      remote,
      local.state,
      talkingWhileMuted,
      devices,
    ]) {
      unsubscribe.push(readable.subscribe(tell));
    }
    unsubscribe.push(keepTo(noiseInCalls, call, orTell), keepTo(backgroundInCalls, call, orTell));
    // It was over before the last of them was watched.
    if (!live.has(serial)) stop();
  }

  function keep(call: Call): void {
    import('../recording/record.ts')
      .then(({ record }) => record(call, me(), send))
      .catch(() => {
        // Nobody shall be told that they are recorded when they are not.
        call.record('stop');
        send({ type: 'recording-failed' });
      });
  }

  function find(serial: number): Call | undefined {
    return live.get(serial)?.call;
  }

  function orTell(doing: Promise<void> | undefined, device: DeviceKind): void {
    doing?.catch((error: unknown) => {
      // Who chose no screen knows it.
      const isNews = !(error instanceof ClientError && error.device === 'screen' && error.retryable);
      if (error instanceof ClientError && isNews) send({ type: 'device-failed', error, device });
    });
  }

  return {
    connect() {
      stopClient();
      const connected = connect({ asksConsent: true, chat: {} });
      client = connected;
      const leave = [
        connected.link.subscribe((link) => send({ type: 'link', link: linkOf(link) })),
        connected.calls.subscribe((calls) => {
          for (const call of calls) follow(call);
        }),
        connected.elsewhere.subscribe((calls) => {
          send({ type: 'elsewhere', calls: calls.map(({ id, peer, device }) => ({ id, peer, device })) });
        }),
        connected.presence.subscribe((presence) => send({ type: 'presence', presence })),
        connected.on('error', (error) => {
          // A camera without its effect is off, and the call says so.
          if (error.code !== 'effect-failed' || error.device !== 'mic') return;
          giveUpStrong();
          send({ type: 'device-failed', error, device: 'mic' });
        }),
        connected.on('changed', (what) => send({ type: 'changed', what })),
        // Whoever listens here rings: only then the caller is told so.
        connected.on('incoming', follow),
      ];
      stopClient = () => {
        for (const unsubscribe of leave) unsubscribe();
        for (const { stop } of [...live.values()]) stop();
        connected.close();
      };
    },
    disconnect() {
      stopClient();
      stopClient = () => {};
      client = null;
      kept.forget();
    },
    start(to, video) {
      if (client) follow(client.call(to, { audio: true, video }));
    },
    accept(serial, video) {
      // A missing device does not stop the answer, so what is left to go wrong shows as the call's end.
      find(serial)
        ?.accept({ audio: true, video })
        .catch(() => {});
    },
    take(id) {
      // With sound: a camera is turned on by its own button.
      const there = client?.elsewhere.value.find((call) => call.id === id);
      if (!there) return;
      taken.add(id);
      follow(there.take({ audio: true, video: false }));
    },
    end: (serial) => find(serial)?.hangup(),
    hold: (serial, on) => find(serial)?.hold(on),
    record(serial, wish) {
      // Fetched while the other person is asked.
      if (wish === 'ask') import('../recording/record.ts').catch(() => {});
      find(serial)?.record(wish);
    },
    verify(serial, code) {
      // If the call has others by now, the user sees that they are not verified.
      find(serial)
        ?.safety.value?.verify(code)
        .catch(() => {});
    },
    transfer(serial, to) {
      const target = typeof to === 'string' ? to : find(to);
      if (target === undefined) return;
      find(serial)
        ?.transfer(target)
        .catch((error: unknown) => {
          const name = typeof target === 'string' ? target : target.peer.value.name;
          // A call that has ended says so itself.
          const isNews = error instanceof ClientError && error.code !== 'aborted';
          if (isNews) send({ type: 'transfer-failed', error, to: name });
        });
    },
    setMic: (serial, on) => orTell(find(serial)?.local.mic(on), 'mic'),
    setCamera: (serial, on) => orTell(find(serial)?.local.camera(on), 'camera'),
    shareScreen: (serial, on) => orTell(find(serial)?.local.screen(on), 'camera'),
    useDevice: (serial, role, id) =>
      orTell(find(serial)?.local.use(role, id), role === 'camera' ? 'camera' : 'mic'),
    unblock(serial) {
      find(serial)
        ?.unblock()
        .catch(() => {});
    },
    attachRemote: (serial, element, view) => find(serial)?.attach(element, view) ?? (() => {}),
    attachSelf: (serial, element) => find(serial)?.local.attach(element) ?? (() => {}),
    chatOf: (serial) => kept.chatOf(serial),
    preflight: async (options) => (await client?.preflight(options)) ?? [],
    hideAddress: (yes) => client?.hideAddress(yes),
    reports: kept,
  };
}

function snapshot(call: Call, serial: number): CallSnapshot {
  const { local } = call;
  const safety = call.safety.value;
  return {
    serial,
    id: call.id,
    direction: call.direction,
    media: call.media,
    peer: call.peer.value,
    state: call.state.value,
    held: call.held.value,
    weak: call.weak.value,
    quality: call.quality.value,
    recording: call.recording.value,
    local: local.state.value,
    remote: call.remote.value,
    ...(safety ? { safety } : {}),
    ...(call.transferredBy === undefined ? {} : { transferredBy: call.transferredBy }),
    talking: local.talkingWhileMuted.value,
    devices: local.devices.value,
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
