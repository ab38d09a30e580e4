/**
 * The shell around the store: feeds it what happens, performs what it wants, and shows the application what has
 * changed. It decides nothing.
 */
import { CallHandle } from './call-handle.ts';
import { ClientError } from './client-error.ts';
import { decode } from './core/decode.ts';
import type { Life } from './core/life.ts';
import { peerOf } from './core/peer.ts';
import type { RememberedCall } from './core/resume.ts';
import {
  type CallRecord,
  type Input,
  initialState,
  type Output,
  type Privacy,
  type State,
} from './core/state.ts';
import { nextTimeout, take } from './core/step.ts';
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
import { gist, publicLink, rank } from './shown.ts';
import type { Connection, Transport } from './transport.ts';
import type { Witness } from './witness.ts';

/** What the shell needs of the world. */
export interface World {
  readonly url: string;
  readonly transport: Transport;
  ticket(): Promise<string>;
  device(): Promise<{ readonly id: string; readonly name: string }>;
  media(events: MediaEvents): CallMedia;
  /** Fetches what the media needs once the server knows a call; nothing is wanted of it before. */
  fetchMedia?(): Promise<unknown>;
  /** Milliseconds since 1970 that never go back. */
  now(): number;
  /** This many random bytes. */
  random(count: number): Uint8Array<ArrayBuffer>;
  readonly privacy?: Privacy;
  readonly asksConsent?: boolean;
  /** For the page after this one. */
  remember?(device: string, calls: readonly RememberedCall[]): void;
  /** What the page before has kept. */
  recall?(device: string): RememberedCall[];
  /** Sees what happens to calls. */
  readonly witness: Witness;
  readonly log: ((entry: LogEntry) => void) | undefined;
}

type Unaddressed<T> = T extends { readonly call: string } ? Omit<T, 'call'> : never;
/** What a call's media tells, which does not know the id that the call has now. */
type InputOfMedia = Unaddressed<Input>;
/** What is wanted of a call's media. */
type OutputToMedia = Exclude<
  Extract<Output, { readonly call: string }>,
  { readonly type: 'announce' | 'transfer-refused' | 'tell' | 'release' }
>;

type Listener<K extends keyof ClientEvents> = (detail: ClientEvents[K]) => void;

/** A live call: what the application holds, what the browser holds, and the id that both go by. */
interface Entry {
  id: string;
  readonly handle: CallHandle;
  readonly media: CallMedia;
}

// The longest a browser's timer can wait.
const LONGEST_TIMER_MS = 2 ** 31 - 1;
/** Inputs that wait for the life of calls; the oldest gives way, and the next heartbeat makes good what it has said. */
const WAITING_LIMIT = 256;
const FETCH_AGAIN_MS = 2_000;

/** Everything but what `connect` adds: it is fetched when it is wanted. */
export class Driver implements Omit<Client, 'preflight'> {
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
  /** What could not be taken yet, since it needs the life of calls; in order. */
  #waiting: Input[] = [];
  #life: Life | undefined;
  #fetching: Promise<void> | undefined;
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

  /** Begins to connect; done when everything that a call needs is here, or could not be had yet. */
  async start(): Promise<void> {
    const { privacy, asksConsent } = this.#world;
    const fetched = this.#fetch();
    const device = await this.#world.device();
    const remembered = this.#world.recall?.(device.id) ?? [];
    this.dispatch({ type: 'start', device, remembered, asksConsent, ...(privacy ? { privacy } : {}) });
    await fetched;
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

  /** Asks the server for a sign of life, or tries to reach it at once. */
  probe(): void {
    this.dispatch({ type: 'probe' });
  }

  /** The relays, with credentials that are good now. */
  get ice(): State['ice'] {
    return this.#state.ice;
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
    const taken = this.#mustWait(input) ? undefined : take(this.#state, this.#world.now(), input, this.#life);
    if (!taken) return this.#wait(input);
    const { state, outputs } = taken;
    this.#state = state;
    this.#outputs.push(...outputs);
    this.#world.witness.turn(input, outputs, state.calls);
    this.#log('debug', input.type === 'hear' ? `heard ${input.message.type}` : input.type);
    this.#show(outputs);
    this.#schedule();
    this.#perform();
  }

  /** What the server says is taken in its order. */
  #mustWait(input: Input): boolean {
    return input.type === 'hear' && this.#waiting.some(({ type }) => type === 'hear');
  }

  #wait(input: Input): void {
    this.#waiting.push(input);
    if (this.#waiting.length > WAITING_LIMIT) this.#waiting.shift();
    void this.#fetch();
  }

