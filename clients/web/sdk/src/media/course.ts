/** How a call goes, noted for its end: levels and when they changed, times of its beginning, and how its sound was. */
import type { CallState, CallSummary, Quality, Course as Told } from '../public.ts';
import { LEVELS } from './gauge.ts';
import { Counting, type Followed } from './tally.ts';

/** More changes than these are merged. */
export const LEVELS_LIMIT = 300;
/** Sound that most people would call clear. */
const CLEAR_MOS = 3.6;

type Mark = Told['levels'][number];

export class Course {
  readonly #online: () => boolean;
  #counting: Counting;
  #beganAt: number | undefined;
  #state: CallState['type'] | undefined;
  #setup: Told['setup'] = {};
  #levels: Mark[] = [];
  /** Media flows since then, and no level is known yet. */
  #openAt: number | undefined;
  #seconds = 0;
  #clear = 0;
  #worst: Quality | undefined;

  /** `online`: the server is reached from here. */
  constructor(online: () => boolean) {
    this.#online = online;
    this.#counting = new Counting(online);
  }

  /** Where the call stands from this moment on. */
  follow(call: Followed, at: number): void {
    const { type } = call.state;
    if (type !== this.#state) this.#enter(type, at);
    this.#counting.follow(call, at);
  }

  #enter(type: CallState['type'], at: number): void {
    const before = this.#state;
    this.#state = type;
    this.#beganAt ??= at;
    const flowed = before === 'active' || before === 'recovering';
    if (flowed && (type === 'dialing' || type === 'ringing' || type === 'connecting')) this.#beginAnew(at);
    const since = at - this.#beganAt;
    if (type === 'ringing') this.#setup = { ...this.#setup, ringing: since };
    if (type === 'connecting') this.#setup = { ...this.#setup, answered: since };
    if (type === 'active') {
      if (this.#levels.length === 0 && before !== 'recovering')
        this.#setup = { ...this.#setup, media: since };
      this.#openAt = at;
    }
    // A page that was reloaded begins so, and has nothing to have lost.
    if (type === 'recovering' && before !== undefined) this.#mark({ at, level: 'lost' });
  }

  /** How good it is at this moment; called once a second. */
  measured(quality: Quality | null, at: number): void {
    this.#counting.second(quality);
    if (!quality || this.#state !== 'active') return;
    this.#mark({ at: this.#openAt ?? at, level: quality.level });
    this.#openAt = undefined;
    if (quality.mos !== undefined) {
      this.#seconds += 1;
      if (quality.mos >= CLEAR_MOS) this.#clear += 1;
    }
    if (isWorse(quality, this.#worst)) this.#worst = quality;
  }

  /** If it ends at this moment; nothing if there was nothing to measure. */
  summary(at: number): Pick<CallSummary, 'course'> {
    if (this.#levels.length === 0) return {};
    const heard = { seconds: this.#seconds, clear: this.#clear };
    const course = { levels: this.#levels, endedAt: at, setup: this.#setup, heard };
    const cause = this.#counting.cause(at);
    return { course: { ...course, worst: this.#worst, cause } };
  }

  #beginAnew(at: number): void {
    this.#beganAt = at;
    this.#counting = new Counting(this.#online);
    this.#setup = {};
    this.#levels = [];
    this.#seconds = 0;
    this.#clear = 0;
    this.#worst = undefined;
  }

  #mark(mark: Mark): void {
    if (this.#levels.at(-1)?.level === mark.level) return;
    this.#levels.push(mark);
    if (this.#levels.length > LEVELS_LIMIT) this.#forgetShortest();
  }

  /** The one before it goes on in its place. */
  #forgetShortest(): void {
    const lengths = this.#levels.slice(1).map(({ at }, index) => at - (this.#levels[index]?.at ?? 0));
    // The first tells when it began, the last is not over.
    const inner = lengths.slice(1);
    this.#levels.splice(1 + inner.indexOf(Math.min(...inner)), 1);
  }
}

function isWorse(quality: Quality, than: Quality | undefined): boolean {
  if (!than) return true;
  const [one, other] = [LEVELS.indexOf(quality.level), LEVELS.indexOf(than.level)];
  return one === other ? (quality.mos ?? 5) < (than.mos ?? 5) : one > other;
}
