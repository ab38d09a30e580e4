/** A call as the application sees it: the store's record and the media, joined into readable values. */
import { ClientError } from './client-error.ts';
import type { CallRecord, EndedState } from './core/state.ts';
import type { TransferTo } from './core/transfer.ts';
import type { CallMedia } from './media/call-media.ts';
import type { Call, CallState, Held, LocalMedia, MediaChoice, Peer, RemoteMedia, UserId } from './public.ts';
import { Source } from './readable.ts';

/** What the application may ask for. */
export interface CallVerbs {
  accept(id: string, choice: Required<MediaChoice>): void;
  hangup(id: string): void;
  hold(id: string, on: boolean): void;
  transfer(id: string, to: TransferTo): void;
}

export class CallHandle implements Call {
  readonly media: { readonly audio: boolean; readonly video: boolean };
  readonly peer: Source<Peer>;
  readonly state: Source<CallState>;
  readonly held = new Source<Held>({ me: false, peer: false });
  readonly remote = new Source<RemoteMedia>({ audio: false, video: false, screen: false, blocked: false });
  readonly #verbs: CallVerbs;
  readonly #media: CallMedia;
  #record: CallRecord;
  #transfer: { readonly resolve: () => void; readonly reject: (error: ClientError) => void } | undefined;

  constructor(record: CallRecord, media: CallMedia, verbs: CallVerbs) {
    this.#record = record;
    this.#media = media;
    this.#verbs = verbs;
    this.media = record.asked;
    this.peer = new Source(record.peer);
    this.state = new Source<CallState>(record.state);
    media.arriving.subscribe(() => this.#showRemote());
  }

  get id(): string {
    return this.#record.id;
  }

  get direction(): 'in' | 'out' {
    return this.#record.direction;
  }

  get transferredBy(): string | undefined {
    return this.#record.transferredBy;
  }

  get local(): LocalMedia {
    return this.#media.local;
  }

  accept(choice: MediaChoice = {}): Promise<void> {
    const { value } = this.state;
    if (value.type === 'ended') return Promise.resolve();
    if (value.type !== 'ringing' || value.direction !== 'in') {
      const hint = `accept: the call is ${value.type}, it does not ring here`;
      return Promise.reject(new ClientError('wrong-state', hint));
    }
    this.#verbs.accept(this.id, { audio: choice.audio ?? true, video: choice.video ?? false });
    return Promise.resolve();
  }

  decline(): void {
    this.#verbs.hangup(this.id);
  }

  hangup(): void {
    this.#verbs.hangup(this.id);
  }

  hold(on: boolean): void {
    this.#verbs.hold(this.id, on);
  }

  transfer(to: UserId | Call): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#transfer?.reject(new ClientError('aborted', 'transfer: another was asked for'));
      this.#transfer = { resolve, reject };
      if (this.state.value.type === 'ended') {
        this.transferRefused(new ClientError('wrong-state', 'transfer: the call has ended'));
      } else {
        this.#verbs.transfer(
          this.id,
          typeof to === 'string' ? { to: to.trim().toLowerCase() } : { call: to.id },
        );
      }
    });
  }

  transferRefused(error: ClientError): void {
    this.#transfer?.reject(error);
    this.#transfer = undefined;
  }

  attach(element: HTMLMediaElement, view: 'camera' | 'screen' = 'camera'): () => void {
    if (this.state.value.type === 'ended') return () => undefined;
    return this.#media.attach(element, view);
  }

  unblock(): Promise<void> {
    return this.#media.unblock();
  }

  /** The store has a newer record. */
  show(record: CallRecord): void {
    if (record === this.#record) return;
    const before = this.#record;
    this.#record = record;
    if (!samePeer(before.peer, record.peer)) this.peer.set(record.peer);
    this.state.set(record.state);
    this.#showHeld();
    this.#showRemote();
  }

  /** The store has ended the call: stops everything, then tells. */
  end(state: EndedState, lingers = false): void {
    this.#media.release(lingers);
    this.state.set(state);
    if (state.reason === 'transferred') this.#transfer?.resolve();
    else this.transferRefused(new ClientError('aborted', `transfer: the call has ended: ${state.reason}`));
    for (const source of [this.state, this.peer, this.held, this.remote]) source.end();
  }

  #showHeld(): void {
    const me = this.#record.held;
    const peer = this.#record.receiving?.hold ?? false;
    const { value } = this.held;
    if (me !== value.me || peer !== value.peer) this.held.set({ me, peer });
  }

  #showRemote(): void {
    const { audio, video, screen, blocked } = this.#media.arriving.value;
    const { receiving } = this.#record;
    // A client that does not say what it sends is believed to send what arrives.
    const next = {
      audio: audio && (receiving?.audio ?? true),
      video: video && (receiving?.video ?? true),
      screen: screen && (receiving?.screen ?? false),
      blocked,
    };
    const { value } = this.remote;
    const same = (Object.keys(next) as (keyof RemoteMedia)[]).every((part) => next[part] === value[part]);
    if (!same) this.remote.set(next);
  }
}

function samePeer(one: Peer, other: Peer): boolean {
  const same = one.id === other.id && one.name === other.name && one.lost === other.lost;
  return same && one.contact === other.contact && one.guest?.label === other.guest?.label;
}
