/**
 * How much of picture and sound is sent by a narrow network: sound first. Decided from figures and times that are given,
 * so it can be tested without a browser.
 *
 *     full ↔ half ↔ quarter ↔ sound alone ↔ thin sound ↔ thinnest sound
 *
 * Down goes what the browser's estimate no longer carries, once loss or delay prove the estimate right: a busy machine
 * makes it small, too. Up goes one rung after a rest. Below the last picture the estimate mostly says nothing of how much
 * more would pass, so one is sent on trial, of which nobody is told before it has proved itself. What fails soon makes the
 * next rest longer, unless the browser has found out by itself that there is room again.
 */

/** What is sent. */
export interface Rung {
  /** Divides width and height; bit/s; pictures in a second. None: pictures are paused. */
  readonly picture: { readonly scale: number; readonly bitrate: number; readonly rate: number } | null;
  /** bit/s; milliseconds of sound in a packet. */
  readonly sound: { readonly bitrate: number; readonly packetMs: 20 | 60 };
  /** What the path must carry for it, headers included, in bit/s. */
  readonly needs: number;
}

/** What one look sees. */
export interface Figures {
  readonly at: number;
  /** Something arrives, so the path is there. */
  readonly flows: boolean;
  /** There is a picture to send. */
  readonly pictures: boolean;
  /** What the browser believes the path to carry, in bit/s. Firefox does not say. */
  readonly available?: number | undefined;
  /** The share of our packets that the other side has missed, if it has reported since the last look. */
  readonly lost?: number | undefined;
  /** How long there and back, if it was measured since the last look. */
  readonly rttMs?: number | undefined;
}

/** What to do from now on. */
export interface Step {
  readonly rung: Rung;
  /** There is a picture to send, and the network is too weak for it. */
  readonly weak: boolean;
}

/** What browsers take for a voice by themselves. */
const CLEAR = { bitrate: 32_000, packetMs: 20 } as const;
/** With headers for 20 ms of sound each, Opus at 24 kbit/s takes twice that. */
const PLAIN = { bitrate: 24_000, packetMs: 20 } as const;

export const RUNGS = [
  { picture: { scale: 1, bitrate: 1_700_000, rate: 30 }, sound: CLEAR, needs: 600_000 },
  { picture: { scale: 2, bitrate: 500_000, rate: 30 }, sound: CLEAR, needs: 250_000 },
  { picture: { scale: 4, bitrate: 150_000, rate: 15 }, sound: PLAIN, needs: 100_000 },
  { picture: null, sound: PLAIN, needs: 50_000 },
  { picture: null, sound: { bitrate: 12_000, packetMs: 60 }, needs: 22_000 },
  { picture: null, sound: { bitrate: 6_000, packetMs: 60 }, needs: 0 },
] as const satisfies readonly Rung[];

/** The last with a picture, and the first without. */
const QUARTER = 2;
const SOUND = 3;

/** After a change, and longer after a pause of the path, figures are of what was before. */
const SETTLE_MS = 1_000;
const SETTLE_ANEW_MS = 3_000;
/** So much lost, or so much longer there and back than usual, is more than a path does by itself. */
const LOST = 0.08;
const LATE_MS = 500;
/** No path is taken for longer than by way of a satellite before it was seen quicker: it may be full from the first second on. */
const USUAL_AT_FIRST_MS = 700;
/** A longer path is the usual one in the end. */
const USUAL_GROWS_MS = 5;
/** Sound alone is reported on every 5 s. */
const REMEMBERED_MS = 6_000;
/** Looks in a row that make a fact. */
const PROOF = 2;
/** Up only with so much to spare. */
const SPARE = 1.5;
const ROOM_FOR_PICTURE = SPARE * RUNGS[QUARTER].needs;
/** Or after so many rests, if nothing speaks against it but the estimate. */
const PATIENCE = 4;
/** A trial is judged by its estimate from the first of these on, and has failed at the second. */
const TRIAL_JUDGED_MS = 2_000;
const TRIAL_MS = 4_000;
/** What fails within this time was climbed too early. */
const EARLY_MS = 12_000;
/** How long to stay before climbing: doubled by each failure, up to the longest, until something has lasted. */
export const REST_MS = 8_000;
export const LONGEST_REST_MS = 64_000;

export class Ladder {
  #rung = 0;
  /** A picture that is sent on trial. */
  #trial: { readonly since: number; readonly rung: Rung } | undefined;
  #settledAt = Number.NaN;
  /** Since when nothing speaks against climbing. */
  #calmAt = 0;
  #climbedAt: number | undefined;
  #restMs = REST_MS;
  #usualMs = USUAL_AT_FIRST_MS;
  #strainedAt = Number.NEGATIVE_INFINITY;
  #strains = 0;
  /** The last strain was of both kinds: a queue is full. */
  #jammed = false;
  #shorts = 0;
  /** Looks in a row at which the estimate left room for a picture while none was sent. */
  #rooms = 0;

