/** When nothing rings: by hand, and every week. */
import type { QuietTime, Weekday } from '@visavis/client';
import type { Send } from '../../model/message.ts';
import type { OwnPreferences } from '../../model/people.ts';
import { isQuiet } from '../../model/people-update.ts';
import { language } from '../../text/language.ts';
import { p } from '../../text/pages.ts';
import { formatTime } from '../../text/time.ts';
import { Icon } from '../../ui/icons.tsx';
import { useNow } from '../../ui/now.ts';
import { PageIcon } from '../../ui/page-icons.tsx';
import { Switch } from '../../ui/switch.tsx';
import { Waiting } from './waiting.tsx';

interface Props {
  readonly preferences: OwnPreferences | null;
  readonly send: Send;
}

const HOUR = 3_600_000;
/** When a morning begins for those who want to sleep. */
const MORNING = 8;
/** The server keeps no more. */
const TIMES_LIMIT = 28;
const WEEK: readonly Weekday[] = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];
const NIGHT: QuietTime = { days: [...WEEK], from: '22:00', to: '07:00' };

/** Callers hear an ordinary ringing and no answer; whoever called stands in the history. */
export function QuietSection({ preferences, send }: Props) {
  const now = useNow(10_000);
  if (!preferences) return <Waiting status="loading" what="preferences" send={send} />;
  const quiet = preferences.do_not_disturb;
  const set = (change: Partial<OwnPreferences>) =>
    send({ type: 'set-preferences', preferences: { ...preferences, ...change } });
  const turn = (on: boolean, quietUntil: number | null) =>
    set({ do_not_disturb: { ...quiet, on }, quietUntil });
  const setSchedule = (schedule: QuietTime[]) => {
    // The times are those of the clock on this wall.
    const zone = new Intl.DateTimeFormat().resolvedOptions().timeZone;
    set({ do_not_disturb: { ...quiet, schedule, zone } });
  };
  return (
    <>
      <div class="card quiet-now" data-quiet={isQuiet(preferences, now)}>
        {isQuiet(preferences, now) ? (
          <>
            <p class="quiet-state">
              <Icon name="moon" />
              {preferences.quietUntil === null
                ? p('quiet.now')
                : p('quiet.now-until', { time: formatTime(preferences.quietUntil, language.value) })}
            </p>
            <button
              type="button"
              class="button button-primary"
              data-testid="quiet-end"
              onClick={() => turn(false, null)}
            >
              {p('quiet.end')}
            </button>
          </>
        ) : (
          <>
            <p class="quiet-state">
              <Icon name="bell" />
              {p('quiet.not-now')}
            </p>
            <div class="quiet-choices">
              <button
                type="button"
                class="button button-quiet"
                data-testid="quiet-hour"
                onClick={() => turn(true, Date.now() + HOUR)}
              >
                {p('quiet.hour')}
              </button>
              <button
                type="button"
                class="button button-quiet"
                onClick={() => turn(true, nextMorning(Date.now()))}
              >
                {p('quiet.morning')}
              </button>
              <button
                type="button"
                class="button button-quiet"
                data-testid="quiet-open"
                onClick={() => turn(true, null)}
              >
                {p('quiet.open')}
              </button>
            </div>
          </>
        )}
      </div>
      <p class="section-hint">{p('quiet.hint')}</p>
      <div class="card">
        <Switch
          label={p('ring-through')}
          hint={p('ring-through.hint')}
          on={preferences.favourites_ring_through}
          onChange={(favourites_ring_through) => set({ favourites_ring_through })}
          testId="ring-through"
        />
      </div>
      <h2 class="section-title">{p('schedule')}</h2>
      {quiet.schedule.map((time, index) => (
        <TimeCard
          // Times have no name but their place in the list.
          key={`${index}/${quiet.schedule.length}`}
          time={time}
          onChange={(changed) => setSchedule(replaceAt(quiet.schedule, index, changed))}
          onRemove={() => setSchedule(quiet.schedule.filter((_, at) => at !== index))}
        />
      ))}
      {quiet.schedule.length < TIMES_LIMIT && (
        <button
          type="button"
          class="button button-quiet"
          data-testid="schedule-add"
          onClick={() => setSchedule([...quiet.schedule, NIGHT])}
        >
          <PageIcon name="plus" size={20} />
          {p('schedule.add')}
        </button>
      )}
    </>
  );
}

interface TimeProps {
  readonly time: QuietTime;
  readonly onChange: (time: QuietTime) => void;
  readonly onRemove: () => void;
}

function TimeCard({ time, onChange, onRemove }: TimeProps) {
  const toggle = (day: Weekday) => {
    const days = WEEK.filter((one) => time.days.includes(one) !== (one === day));
    // A time without a day would never come.
    if (days.length > 0) onChange({ ...time, days });
  };
  return (
    <div class="card time-card" data-testid="quiet-time">
      <fieldset class="days">
        <legend class="visually-hidden">{p('schedule.days')}</legend>
        {WEEK.map((day) => (
          <button
            key={day}
            type="button"
            class="day-chip"
            aria-pressed={time.days.includes(day)}
            aria-label={dayName(day, 'long')}
            onClick={() => toggle(day)}
          >
            {dayName(day, 'narrow')}
          </button>
        ))}
      </fieldset>
      <div class="time-span">
        <label>
          <span>{p('schedule.from')}</span>
          <input
            class="input"
            type="time"
            value={time.from}
            onChange={(event) =>
              isTime(event.currentTarget.value) && onChange({ ...time, from: event.currentTarget.value })
            }
          />
        </label>
        <label>
          <span>{p('schedule.to')}</span>
          <input
            class="input"
            type="time"
            value={time.to}
            onChange={(event) =>
              isTime(event.currentTarget.value) && onChange({ ...time, to: event.currentTarget.value })
            }
          />
        </label>
        <button
          type="button"
          class="icon-button"
          aria-label={p('schedule.remove')}
          title={p('schedule.remove')}
          onClick={onRemove}
        >
          <PageIcon name="remove" />
        </button>
      </div>
      {time.to <= time.from && <p class="setting-hint">{p('schedule.next-day')}</p>}
    </div>
  );
}

/** A field that was emptied has no time. */
function isTime(text: string): boolean {
  return /^\d\d:\d\d$/.test(text);
}

function replaceAt(times: readonly QuietTime[], index: number, time: QuietTime): QuietTime[] {
  return times.map((one, at) => (at === index ? time : one));
}

/** The 1st of January 2024 was a Monday. */
function dayName(day: Weekday, width: 'long' | 'narrow'): string {
  const date = new Date(2024, 0, 1 + WEEK.indexOf(day), 12);
  return new Intl.DateTimeFormat(language.value, { weekday: width }).format(date);
}

/** The next time that it is morning, by the calendar: tomorrow, or today for those who are still up. */
export function nextMorning(now: number): number {
  const morning = new Date(now);
  if (morning.getHours() >= MORNING) morning.setDate(morning.getDate() + 1);
  morning.setHours(MORNING, 0, 0, 0);
  return morning.getTime();
}
