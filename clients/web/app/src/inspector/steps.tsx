/** What happened, one step below the other, drawn between you, the server, the relay and the other device. */
import { type CallReport, PLACES, type Place, type Step } from '@visavis/client/inspect';
import { i } from '../text/inspector.ts';
import { Icon } from '../ui/icons.tsx';
import { PageIcon } from '../ui/page-icons.tsx';
import { sinceBegin } from './words.ts';

/** Each place has a lane of this width, in the units of the drawing. */
const LANE = 40;

export function Steps({ report: { steps, dropped } }: { readonly report: CallReport }) {
  return (
    <>
      <p class="report-lead">{i('steps.lead')}</p>
      <div class="lanes-head" aria-hidden="true">
        {PLACES.map((place) => (
          <span key={place}>
            <PlaceIcon place={place} />
            {i(`place.${place}`)}
          </span>
        ))}
      </div>
      <ol class="steps">
        {steps.map((step, index) => (
          <StepRow key={index} step={step} />
        ))}
      </ol>
      {dropped.steps > 0 && <p class="report-lead">{i('steps.dropped', { count: dropped.steps })}</p>}
    </>
  );
}

function PlaceIcon({ place }: { readonly place: Place }) {
  switch (place) {
    case 'here':
      return <PageIcon name="laptop" size={18} />;
    case 'server':
      return <PageIcon name="globe" size={18} />;
    case 'relay':
      return <Icon name="swap" size={18} />;
    case 'there':
      return <Icon name="people" size={18} />;
  }
}

function StepRow({ step }: { readonly step: Step }) {
  return (
    <li class="step" data-what={step.what}>
      <Arrow step={step} />
      <div class="step-text">
        <p class="step-title">
          <time class="step-time">{sinceBegin(step.at)}</time> <b>{i(`step.${step.what}`)}</b>
          {step.detail !== undefined && (
            <>
              {' '}
              <code class="step-detail">{step.detail}</code>
            </>
          )}
          <span class="visually-hidden"> {wayOf(step)}</span>
        </p>
        <p class="step-why">{i(`step.${step.what}.why`)}</p>
      </div>
    </li>
  );
}

/** From lane to lane; what happens in one place alone is a dot there. */
function Arrow({ step: { from, to, by } }: { readonly step: Step }) {
  const [start, end] = [middleOf(from), middleOf(to)];
  const back = end < start ? 1 : -1;
  return (
    <svg class="lanes" viewBox={`0 0 ${4 * LANE} 24`} aria-hidden="true">
      {from === to ? (
        <circle class="lane-dot" cx={start} cy="12" r="5" />
      ) : (
        <>
          <path class="lane-arrow" d={`M${start} 12H${end}`} />
          <path class="lane-arrow" d={`M${end + back * 7} 7L${end} 12L${end + back * 7} 17`} />
          {by && <circle class="lane-by" cx={middleOf(by)} cy="12" r="4" />}
        </>
      )}
    </svg>
  );
}

function middleOf(place: Place): number {
  return PLACES.indexOf(place) * LANE + LANE / 2;
}

/** The arrow in words. */
function wayOf({ from, to, by }: Step): string {
  if (from === to) return i('way.at', { place: i(`place.${from}`) });
  const ends = { from: i(`place.${from}`), to: i(`place.${to}`) };
  return by ? i('way.by', { ...ends, by: i(`place.${by}`) }) : i('way.to', ends);
}
