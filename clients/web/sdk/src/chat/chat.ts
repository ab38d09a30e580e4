/**
 * The shell around the chat: two data channels on the connection that carries the call, files and storage. It decides
 * nothing. Fetched when a call is answered.
 */
import { ClientError } from '../client-error.ts';
import type { Quality } from '../public.ts';
import type { LaterChat } from './later.ts';
import { forgetTexts, keepTexts, keptTexts } from './memory.ts';
import { decodeChunk, decodeTalk, newId, type Talk } from './messages.ts';
import type { Chat, ChatOptions, ChatText } from './public.ts';
import { Pump } from './pump.ts';
import { Received } from './received.ts';
import { type Input, initialState, type Output, type State } from './state.ts';
import { shown, step } from './step.ts';

/** The largest file, if the application says nothing. */
const MAX_FILE_BYTES = 256 * 1024 ** 2;
/** By then a side that has a chat has said so. */
const PATIENCE_MS = 10_000;
/** Messages read in one second. More are dropped until the second is over; what mattered of them comes again. */
const MESSAGES_PER_SECOND = 100;
/** How often the application is told how far files have come. */
const SHOW_MS = 100;
/** A channel that has this much left wants more. */
const LOW_BYTES = 64 * 1024;

/** This connection carries the call from now on, and it is answered. */
export function carry(
  chat: LaterChat,
  options: ChatOptions,
  id: () => string,
  peer: RTCPeerConnection,
): void {
  chat.part ??= new CallChat(options, id, chat);
  chat.part.carry(peer);
}

export class CallChat {
  readonly #maxFileBytes: number;
  readonly #id: () => string;
  readonly #chat: LaterChat;
  readonly #pump: Pump;
  readonly #outputs: Output[] = [];
  #received = new Received();
  #state: State;
  #peer: RTCPeerConnection | undefined;
  #talk: RTCDataChannel | undefined;
  #patience: ReturnType<typeof setTimeout> | undefined;
  #showing: ReturnType<typeof setTimeout> | undefined;
  #performing = false;
  #second = 0;
  #heard = 0;
  #kept = '[]';