  look(figures: Figures): Step {
    const { at, flows, pictures } = figures;
    if (!flows || Number.isNaN(this.#settledAt)) {
      this.#trial = undefined;
      this.#settle(at, SETTLE_ANEW_MS);
    } else if (at >= this.#settledAt) {
      const strained = this.#isStrained(figures);
      if (this.#trial) this.#judge(figures, strained, at - this.#trial.since);
      else if (!this.#descend(figures, strained)) this.#climb(figures);
    }
    return { rung: this.#trial?.rung ?? this.#here, weak: pictures && this.#here.picture === null };
  }

  get #here(): Rung {
    return RUNGS[this.#rung] ?? RUNGS[0];
  }

  #isStrained({ at, lost, rttMs }: Figures): boolean {
    this.#usualMs = Math.min(this.#usualMs + USUAL_GROWS_MS, rttMs ?? Number.POSITIVE_INFINITY);
    const isLossy = (lost ?? 0) > LOST;
    const isLate = (rttMs ?? 0) > this.#usualMs + LATE_MS;
    const strained = isLossy || isLate;
    this.#jammed = isLossy && isLate;
    if (strained) {
      this.#strains += 1;
      this.#strainedAt = at;
      this.#calmAt = at;
    } else if (lost !== undefined || rttMs !== undefined) {
      this.#strains = 0;
    }
    return strained;
  }

  /** Goes down if it must, and says whether it has. */
  #descend({ at, pictures, available }: Figures, strained: boolean): boolean {
    // Without a picture it is the sound that has to pass.
    const from = pictures ? this.#rung : Math.max(this.#rung, SOUND);
    const { needs } = RUNGS[from] ?? RUNGS[0];
    const carried = available ?? needs;
    this.#shorts = carried < needs ? this.#shorts + 1 : 0;
    // Where the estimate is ample, what is lost is lost for another reason, unless it is late as well: a browser that has begun
    // anew estimates what it was told to begin with.
    const doubtful = this.#jammed || available === undefined || (from >= SOUND && available < SPARE * needs);
    let to = this.#rung;
    if (this.#shorts >= PROOF && at - this.#strainedAt <= REMEMBERED_MS) {
      to = RUNGS.findIndex((rung) => rung.needs <= carried);
    } else if (strained && this.#strains >= PROOF && doubtful) {
      to = Math.min(from + 1, RUNGS.length - 1);
    }
    if (to <= this.#rung) return false;
    if (this.#climbedAt !== undefined && at - this.#climbedAt < EARLY_MS) this.#fail();
    this.#move(to, at);
    return true;
  }

  /** Goes up, or tries a picture, after a rest. */
  #climb({ at, pictures, available }: Figures): void {
    if (this.#climbedAt !== undefined && at - this.#climbedAt >= EARLY_MS) {
      this.#climbedAt = undefined;
      this.#restMs = REST_MS;
    }
    const next = RUNGS[this.#rung - 1];
    const isPaused = pictures && this.#rung >= SOUND;
    this.#rooms = isPaused && (available ?? 0) >= ROOM_FOR_PICTURE ? this.#rooms + 1 : 0;
    // What the browser's own probes have shown to pass waits no longer for what failed before.
    const restMs = this.#rooms >= PROOF ? REST_MS : this.#restMs;
    if (!next || at - this.#calmAt < restMs) return;
    if (isPaused) {
      this.#trial = { since: at, rung: { ...this.#here, picture: RUNGS[QUARTER].picture } };
      return;
    }
    // Sound alone is no measure of what else would pass.
    const room = !pictures || available === undefined || available >= SPARE * next.needs;
    // Nor is a small picture: an estimate grows no further than one and a half times what is sent.
    if (!room && at - this.#calmAt < PATIENCE * this.#restMs) return;
    this.#climbedAt = at;
    this.#move(this.#rung - 1, at);
  }

  #judge({ at, pictures, available }: Figures, strained: boolean, triedMs: number): void {
    const over = triedMs >= TRIAL_MS;
    const roomy = triedMs >= TRIAL_JUDGED_MS && (available ?? 0) >= ROOM_FOR_PICTURE;
    const passes = available === undefined ? over : roomy;
    if (!pictures) {
      this.#trial = undefined;
    } else if (strained || (over && !passes)) {
      this.#trial = undefined;
      this.#fail();
      this.#settle(at);
    } else if (passes) {
      this.#trial = undefined;
      this.#climbedAt = at;
      this.#move(QUARTER, at);
    }
  }

  #fail(): void {
    this.#climbedAt = undefined;
    this.#restMs = Math.min(2 * this.#restMs, LONGEST_REST_MS);
  }

  #move(to: number, at: number): void {
    this.#rung = to;
    this.#settle(at);
  }

  #settle(at: number, forMs = SETTLE_MS): void {
    this.#settledAt = at + forMs;
    this.#calmAt = at;
    this.#strains = 0;
    this.#shorts = 0;
    this.#rooms = 0;
  }
}
