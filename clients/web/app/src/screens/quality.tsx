/** How good the connection is: three bars and what is behind them, and how it was when the call is over. */
import type { Course, Quality, QualityLevel, QualityOfWay } from '@visavis/client';
import { useLayoutEffect, useRef } from 'preact/hooks';
import type { CallModel } from '../model/model.ts';
import '../style/panel.css';
import '../style/quality.css';
import { courseSentences, type QualityKey, q, stretches, whoseQuality } from '../text/quality.ts';
import { formatDuration } from '../text/time.ts';
import { useClosing } from '../ui/closing.ts';

const BARS: Readonly<Record<QualityLevel, number>> = { good: 3, fair: 2, poor: 1, bad: 0 };

interface BarsProps {
  readonly quality: Quality;
  readonly open: boolean;
  readonly onPress: () => void;
}

/** Full bars say it without their colour. */
export function QualityBars({ quality: { level }, open, onPress }: BarsProps) {
  return (
    <button
      type="button"
      class="quality-bars"
      aria-label={q('details', { level: q(level) })}
      aria-expanded={open}
      aria-haspopup="dialog"
      title={q(level)}
      data-testid="quality"
      data-level={level}
      onClick={onPress}
    >
      <svg viewBox="0 0 18 14" width="18" height="14" aria-hidden="true">
        {[0, 1, 2].map((bar) => (
          <rect
            key={bar}
            x={bar * 7}
            y={9 - bar * 4.5}
            width="4"
            height={5 + bar * 4.5}
            rx="1.25"
            class={bar < BARS[level] ? 'quality-bar' : 'quality-bar quality-bar-empty'}
          />
        ))}
      </svg>
    </button>
  );
}

interface PanelProps {
  readonly call: CallModel;
  readonly quality: Quality;
  /** The server is reached from here. */
  readonly online: boolean;
  readonly onClose: () => void;
}

/** Words first, then figures. Esc and a press beside it close it. */
export function QualityPanel({ call, quality, online, onClose }: PanelProps) {
  const panel = useRef<HTMLDivElement>(null);
  useClosing(panel, onClose);
  useLayoutEffect(() => panel.current?.focus(), []);
  const { name } = call.peer;
  const { level, mos, rttMs, receiving, sending } = quality;
  const whose = whoseQuality(quality, call, online);
  return (
    <div
      ref={panel}
      class="stage-panel quality-panel"
      role="dialog"
      aria-labelledby="quality-title"
      tabIndex={-1}
      data-testid="quality-panel"
    >
      <h2 id="quality-title" class="stage-panel-title">
        {q(level)}
      </h2>
      {whose && <p>{whose}</p>}
      <dl>
        <Fact name="rtt" value={measure('ms', rttMs)} />
        {call.state.type === 'active' && <Fact name="route" value={q(`route.${call.state.path}`)} />}
        <Fact
          name="voice"
          value={mos === undefined ? q('unknown') : q('voice.value', { mos: mos.toFixed(1) })}
        />
      </dl>
      <table>
        <thead>
          <tr>
            <td />
            <th scope="col">{q('way.receiving', { name })}</th>
            <th scope="col">{q('way.sending')}</th>
          </tr>
        </thead>
        <tbody>
          {ROWS.map(([row, tell]) => (
            <tr key={row}>
              <th scope="row">{q(row)}</th>
              <td>{tell(receiving, false)}</td>
              <td>{tell(sending, sending.twice)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

const ROWS: readonly (readonly [QualityKey, (way: QualityOfWay, twice: boolean) => string])[] = [
  ['loss', ({ lossPct }) => measure('percent', lossPct)],
  ['jitter', ({ jitterMs }) => measure('ms', jitterMs)],
  ['rate', ({ kbps }) => measure('kbps', kbps)],
  ['picture', ({ height, fps }) => (height && fps ? q('picture.value', { height, fps }) : q('unknown'))],
  [
    'codec',
    ({ codecs: { audio, video } }, twice) =>
      [audio && (twice ? `2 × ${audio}` : audio), video].filter(Boolean).join(', ') || q('unknown'),
  ],
];

function Fact({ name, value }: { readonly name: QualityKey; readonly value: string }) {
  return (
    <div>
      <dt>{q(name)}</dt>
      <dd>{value}</dd>
    </div>
  );
}

function measure(unit: 'ms' | 'percent' | 'kbps', value: number | undefined): string {
  return value === undefined ? q('unknown') : q(unit, { value: Math.round(value) });
}

/** Of a call that is shorter there is nothing to see, unless something was wrong with it. */
const WORTH_MS = 10_000;

interface CourseProps {
  readonly course: Course;
  readonly name: string;
}

/** A strip from the beginning to the end, as high as it was good. */
export function CourseStrip({ course, name }: CourseProps) {
  const all = stretches(course);
  const whole = all.reduce((sum, { ms }) => sum + ms, 0);
  if (whole < WORTH_MS && !course.cause) return null;
  const levels = (['good', 'fair', 'poor', 'bad', 'lost'] as const).flatMap((level) => {
    const same = all.filter((stretch) => stretch.level === level);
    return same.length > 0 ? { level, share: same.reduce((sum, { share }) => sum + share, 0) } : [];
  });
  return (
    <figure class="course" data-testid="course">
      <div
        class="course-strip"
        role="img"
        aria-label={`${q('strip')}. ${levels
          .map(({ level, share }) => q('share', { level: q(level), share: Math.round(100 * share) }))
          .join('; ')}`}
      >
        {all.map(({ level, share }, index) => (
          <span key={index} class="course-stretch" data-level={level} style={{ flexGrow: share }} />
        ))}
      </div>
      <div class="course-scale" aria-hidden="true">
        <span>{formatDuration(0)}</span>
        <span class="course-legend">
          {levels.map(({ level }) => (
            <span key={level} class="course-level" data-level={level}>
              {q(`short.${level}`)}
            </span>
          ))}
        </span>
        <span>{formatDuration(whole)}</span>
      </div>
      <figcaption>
        {courseSentences(course, name).map((sentence) => (
          <span key={sentence}>{sentence}</span>
        ))}
      </figcaption>
    </figure>
  );
}