  /** `id`: the call, by whose name its texts are kept for the page after this one. */
  constructor(options: ChatOptions, id: () => string, chat: LaterChat) {
    this.#maxFileBytes = options.maxFileBytes ?? MAX_FILE_BYTES;
    this.#id = id;
    this.#chat = chat;
    this.#state = initialState(this.#maxFileBytes, keptTexts(id()));
    this.#pump = new Pump({
      sent: (id, bytes) => this.#tell({ type: 'sent', id, bytes }),
      sentAll: (id, sha256) => this.#tell({ type: 'sent-all', id, sha256 }),
      unreadable: (id) => this.#tell({ type: 'unreadable', id }),
    });
    Object.assign(chat, {
      send: (text) => this.#tryTo({ type: 'send', id: newId(), text }),
      offer: (file) => this.#offer(file),
      accept: (id) => this.#tell({ type: 'accept', id }),
      cancel: (id) => this.#tell({ type: 'cancel', id }),
    } satisfies Pick<Chat, 'send' | 'offer' | 'accept' | 'cancel'>);
  }

  carry(peer: RTCPeerConnection): void {
    if (peer === this.#peer || peer.connectionState === 'closed') return;
    this.#peer = peer;
    this.#tell({ type: 'lost' });
    const talk = peer.createDataChannel('talk', { negotiated: true, id: 1 });
    const file = peer.createDataChannel('file', { negotiated: true, id: 2 });
    const ifPresent = (run: () => void) => () => {
      if (peer === this.#peer) run();
    };
    this.#talk = talk;
    this.#pump.through(file);
    file.binaryType = 'arraybuffer';
    file.bufferedAmountLowThreshold = LOW_BYTES;
    talk.addEventListener(
      'open',
      ifPresent(() => this.#linked()),
    );
    talk.addEventListener(
      'close',
      ifPresent(() => this.#tell({ type: 'lost' })),
    );
    talk.addEventListener('message', ({ data }) => ifPresent(() => this.#hear(data))());
    file.addEventListener('message', ({ data }) => ifPresent(() => this.#take(data))());
    for (const event of ['open', 'bufferedamountlow']) {
      file.addEventListener(
        event,
        ifPresent(() => void this.#pump.run()),
      );
    }
    // An old client's connection never opens them.
    this.#wait();
  }

  measured(quality: Quality | null): void {
    this.#pump.pace.measured(quality);
  }

  weak(on: boolean): void {
    this.#pump.pace.weak(on);
  }

  /** The call goes on with another person, who has no business with this. */
  begin(): void {
    this.end();
    this.#received = new Received();
    this.#state = initialState(this.#maxFileBytes);
    this.#show();
  }

  /** The call is over. */
  end(): void {
    this.#peer = undefined;
    clearTimeout(this.#patience);
    this.#tell({ type: 'end' });
    forgetTexts(this.#id());
  }

  #linked(): void {
    this.#wait();
    this.#tell({ type: 'linked' });
  }

  #wait(): void {
    clearTimeout(this.#patience);
    this.#patience = setTimeout(() => this.#tell({ type: 'patience' }), PATIENCE_MS);
  }

  #hear(data: unknown): void {
    const second = Math.floor(performance.now() / 1000);
    if (second !== this.#second) this.#heard = 0;
    this.#second = second;
    this.#heard += 1;
    if (this.#heard > MESSAGES_PER_SECOND) return;
    const message = decodeTalk(data);
    if (message) this.#tell({ type: 'hear', message });
  }

  #take(data: unknown): void {
    const chunk = decodeChunk(data);
    if (chunk) this.#tell({ type: 'chunk', chunk });
  }

  #tell(input: Input): void {
    const { state, outputs } = step(this.#state, input, Date.now());
    const before = this.#state;
    this.#state = state;
    this.#outputs.push(...outputs);
    this.#perform();
    const isProgress = input.type === 'chunk' || input.type === 'sent';
    if (this.#state === before) return;
    if (isProgress) this.#showing ??= setTimeout(() => this.#show(), SHOW_MS);
    else this.#show();
  }

  /** Rejects with what the state refuses. */
  #tryTo(input: Input): Promise<void> {
    const { outputs } = step(this.#state, input, Date.now());
    const refused = outputs.find((output) => output.type === 'refuse');
    if (refused) return Promise.reject(new ClientError(refused.code, refused.hint));
    this.#tell(input);
    return Promise.resolve();
  }

  #offer(file: File): Promise<void> {
    const id = newId();
    this.#pump.hold(id, file);
    const { name, size, type: mime } = file;
    const tried = this.#tryTo({ type: 'offer', id, name, size, mime });
    tried.catch(() => this.#pump.forget(id));
    return tried;
  }

  #show(): void {
    clearTimeout(this.#showing);
    this.#showing = undefined;
    this.#chat.set(shown(this.#state, this.#received.whole));
    this.#keep();
  }

  #keep(): void {
    if (this.#state.status === 'over') return;
    const texts = this.#state.entries.filter((entry): entry is ChatText => entry.type === 'text');
    const gist = texts.map(({ id, state }) => `${id} ${state}`).join();
    if (gist === this.#kept) return;
    this.#kept = gist;
    keepTexts(this.#id(), texts);
  }

  #perform(): void {
    if (this.#performing) return;
    this.#performing = true;
    for (let output = this.#outputs.shift(); output; output = this.#outputs.shift()) this.#do(output);
    this.#performing = false;
  }

  #do(output: Output): void {
    switch (output.type) {
      case 'say':
        return this.#say(output.message);
      case 'pump':
        return this.#pump.start(output.id, output.from);
      case 'halt':
        return this.#pump.halt(output.id);
      case 'keep':
        return this.#received.keep(output.id, output.bytes);
      case 'check': {
        const whole = this.#received.check(output.id, output.sha256);
        return this.#tell({ type: 'checked', id: output.id, whole });
      }
      case 'forget':
        this.#pump.forget(output.id);
        return this.#received.forget(output.id);
      case 'refuse':
        return;
    }
  }

  #say(message: Talk): void {
    if (this.#talk?.readyState !== 'open') return;
    try {
      this.#talk.send(JSON.stringify(message));
    } catch {
      // Its buffer is full, so the path has been dead for long; on the next one it is said again.
      return;
    }
  }
}
