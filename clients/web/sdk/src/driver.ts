/**
 * The shell around the store: feeds it what happens, performs what it wants, and shows the application what has
 * changed. It decides nothing.
 */
import { CallHandle } from './call-handle.ts';
import { ClientError } from './client-error.ts';
import { decode } from './core/decode.ts';
import { peerOf } from './core/peer.ts';
import { type RememberedCall, remembered } from './core/resume.ts';
import {
  type CallRecord,
  type Input,
  initialState,
  type Output,
  type Privacy,
  type State,
} from './core/state.ts';
import { nextTimeout, step } from './core/store.ts';
import type { CallMedia, MediaEvents } from './media/call-media.ts';
import type {
  Call,
  Client,
  ClientEvents,
  ElsewhereCall,
  LinkState,
  LogEntry,
  MediaChoice,
  UserId,
} from './public.ts';
import { Source, call as tell } from './readable.ts';
import type { Connection, Transport } from './transport.ts';

/** What the shell needs of the world. */
export interface World {
  readonly url: string;
  readonly transport: Transport;
  ticket(): Promise<string>;
  device(): Promise<{ readonly id: string; readonly name: string }>;
  media(events: MediaEvents): CallMedia;
  /** Milliseconds since 1970 that never go back. */
  now(): number;
  /** This many random bytes. */
  random(count: number): Uint8Array<ArrayBuffer>;
  readonly privacy?: Privacy;
  /** For the page after this one. */
  remember?(device: string, calls: readonly RememberedCall[]): void;
  /** What the page before has kept. */
  recall?(device: string): RememberedCall[];
  readonly log: ((entry: LogEntry) => void) | undefined;
}

type Listener<K extends keyof ClientEvents> = (detail: ClientEvents[K]) => void;

/** A live call: what the application holds, what the browser holds, and the id that both go by. */
interface Entry {
  id: string;
  readonly handle: CallHandle;
  readonly media: CallMedia;
}

// The longest a browser's timer can wait.
const LONGEST_TIMER_MS = 2 ** 31 - 1;

