/**
 * Runs the exchange on one peer connection and judges what comes of it. Fetched beside a call's beginning; a page that
 * lacks it says that its calls cannot be checked (`unwatched.ts`).
 */
import { ClientError } from '../client-error.ts';
import type { Peer, Readable, Safety, UserId } from '../public.ts';
import { exchange, type Outcome } from './exchange.ts';
import { fingerprintsOf } from './fingerprints.ts';
import { deviceKey, type Kept, keepVerified, verifiedKeys } from './store.ts';

/** By then a device that takes part has done so. */
const PATIENCE_MS = 10_000;
/** Messages of the other side that wait to be read; the exchange has two at most. */
const WAITING_LIMIT = 4;
/** Exchanges of one call. Each is a chance in 2²⁴ for whoever is in the middle, and while it rings nobody sees it. */
const EXCHANGES_LIMIT = 8;
/** How the names of guests begin, and of nobody else. */
const GUEST = 'guest.';

/** It should have been possible to compare, and was not. */
const FAILED: Safety = {
  code: [],
  status: 'failed',
  lasting: false,
  verify: () => Promise.reject(new ClientError('wrong-state', 'verify: there is nothing to compare')),
};

type Said = Readonly<Record<string, unknown>>;

/** Whom our user sees: the server says it, and may say something else the next moment. */
interface Person {
  readonly me: UserId | undefined;
  readonly id: UserId;
  readonly name: string;
  /** Their keys can be kept. A guest is somebody else each time. */
  readonly keeps: boolean;
}

/** What is known of a call from one of its connections to the next. */
export interface Compared {
  /** How many have begun. */
  exchanges: number;
  /** Who was verified without a key that could be kept: that holds for one connection. */
  once?: Person;
}

export interface SafetyEvents {
  /** Our user, once the server has said who that is, and the other one. */
  who(): { readonly me: UserId | undefined; readonly peer: Readable<Peer> };
  safety(safety: Safety | null): void;
}

export class SafetyWatch {
  readonly #connection: RTCPeerConnection;
  readonly #events: SafetyEvents;
  readonly #compared: Compared;
  readonly #send: (data: Said) => void;
  readonly #waiting: unknown[] = [];
  #wake: ((data: unknown) => void) | undefined;
  #opened = false;
  #used = false;
  #begun = false;
  #latest: Safety | null = null;
  /** Whom the exchange was judged to be with. */
  #person: Person | undefined;
  #leave: () => void = () => {};
  #stopped = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    connection: RTCPeerConnection,
    events: SafetyEvents,
    compared: Compared,
    say: (data: Said) => void,
  ) {
    this.#connection = connection;
    this.#events = events;
    this.#compared = compared;
    this.#send = say;
  }

  /** The way to the other device is there. */
  opened(): void {
    this.#opened = true;
    this.#begin();
  }

  /** The call goes this way, and media flows. */
  used(): void {
    if (this.#used || this.#stopped) return;
    // It may have come while another connection could still have been the one.
    if (this.#latest) this.#events.safety(this.#latest);
    this.#used = true;
    this.#timer = setTimeout(() => void this.#missed(), PATIENCE_MS);
    this.#begin();
  }

  /** The other device says this. */
  hear(data: unknown): void {
    if (this.#wake) this.#wake(data);
    else if (this.#waiting.length < WAITING_LIMIT) this.#waiting.push(data);
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#leave();
    this.#drop();
  }

  /** Before the answer only contacts learn which device this is: its key stays the same. */
  #begin(): void {
    if (this.#begun || this.#stopped || !this.#opened) return;
    if (!this.#used && !this.#events.who().peer.value.contact) return;
    this.#begun = true;
    this.#run().catch(() => this.#tell(FAILED));
  }

  async #run(): Promise<void> {
    this.#compared.exchanges += 1;
    if (this.#compared.exchanges > EXCHANGES_LIMIT) return this.#tell(FAILED);
    const fingerprints = await fingerprintsOf(this.#connection);
    if (!fingerprints) return this.#tell(FAILED);
    const { me, keeps } = this.#shown();
    const key = me !== undefined && keeps ? await deviceKey(me) : undefined;
    const wire = { say: (data: Said) => this.#say(data), next: () => this.#next() };
    const outcome = await exchange(fingerprints, key, wire);
    if (this.#stopped) return;
    this.#leave = this.#events.who().peer.subscribe(() => void this.#judge(outcome));
  }

  /** Silence. Of people of whom nothing is known it is no news: their client may know nothing of this. */
  async #missed(): Promise<void> {
    const shown = this.#shown();
    const known = (await keptOf(shown)).length > 0 || this.#isOnce(shown);
    if (known && !this.#latest) this.#tell(FAILED);
  }

  #say(data: Said): void {
    if (!this.#stopped) this.#send(data);
  }

  #next(): Promise<unknown> {
    if (this.#waiting.length > 0) return Promise.resolve(this.#waiting.shift());
    return new Promise((resolve) => {
      this.#wake = (data) => {
        this.#wake = undefined;
        resolve(data);
      };
    });
  }

  /** Again whenever somebody else is shown: a key is somebody's, under a name. */
  async #judge(outcome: Outcome): Promise<void> {
    const shown = this.#shown();
    if (this.#person && isSame(this.#person, shown)) return;
    if (this.#person) this.#drop();
    this.#person = shown;
    const kept = await keptOf(shown);
    if (this.#person !== shown) return;
    const known = kept.find(({ key }) => key === outcome.key);
    const before = kept.length > 0 || this.#isOnce(shown);
    const status = known?.name === shown.name ? 'verified' : before ? 'changed' : 'unverified';
    this.#tell(this.#safety(outcome, shown, status, shown.keeps && outcome.key !== undefined));
  }

  #safety(outcome: Outcome, shown: Person, status: Safety['status'], lasting: boolean): Safety {
    const { code } = outcome;
    const safety: Safety = {
      code,
      status,
      lasting,
      verify: async (read) => {
        if (this.#latest !== safety || read.join() !== code.join()) {
          throw new ClientError(
            'wrong-state',
            'verify: the call has other emoji now, or another name is shown',
          );
        }
        const kept = await keep(shown, outcome.key);
        if (!kept) this.#compared.once = shown;
        if (this.#latest === safety) this.#tell(this.#safety(outcome, shown, 'verified', kept));
      },
    };
    return safety;
  }

  #isOnce({ id, name }: Person): boolean {
    const { once } = this.#compared;
    return once !== undefined && (once.id === id || once.name === name);
  }

  #shown(): Person {
    const { me, peer } = this.#events.who();
    const { id, name, guest } = peer.value;
    return { me, id, name, keeps: me !== undefined && !guest && !me.startsWith(GUEST) };
  }

  #drop(): void {
    this.#latest = null;
    this.#events.safety(null);
  }

  #tell(safety: Safety): void {
    if (this.#stopped) return;
    this.#latest = safety;
    clearTimeout(this.#timer);
    this.#events.safety(safety);
  }
}

function isSame(one: Person, other: Person): boolean {
  return one.me === other.me && one.id === other.id && one.name === other.name && one.keeps === other.keeps;
}

function keptOf({ me, id, keeps }: Person): Promise<readonly Kept[]> {
  return me !== undefined && keeps ? verifiedKeys(me, id) : Promise.resolve([]);
}

/** Whether it could be kept. */
async function keep({ me, id, name, keeps }: Person, key: string | undefined): Promise<boolean> {
  if (me === undefined || !keeps || key === undefined) return false;
  try {
    await keepVerified(me, id, { key, name });
    return true;
  } catch {
    return false;
  }
}
