/** Sends the bytes of files, one file after the other, as fast as the call allows. */
import { CHUNK_BYTES, encodeChunk } from './messages.ts';
import { Pace } from './pace.ts';
import { Sha256 } from './sha256.ts';

/** Read at once. */
const BLOCK_BYTES = 16 * CHUNK_BYTES;
const TICK_MS = 25;

export interface PumpEvents {
  sent(id: string, bytes: number): void;
  sentAll(id: string, sha256: string): void;
  unreadable(id: string): void;
}

interface Job {
  readonly id: string;
  readonly file: Blob;
  readonly hash: Sha256;
  /** How far it is hashed: what goes a second time is not hashed a second time. */
  hashed: number;
  sha256?: string;
  at: number;
  block?: { readonly from: number; readonly bytes: Uint8Array<ArrayBuffer> };
}

/** What it needs of a channel. */
export type FileChannel = Pick<RTCDataChannel, 'readyState' | 'bufferedAmount' | 'send'>;

export class Pump {
  readonly pace = new Pace();
  readonly #events: PumpEvents;
  readonly #now: () => number;
  readonly #files = new Map<string, Job>();
  /** Those that are wanted, in this order. */
  readonly #wanted: Job[] = [];
  #channel: FileChannel | undefined;
  #timer: ReturnType<typeof setInterval> | undefined;
  #runs = false;

  constructor(events: PumpEvents, now: () => number = () => performance.now()) {
    this.#events = events;
    this.#now = now;
  }

  /** What may be wanted. */
  hold(id: string, file: Blob): void {
    this.#files.set(id, { id, file, hash: new Sha256(), hashed: 0, at: 0 });
  }

  /** By this channel from now on. */
  through(channel: FileChannel): void {
    this.#channel = channel;
  }

  start(id: string, from: number): void {
    const job = this.#files.get(id);
    if (!job) return this.#events.unreadable(id);
    this.halt(id);
    job.at = from;
    this.#wanted.push(job);
    this.#timer ??= setInterval(() => void this.run(), TICK_MS);
    void this.run();
  }

  halt(id: string): void {
    const index = this.#wanted.findIndex((job) => job.id === id);
    if (index >= 0) this.#wanted.splice(index, 1);
    this.#rest();
  }

  forget(id: string): void {
    this.halt(id);
    this.#files.delete(id);
  }

  /** Sends what may go now. */
  async run(): Promise<void> {
    if (this.#runs) return;
    this.#runs = true;
    while (await this.#next());
    this.#runs = false;
  }

  /** Whether there may be more at once. */
  async #next(): Promise<boolean> {
    const [job] = this.#wanted;
    const channel = this.#channel;
    if (!job || channel?.readyState !== 'open') return false;
    if (job.at >= job.file.size) {
      this.halt(job.id);
      job.sha256 ??= job.hash.end();
      this.#events.sentAll(job.id, job.sha256);
      return true;
    }
    const { at } = job;
    const block = await this.#read(job);
    // Meanwhile it may be wanted from elsewhere, or not at all.
    if (this.#wanted[0] !== job || job.at !== at || this.#channel !== channel) return true;
    if (!block) {
      this.halt(job.id);
      this.#events.unreadable(job.id);
      return true;
    }
    if (channel.readyState !== 'open' || !this.pace.take(this.#now(), channel.bufferedAmount)) return false;
    return this.#send(channel, job, block.bytes.subarray(at - block.from, at - block.from + CHUNK_BYTES));
  }

  #send(channel: FileChannel, job: Job, bytes: Uint8Array<ArrayBuffer>): boolean {
    try {
      channel.send(encodeChunk({ id: job.id, offset: job.at, bytes }));
    } catch {
      // Its buffer is full after all: the next tick tries again.
      return false;
    }
    const after = job.at + bytes.length;
    if (after > job.hashed) {
      job.hash.add(bytes.subarray(bytes.length - (after - job.hashed)));
      job.hashed = after;
    }
    job.at = after;
    this.#events.sent(job.id, after);
    return true;
  }

  async #read(job: Job): Promise<Job['block']> {
    const { at, block, file } = job;
    if (block && at >= block.from && at < block.from + block.bytes.length) return block;
    try {
      const bytes = new Uint8Array(await file.slice(at, at + BLOCK_BYTES).arrayBuffer());
      if (bytes.length === 0) return undefined;
      job.block = { from: at, bytes };
      return job.block;
    } catch {
      return undefined;
    }
  }

  #rest(): void {
    if (this.#wanted.length > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