export class Driver implements Client {
  readonly link = new Source<LinkState>({ type: 'connecting', attempt: 0, retryInMs: 0 });
  readonly calls = new Source<readonly Call[]>([]);
  readonly current = new Source<Call | null>(null);
  readonly elsewhere = new Source<readonly ElsewhereCall[]>([]);
  readonly presence = new Source<State['presence']>({});
  readonly #world: World;
  readonly #entries = new Map<string, Entry>();
  readonly #listeners: { readonly [K in keyof ClientEvents]: Set<Listener<K>> } = {
    incoming: new Set(),
    changed: new Set(),
    error: new Set(),
  };
  /** Calls that ring here and of which nobody has been told, since nobody listens. */
  readonly #unheard = new Set<string>();
  readonly #outputs: Output[] = [];
  #state: State;
  #performing = false;
  /** What was last remembered; nothing, until there is something to forget. */
  #remembered = '[]';
  #elsewhere: State['elsewhere'] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #connection: Connection | undefined;
  /** Counts connections, so that the last words of an old one are not taken for the new one's. */
  #round = 0;

  constructor(world: World) {
    this.#world = world;
    const [seed = 0, ...rest] = new Uint32Array(world.random(12).buffer);
    this.#state = initialState(rest.map((number) => number.toString(36)).join(''), seed);
  }

  /** Begins to connect. */
  async start(): Promise<void> {
    const { privacy } = this.#world;
    const device = await this.#world.device();
    const remembered = this.#world.recall?.(device.id) ?? [];
    this.dispatch({ type: 'start', device, remembered, ...(privacy ? { privacy } : {}) });
  }

  call(to: UserId, options: MediaChoice & { readonly signal?: AbortSignal } = {}): Call {
    const choice = { audio: options.audio ?? true, video: options.video ?? false };
    const name = to.trim().toLowerCase();
    const ringing = this.#state.calls.find(
      ({ peer, state }) => peer.id === name && state.type === 'ringing' && state.direction === 'in',
    );
    const id = ringing?.id ?? uuidV7(this.#world.now(), this.#world.random(16));
    // Whoever calls somebody who rings here wants the call that rings.
    this.dispatch(
      ringing ? { type: 'accept', call: id, choice } : { type: 'dial', call: id, to: name, choice },
    );
    const call = this.#handle(id);
    const { signal } = options;
    if (signal?.aborted) call.hangup();
    signal?.addEventListener('abort', () => call.hangup(), { once: true });
    return call;
  }

  #handle(id: string): CallHandle {
    const call = this.#entries.get(id)?.handle;
    if (!call) throw new ClientError('wrong-state', 'the call is not there');
    return call;
  }

  #take(id: string, { audio = true, video = false }: MediaChoice): Call {
    this.dispatch({ type: 'take', call: id, choice: { audio, video } });
    return this.#handle(id);
  }

  on<K extends keyof ClientEvents>(
    event: K,
    run: Listener<K>,
    options: { readonly signal?: AbortSignal; readonly once?: boolean } = {},
  ): () => void {
    const listeners: Set<Listener<K>> = this.#listeners[event];
    const off = () => void listeners.delete(entry);
    const entry: Listener<K> = (detail) => {
      if (options.once) off();
      run(detail);
    };
    if (options.signal?.aborted) return off;
    options.signal?.addEventListener('abort', off, { once: true });
    listeners.add(entry);
    if (event === 'incoming') for (const id of [...this.#unheard]) this.#announce(id);
    return off;
  }

  close(): void {
    this.dispatch({ type: 'close' });
  }

  /** The page goes away. */
  leave(): void {
    this.dispatch({ type: 'leave' });
  }

  /** The page is back from the browser's cache. */
  comeBack(): void {
    this.dispatch({ type: 'come-back' });
  }

  /** The network is another one. */
  networkChanged(): void {
    this.dispatch({ type: 'network-changed' });
  }

  hideAddress(yes: boolean): void {
    this.dispatch({ type: 'hide-address', yes });
  }

  /** Whether somebody looks at the page. */
  seen(yes: boolean): void {
    this.dispatch({ type: 'seen', yes });
  }

  /** Tells the store, shows what has changed, and does what is to be done. May be called from within itself. */
  dispatch(input: Input): void {
    const before = this.#state;
    const { state, outputs } = step(before, this.#world.now(), input);
    this.#state = state;
    this.#outputs.push(...outputs);
    this.#log('debug', input.type === 'hear' ? `heard ${input.message.type}` : input.type);
    this.#show(outputs);
    this.#schedule();
    this.#perform();
  }

  /** Brings what the application sees up to date. */
  #show(outputs: readonly Output[]): void {
    const over: (() => void)[] = [];
    for (const output of outputs) {
      if (output.type === 'rekey') this.#rekey(output.from, output.to);
      // Before a release, which closes the way.
      if (output.type === 'tell') this.#media(output.call)?.tell(output.message);
      if (output.type !== 'release') continue;
      const entry = this.#entries.get(output.call);
      this.#entries.delete(output.call);
      this.#unheard.delete(output.call);
      if (entry) over.push(() => entry.handle.end(output.state, output.lingers));
      this.#log('info', `call ${output.call} ended: ${output.state.reason}`);
    }
    const state = this.#state;
    for (const record of state.calls) {
      // A listener may have dispatched something; then that turn has shown everything newer.
      if (this.#state === state) this.#entry(record).handle.show(record);
    }
    this.#showCalls(this.#state.calls);
    this.#remember();
    for (const end of over) end();
    this.presence.set(this.#state.presence);
    this.#showElsewhere(this.#state.elsewhere);
    const link = publicLink(this.#state, this.#world.now());
    if (!sameLink(link, this.link.value)) {
      this.#log('info', `link ${link.type}`);
      this.link.set(link);
    }
  }

  #remember(): void {
    const calls = remembered(this.#state);
    const text = JSON.stringify(calls);
    if (text === this.#remembered) return;
    this.#remembered = text;
    this.#world.remember?.(this.#state.device.id, calls);
  }

  #showElsewhere(records: State['elsewhere']): void {
    if (records === this.#elsewhere) return;
    this.#elsewhere = records;
    this.elsewhere.set(
      records.map(({ id, peer, device, video }) => ({
        id,
        peer: peerOf(peer),
        device,
        video,
        take: (choice = {}) => this.#take(id, choice),
      })),
    );
  }

  #showCalls(records: readonly CallRecord[]): void {
    const handles = records.flatMap(({ id }) => this.#entries.get(id)?.handle ?? []);
    const { value } = this.calls;
    if (handles.length !== value.length || handles.some((handle, index) => handle !== value[index])) {
      this.calls.set(handles);
    }
    const first = [...records].sort((one, other) => rank(one) - rank(other))[0];
    this.current.set((first && this.#entries.get(first.id)?.handle) ?? null);
  }

  #entry(record: CallRecord): Entry {
    const known = this.#entries.get(record.id);
    if (known) return known;
    const media = this.#world.media(this.#mediaEvents(() => entry.id));
    const handle = new CallHandle(record, media, {
      accept: (call, choice) => this.dispatch({ type: 'accept', call, choice }),
      hangup: (call) => this.dispatch({ type: 'hangup', call }),
      hold: (call, on) => this.dispatch({ type: 'hold', call, on }),
      transfer: (call, to) => this.dispatch({ type: 'transfer', call, to }),
    });
    const entry: Entry = { id: record.id, handle, media };
    this.#entries.set(record.id, entry);
    return entry;
  }

  #rekey(from: string, to: string): void {
    const entry = this.#entries.get(from);
    if (!entry) return;
    this.#entries.delete(from);
    entry.id = to;
    this.#entries.set(to, entry);
  }

  #mediaEvents(id: () => string): MediaEvents {
    return {
      described: (key, description) => this.dispatch({ type: 'described', call: id(), key, description }),
      gathered: (key, candidates) => this.dispatch({ type: 'gathered', call: id(), key, candidates }),
      sending: (notice) => this.dispatch({ type: 'sending', call: id(), notice }),
      connected: (key, path) => this.dispatch({ type: 'connected', call: id(), key, path }),
      flowing: (key) => this.dispatch({ type: 'flowing', call: id(), key }),
      suspect: (key) => this.dispatch({ type: 'suspect', call: id(), key }),
      interrupted: (key, cause) => this.dispatch({ type: 'interrupted', call: id(), key, cause }),
      deaf: (key, who) => this.dispatch({ type: 'deaf', call: id(), key, who }),
      heard: (key, message) => this.dispatch({ type: 'control', call: id(), key, message }),
      tried: (key, evidence) => this.dispatch({ type: 'tried', call: id(), key, evidence }),
      broken: (key, reason) => this.dispatch({ type: 'broken', call: id(), key, reason }),
      problem: (error) => this.#emit('error', error),
    };
  }

  #perform(): void {
    if (this.#performing) return;
    this.#performing = true;
    for (let output = this.#outputs.shift(); output; output = this.#outputs.shift()) this.#do(output);
    this.#performing = false;
  }

  #do(output: Output): void {
    switch (output.type) {
      case 'open':
        return this.#open();
      case 'shut':
        this.#round += 1;
        this.#connection?.close();
        this.#connection = undefined;
        return;
      case 'send':
        this.#connection?.send(JSON.stringify(output.message));
        return;
      case 'announce':
        this.#unheard.add(output.call);
        return this.#announce(output.call);
      case 'capture':
        return this.#media(output.call)?.capture(output.choice);
      case 'hold':
        return this.#media(output.call)?.hold(output.on);
      case 'pause':
        return this.#media(output.call)?.pause(output.on);
      case 'prepare':
        return this.#media(output.call)?.prepare(output.key, output);
      case 'drop':
        return this.#media(output.call)?.drop(output.key);
      case 'feed':
        return this.#media(output.call)?.feed(output.key);
      case 'use':
        return this.#media(output.call)?.use(output.key);
      case 'offer':
        return this.#media(output.call)?.offer(output.key, output, output.restart);
      case 'describe':
        return this.#media(output.call)?.describe(output.key, output.description, output, output.polite);
      case 'add-candidates':
        return this.#media(output.call)?.addCandidates(output.key, output.candidates);
      case 'begin-anew':
        return this.#media(output.call)?.beginAnew(output.choice);
      case 'transfer-refused':
        return this.#entries.get(output.call)?.handle.transferRefused(output.error);
      case 'report':
        return this.#emit('error', output.error);
      case 'changed':
        return this.#emit('changed', output.what);
      case 'rekey':
      case 'tell':
      case 'release':
        // Done by `#show`, before anybody could see the call half changed.
        return;
    }
  }

  #media(id: string): CallMedia | undefined {
    return this.#entries.get(id)?.media;
  }

  /** Opens the connection and gets the ticket for it at the same time. */
  #open(): void {
    this.#connection?.close();
    this.#round += 1;
    const round = this.#round;
    const ifCurrent = (run: () => void) => {
      if (round === this.#round) run();
    };
    let ticket: string | undefined;
    let opened = false;
    const greet = () => {
      if (opened && ticket !== undefined) this.dispatch({ type: 'opened', ticket });
    };
    this.#connection = this.#world.transport.open(this.#world.url, {
      opened: () =>
        ifCurrent(() => {
          opened = true;
          greet();
        }),
      message: (text) => ifCurrent(() => this.#hear(text)),
      closed: (code) =>
        ifCurrent(() => {
          this.#connection = undefined;
          this.dispatch({ type: 'closed', code });
        }),
    });
    this.#world.ticket().then(
      (fresh) =>
        ifCurrent(() => {
          ticket = fresh;
          greet();
        }),
      (error: unknown) =>
        ifCurrent(() => {
          const signedOut = error instanceof ClientError && error.code === 'signed-out';
          this.dispatch({ type: 'ticket-failed', signedOut });
        }),
    );
  }

  #hear(text: string): void {
    const decoded = decode(text);
    switch (decoded.type) {
      case 'message':
        return this.dispatch({ type: 'hear', message: decoded.message });
      case 'unknown':
        return this.#log('debug', `passed over a message of type ${decoded.name}`);
      case 'bad':
        return this.#emit('error', new ClientError('protocol', `from the server: ${decoded.why}`));
    }
  }

  /** Tells of a call that rings. Only when somebody heard it does it really ring here. */
  #announce(id: string): void {
    const entry = this.#entries.get(id);
    if (!entry || this.#listeners.incoming.size === 0 || !this.#unheard.delete(id)) return;
    this.#emit('incoming', entry.handle);
    this.dispatch({ type: 'alerting', call: entry.id });
  }

  #emit<K extends keyof ClientEvents>(event: K, detail: ClientEvents[K]): void {
    const listeners: Set<Listener<K>> = this.#listeners[event];
    if (detail instanceof ClientError) this.#log('warn', `${detail.code}: ${detail.hint}`);
    for (const run of [...listeners]) tell(run, detail);
  }

  #schedule(): void {
    clearTimeout(this.#timer);
    const due = nextTimeout(this.#state);
    if (due === Number.POSITIVE_INFINITY) return;
    const delay = Math.min(Math.max(due - this.#world.now(), 0), LONGEST_TIMER_MS);
    this.#timer = setTimeout(() => this.dispatch({ type: 'timeout' }), delay);
  }

  #log(level: LogEntry['level'], message: string): void {
    this.#world.log?.({ at: this.#world.now(), level, message });
  }
}

/** Which call comes first on a screen. */
function rank({ state, held }: CallRecord): number {
  switch (state.type) {
    case 'connecting':
    case 'active':
    case 'recovering':
      return held ? 2 : 0;
    case 'dialing':
      return 1;
    case 'ringing':
      return state.direction === 'out' ? 1 : 3;
  }
}

function publicLink({ link }: State, now: number): LinkState {
  switch (link.type) {
    case 'waiting': {
      const retryInMs = Number.isFinite(link.retryAt) ? Math.max(0, Math.round(link.retryAt - now)) : 0;
      return { type: 'connecting', attempt: link.attempt, retryInMs };
    }
    case 'opening':
      return { type: 'connecting', attempt: link.attempt, retryInMs: 0 };
    case 'online':
      return { type: 'online', me: link.me };
    case 'offline':
      return { type: 'offline', reason: link.reason };
  }
}

function sameLink(one: LinkState, other: LinkState): boolean {
  if (one.type === 'connecting' && other.type === 'connecting') {
    // The countdown is the application's; only a new wait or its end is news.
    return one.attempt === other.attempt && one.retryInMs > 0 === other.retryInMs > 0;
  }
  if (one.type === 'online' && other.type === 'online') return one.me === other.me;
  return one.type === other.type;
}

/** RFC 9562 §5.7: the time first, so that ids sort by age. */
function uuidV7(now: number, random: Uint8Array): string {
  const time = Math.floor(now).toString(16).padStart(12, '0');
  const bytes = Array.from(random, (byte) => byte.toString(16).padStart(2, '0')).join('');
  const variant = (8 | ((random[8] ?? 0) & 3)).toString(16);
  const head = `${time.slice(0, 8)}-${time.slice(8)}-7${bytes.slice(0, 3)}`;
  return `${head}-${variant}${bytes.slice(3, 6)}-${bytes.slice(6, 18)}`;
}
