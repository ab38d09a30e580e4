/** How the call went, second by second. Each graph is also said in words. */
import {
  type CallReport,
  type Line,
  PLOTS,
  type Plot,
  type Series,
  seriesOf,
  summaryOf,
} from '@visavis/client/inspect';
import { type InspectorKey, i } from '../text/inspector.ts';
import { language } from '../text/language.ts';
import { Chart } from './chart.tsx';

const UNITS: Readonly<
  Record<Plot, { readonly unit: InspectorKey; readonly scale: number; readonly digits: number }>
> = {
  bitrate: { unit: 'unit.bits', scale: 1 / 1_000, digits: 0 },
  loss: { unit: 'unit.percent', scale: 1, digits: 1 },
  rtt: { unit: 'unit.ms', scale: 1, digits: 0 },
  jitter: { unit: 'unit.ms', scale: 1, digits: 0 },
  frames: { unit: 'unit.frames', scale: 1, digits: 0 },
  size: { unit: 'unit.lines', scale: 1, digits: 0 },
  level: { unit: 'unit.level', scale: 1, digits: 2 },
};

export function Graphs({ report }: { readonly report: CallReport }) {
  const series = seriesOf(report);
  if (series.times.length === 0) return <p class="report-lead">{i('graphs.none')}</p>;
  return (
    <>
      {PLOTS.map((plot) => (
        <Graph key={plot} plot={plot} series={series} />
      ))}
    </>
  );
}

function Graph({ plot, series }: { readonly plot: Plot; readonly series: Series }) {
  const { scale } = UNITS[plot];
  const { here, there } = series.plots[plot];
  const scaled = (line: Line) => line.map((value) => (value === null ? null : value * scale));
  const lines = there ? [scaled(here), scaled(there)] : [scaled(here)];
  return (
    <figure class="graph" data-testid={`graph-${plot}`}>
      <figcaption>
        <h3>{i(`graph.${plot}`)}</h3>
        <p class="graph-why">{i(`graph.${plot}.why`)}</p>
        <ul class="graph-lines">
          {lines.map((line, index) => (
            <li key={index} data-line={index} data-alone={there === undefined}>
              {summaryText(
                plot,
                line,
                there ? (index === 0 ? 'graph.here' : 'graph.there') : `graph.${plot}`,
              )}
            </li>
          ))}
        </ul>
      </figcaption>
      <Chart times={series.times} lines={lines} />
    </figure>
  );
}

/** What a line says, for those who do not see it. */
function summaryText(plot: Plot, line: Line, name: InspectorKey): string {
  const { unit, digits } = UNITS[plot];
  const summary = summaryOf(line);
  if (!summary) return i('graph.no-line', { line: i(name) });
  const format = new Intl.NumberFormat(language.value, {
    maximumFractionDigits: digits,
    minimumFractionDigits: digits,
  });
  const say = (value: number) => i(unit, { value: format.format(value) });
  return i('graph.summary', {
    line: i(name),
    last: say(summary.last),
    mean: say(summary.mean),
    most: say(summary.most),
  });
}
