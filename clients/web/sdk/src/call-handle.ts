/** A call as the application sees it: the store's record and the media, joined into readable values. */
import type { Chat } from './chat/public.ts';
import { ClientError } from './client-error.ts';
import type { CallRecord, EndedState } from './core/state.ts';
import type { TransferTo } from './core/transfer.ts';
import type { DumpOptions, Inspection } from './inspect/inspection.ts';
import type { CallMedia } from './media/call-media.ts';
import type { RecordingWish } from './protocol.ts';
import type {
  Call,
  CallState,
  Held,
  LocalMedia,
  MediaChoice,
  Peer,
  Quality,
  Readable,
  Recording,
  RemoteMedia,
  Safety,
  UserId,
  Weak,
} from './public.ts';
import { Source } from './readable.ts';

/** What the application may ask for. */
export interface CallVerbs {
  accept(id: string, choice: Required<MediaChoice>): void;
  hangup(id: string): void;
  hold(id: string, on: boolean): void;
  transfer(id: string, to: TransferTo): void;
  record(id: string, wish: RecordingWish): void;
  inspect(id: string): Promise<Inspection>;
}

export class CallHandle implements Call {
  readonly media: { readonly audio: boolean; readonly video: boolean };
  readonly peer: Source<Peer>;
  readonly state: Source<CallState>;
  readonly recording: Source<Recording>;
  readonly held = new Source<Held>({ me: false, peer: false });
  readonly weak = new Source<Weak>({ me: false, peer: false });
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
    this.recording = new Source(record.recording);
    media.arriving.subscribe(() => {
      for (const tell of this.#newly()) tell();
    });
    media.follow(record);
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

  get quality(): Readable<Quality | null> {
    return this.#media.quality;
  }

  get chat(): Chat {
    return this.#media.chat;
  }

  get local(): LocalMedia {
    return this.#media.local;
  }

  get safety(): Readable<Safety | null> {
    return this.#media.safety;
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

  record(wish: RecordingWish): void {
    this.#verbs.record(this.id, wish);
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

  inspect(): Promise<Inspection> {
    return this.#verbs.inspect(this.id);
  }

  dump(options?: DumpOptions): Promise<Blob> {
    return this.inspect().then((inspection) => inspection.dump(options));
  }

  /** The store has a newer record. */
  show(record: CallRecord): void {
    if (record === this.#record) return;
    this.#record = record;
    this.#media.follow(record);
    const news = [
      this.state.assign(record.state),
      assign(this.peer, record.peer),
      this.recording.assign(record.recording),
      ...this.#newly(),
    ];
    for (const tell of news) tell();
  }

  /** The store has ended the call: stops everything, then tells. */
  end(state: EndedState, lingers = false): void {
    this.#media.release(lingers);
    this.state.set({ ...state, summary: { ...state.summary, ...this.#media.summary() } });
    if (state.reason === 'transferred') this.#transfer?.resolve();
    else this.transferRefused(new ClientError('aborted', `transfer: the call has ended: ${state.reason}`));
    const { peer, held, recording, weak, remote } = this;
    for (const source of [this.state, peer, held, recording, weak, remote]) source.end();
  }

  /** What follows from what both sides say that they send, and from what arrives. */
  #newly(): (() => void)[] {
    const { sending, receiving, held } = this.#record;
    const { audio, video, screen, blocked } = this.#media.arriving.value;
    return [
      assign(this.held, { me: held, peer: receiving?.hold ?? false }),
      assign(this.weak, { me: sending?.weak === true && !held, peer: receiving?.weak === true }),
      assign(this.remote, {
        // A client that does not say what it sends is believed to send what arrives.
        audio: audio && (receiving?.audio ?? true),
        video: video && (receiving?.video ?? true),
        screen: screen && (receiving?.screen ?? false),
        blocked,
      }),
    ];
  }
}

/** Assigns what is not the same to a reader: plain values, whose fields are always in the same order. */
function assign<T>(source: Source<T>, next: NoInfer<T>): () => void {
  const { value } = source;
  return source.assign(JSON.stringify(value) === JSON.stringify(next) ? value : next);
}