  /** Fetches the life of calls; again, if it cannot be had, while something waits for it. */
  #fetch(): Promise<void> {
    this.#fetching ??= Promise.all([import('./core/life.ts'), this.#world.fetchMedia?.()]).then(
      ([{ life }]) => {
        this.#life = life;
        for (const input of this.#waiting.splice(0)) this.dispatch(input);
      },
      (cause: unknown) => {
        this.#fetching = undefined;
        if (this.#waiting.length === 0) return;
        const hint = 'a part of @visavis/client could not be fetched';
        this.#emit('error', new ClientError('server-unreachable', hint, { cause }));
        setTimeout(() => this.#fetch(), FETCH_AGAIN_MS);
      },
    );
    return this.#fetching;
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
    const { value } = this.link;
    if (link.type !== value.type || gist(link) !== gist(value)) {
      this.#log('info', `link ${link.type}`);
      this.link.set(link);
    }
  }

  #remember(): void {
    const calls = this.#life?.remembered(this.#state) ?? [];
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
    const media = this.#world.media(this.#mediaEvents(() => entry));
    const handle = new CallHandle(record, media, {
      accept: (call, choice) => this.dispatch({ type: 'accept', call, choice }),
      hangup: (call) => this.dispatch({ type: 'hangup', call }),
      hold: (call, on) => this.dispatch({ type: 'hold', call, on }),
      transfer: (call, to) => this.dispatch({ type: 'transfer', call, to }),
      record: (call, wish) => this.dispatch({ type: 'record', call, wish }),
      inspect: (call) => this.#world.witness.inspect(call),
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

  #mediaEvents(of: () => Entry): MediaEvents {
    const tell = (input: InputOfMedia) => this.dispatch({ ...input, call: of().id } as Input);
    return {
      opened: (key, peer) => this.#world.witness.opened(of().id, key, peer),
      described: (key, description) => tell({ type: 'described', key, description }),
      gathered: (key, candidates) => tell({ type: 'gathered', key, candidates }),
      sending: (notice) => tell({ type: 'sending', notice }),
      connected: (key, path) => tell({ type: 'connected', key, path }),
      flowing: (key) => tell({ type: 'flowing', key }),
      suspect: (key) => tell({ type: 'suspect', key }),
      interrupted: (key, cause) => tell({ type: 'interrupted', key, cause }),
      deaf: (key, who) => tell({ type: 'deaf', key, who }),
      heard: (key, message) => tell({ type: 'control', key, message }),
      tried: (key, evidence) => tell({ type: 'tried', key, evidence }),
      broken: (key, reason) => tell({ type: 'broken', key, reason }),
      problem: (error) => this.#emit('error', error),
      peer: () => of().handle.peer,
      id: () => of().id,
      online: () => this.#state.link.type === 'online',
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
        return this.#shut();
      case 'send':
        return this.#connection?.send(JSON.stringify(output.message));
      case 'announce':
        this.#unheard.add(output.call);
        return this.#announce(output.call);
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
      default: {
        const media = this.#media(output.call);
        if (media) toMedia(media, output);
      }
    }
  }

  #media(id: string): CallMedia | undefined {
    return this.#entries.get(id)?.media;
  }

  #shut(): void {
    // Whatever it has said is in what the next connection is told.
    this.#waiting = this.#waiting.filter(({ type }) => type !== 'hear');
    this.#connection?.close();
    this.#connection = undefined;
    this.#round += 1;
  }

  /** Opens the connection and gets the ticket for it at the same time. */
  #open(): void {
    this.#shut();
    const round = this.#round;
    /** What is heard of an old one is of no interest. */
    const current =
      <T>(run: (news: T) => void) =>
      (news: T) => {
        if (round === this.#round) run(news);
      };
    let ticket: string | undefined;
    let opened = false;
    const greet = () => {
      if (opened && ticket !== undefined) this.dispatch({ type: 'opened', ticket });
    };
    this.#connection = this.#world.transport.open(this.#world.url, {
      opened: current(() => {
        opened = true;
        greet();
      }) as () => void,
      message: current((text) => this.#hear(text)),
      closed: current((code) => {
        this.#connection = undefined;
        this.dispatch({ type: 'closed', code });
      }),
    });
    this.#world.ticket().then(
      current((fresh) => {
        ticket = fresh;
        greet();
      }),
      current((error) => {
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

/** What is wanted of the media of a call. */
function toMedia(media: CallMedia, output: OutputToMedia): void {
  switch (output.type) {
    case 'capture':
      return media.capture(output.choice);
    case 'hold':
      return media.hold(output.on);
    case 'pause':
      return media.pause(output.on);
    case 'prepare':
      return media.prepare(output.key, output);
    case 'drop':
      return media.drop(output.key);
    case 'feed':
      return media.feed(output.key);
    case 'use':
      return media.use(output.key);
    case 'offer':
      return media.offer(output.key, output, output.restart);
    case 'describe':
      return media.describe(output.key, output.description, output, output.polite);
    case 'add-candidates':
      return media.addCandidates(output.key, output.candidates);
    case 'begin-anew':
      return media.beginAnew(output.choice);
  }
}

/** RFC 9562 §5.7: the time first, so that ids sort by age. */
function uuidV7(now: number, random: Uint8Array): string {
  const time = Math.floor(now).toString(16).padStart(12, '0');
  const bytes = Array.from(random, (byte) => byte.toString(16).padStart(2, '0')).join('');
  const variant = (8 | ((random[8] ?? 0) & 3)).toString(16);
  return `${time}7${bytes.slice(0, 3)}${variant}${bytes.slice(3, 18)}`.replace(
    /^(.{8})(.{4})(.{4})(.{4})/,
    '$1-$2-$3-$4-',
  );
}
