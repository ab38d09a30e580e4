/**
 * Looks at a peer connection once a second, says how good it is, and sends by it what the ladder says. Fetched when a call
 * is answered, so that a page has it only then; without it a browser's own congestion control is all there is.
 */
import type { Ailing } from '../core/control.ts';
import type { Quality } from '../public.ts';
import { asAnswer, type Coding, knowsRed, USUAL, withCoding } from './coding.ts';
import { FigureReader, type Report } from './figures.ts';
import { Gauge } from './gauge.ts';
import { type Figures, Ladder, type Rung } from './ladder.ts';
import type { Line } from './lines.ts';
import { Redundancy } from './redundancy.ts';
import { sampleOf } from './sample.ts';
import { withSlowStart } from './slow-start.ts';

const LOOK_MS = 1_000;
// Not imported, which would cut the package in three.
const LINES: readonly Line[] = ['mic', 'screen-sound', 'camera', 'screen'];

export interface LadderEvents {
  /** The sender of a line, if the two sides have agreed on one. */
  sender(line: Line): RTCRtpSender | undefined;
  /** Pictures are paused to keep the sound, or go on. */
  weak(on: boolean): void;
  /** How good it is, once a second; null until that is known. */
  measured(quality: Quality | null): void;
  /** Runs this when no negotiation is under way. */
  inTurn(work: () => Promise<void>): void;
}

export class LadderWatch {
  readonly #peer: RTCPeerConnection;
  readonly #events: LadderEvents;
  readonly #ladder = new Ladder();
  readonly #reader = new FigureReader();
  readonly #gauge = new Gauge();
  /** None, if sound is never to be sent twice. */
  readonly #redundancy: Redundancy | undefined;
  /** What each line's sender was last told. */
  readonly #told = new Map<Line, string>();
  readonly #timer: ReturnType<typeof setInterval>;
  #weak = false;
  #coding: Coding = USUAL;
  #twice = false;
  /** Pictures had to be paused here, which may be so again: never a quick start any more. */
  #narrow = false;
  #ailing: Ailing = {};
  #theirs: Ailing = {};
  #stopped = false;

  /** `twice`: sound may be sent twice. */
  constructor(peer: RTCPeerConnection, twice: boolean, events: LadderEvents) {
    this.#peer = peer;
    this.#events = events;
    if (twice) this.#redundancy = new Redundancy();
    this.#timer = setInterval(() => void this.#look(), LOOK_MS);
    void this.#look();
  }

  stop(): void {
    this.#stopped = true;
    clearInterval(this.#timer);
  }

  /** What is wrong here with what we send, for the other side. */
  get ailing(): Ailing {
    return this.#ailing;
  }

  /** What is wrong there with what they send, they say. */
  hear(ailing: Ailing): void {
    this.#theirs = ailing;
  }

  /** The other side's description, so that our sound is coded as it should be, and a narrow network not flooded. */
  coded(sdp: string): string {
    this.#twice = this.#coding.twice && knowsRed(sdp);
    const coded = this.#coding === USUAL ? sdp : withCoding(sdp, this.#coding);
    return this.#narrow ? withSlowStart(coded) : coded;
  }

  async #look(): Promise<void> {
    const report: Report = await this.#peer.getStats();
    if (this.#stopped) return;
    const now = performance.now();
    const quality = this.#gauge.look(sampleOf(report, now), this.#twice, this.#theirs);
    this.#ailing = ailingOf(quality);
    this.#events.measured(quality);
    const pictures = (['camera', 'screen'] as const).some((line) => this.#events.sender(line)?.track);
    const figures = this.#reader.read(report, now, pictures);
    const { rung, weak } = this.#ladder.look(figures);
    for (const line of LINES) void this.#tell(line, rung);
    this.#code(figures, rung);
    if (weak !== this.#weak) {
      this.#weak = weak;
      this.#events.weak(weak);
    }
  }

  #code({ at, lost, available }: Figures, { picture, sound }: Rung): void {
    const { packetMs } = sound;
    // Where hardly the sound passes, twice as much of it would be lost all the more.
    const room = picture !== null;
    this.#narrow ||= !room;
    const twice = this.#redundancy?.look({ at, lost, room }) ?? false;
    const coding = { packetMs, sparse: !room, twice };
    // Whoever tells an estimate is known to follow a description that is applied anew; Firefox is not.
    if (available === undefined || JSON.stringify(coding) === JSON.stringify(this.#coding)) return;
    this.#coding = coding;
    this.#events.inTurn(() => this.#recode());
  }

  /** Negotiates with itself: nothing changes that the other side would have to know. */
  async #recode(): Promise<void> {
    const { localDescription: ours, remoteDescription: theirs, signalingState } = this.#peer;
    // A negotiation that is under way brings a description to which the same is done.
    if (this.#stopped || !ours || !theirs || signalingState !== 'stable') return;
    const sdp = asAnswer(theirs, ours.sdp);
    await this.#peer.setLocalDescription(await this.#peer.createOffer());
    await this.#peer.setRemoteDescription({ type: 'answer', sdp: this.coded(sdp) });
  }

  async #tell(line: Line, rung: Rung): Promise<void> {
    const sender = this.#events.sender(line);
    const wanted = encodingOf(line, rung);
    const text = JSON.stringify(wanted);
    if (!sender || this.#told.get(line) === text) return;
    this.#told.set(line, text);
    try {
      const parameters = sender.getParameters();
      // A browser that names no encodings before it sends knows of one.
      const encodings = parameters.encodings?.length ? parameters.encodings : [{}];
      await sender.setParameters({
        ...parameters,
        encodings: encodings.map((encoding) => ({ ...encoding, ...wanted })),
        ...preferenceOf(line),
      });
    } catch {
      // In the middle of a negotiation it is refused; the next look tries again.
      this.#told.delete(line);
    }
  }
}

function ailingOf(quality: Quality | null): Ailing {
  if (!quality) return {};
  const { limitedBy, silent } = quality.sending;
  return { ...(limitedBy === 'cpu' && { busy: true }), ...(silent && { silent }) };
}

/** What gives way in a picture when it must: letters are to stay legible, a face is to move and be known. */
function preferenceOf(line: Line): { degradationPreference?: 'balanced' | 'maintain-resolution' } {
  if (line === 'camera') return { degradationPreference: 'balanced' };
  return line === 'screen' ? { degradationPreference: 'maintain-resolution' } : {};
}

/** What is sent while pictures are paused, which is nothing. */
const PAUSED = { scale: 4, bitrate: 150_000, rate: 15 } as const;

/** What the sender of a line is told. */
function encodingOf(line: Line, { picture, sound }: Rung): Partial<RTCRtpEncodingParameters> {
  const active = picture !== null;
  const { scale, bitrate, rate } = picture ?? PAUSED;
  switch (line) {
    case 'mic':
      return { active: true, priority: 'high', networkPriority: 'high', maxBitrate: sound.bitrate };
    case 'screen-sound':
      return { active, priority: 'medium', maxBitrate: sound.bitrate };
    case 'camera':
      return {
        active,
        priority: 'low',
        maxBitrate: bitrate,
        maxFramerate: rate,
        scaleResolutionDownBy: scale,
      };
    case 'screen':
      // Smaller it could not be read; fewer pictures of it can.
      return { active, priority: 'low', maxBitrate: bitrate, maxFramerate: rate };
  }
}
