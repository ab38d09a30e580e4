/** One plot over time, drawn by uPlot on a canvas. What it shows is said in words beside it, so it is hidden from readers. */
import type { Line } from '@visavis/client/inspect';
import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { theme } from '../ui/theme.ts';

const HEIGHT = 120;

interface Props {
  /** Seconds. */
  readonly times: readonly number[];
  /** Of one or two lines. */
  readonly lines: readonly Line[];
}

export function Chart({ times, lines }: Props) {
  const frame = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const data: uPlot.AlignedData = [[...times], ...lines.map((line) => [...line])];
  const newest = useRef(data);
  newest.current = data;
  const shade = theme.value;
  const count = lines.length;

  // Colours cannot be changed later, so with another theme it is drawn anew.
  useEffect(() => {
    const element = frame.current;
    if (!element) return;
    const drawn = new uPlot(optionsFor(element, count), newest.current, element);
    plot.current = drawn;
    const resize = new ResizeObserver(() => drawn.setSize({ width: element.clientWidth, height: HEIGHT }));
    resize.observe(element);
    return () => {
      resize.disconnect();
      drawn.destroy();
      plot.current = null;
    };
  }, [count, shade]);

  useEffect(() => {
    plot.current?.setData(data);
  });

  return <div ref={frame} class="chart" aria-hidden="true" data-points={times.length} />;
}

function optionsFor(element: HTMLElement, count: number): uPlot.Options {
  const style = getComputedStyle(element);
  const ink = colourOf(element, '--ink-soft');
  const grid = { stroke: colourOf(element, '--line'), width: 1 };
  const axis = { stroke: ink, font: `12px ${style.fontFamily}`, grid, ticks: { show: false } };
  const looks: uPlot.Series[] = [
    { stroke: colourOf(element, '--accent'), width: 2, points: { show: false } },
    // Told from the other also without colours.
    { stroke: colourOf(element, '--plot-second'), width: 2, dash: [6, 4], points: { show: false } },
  ];
  return {
    width: element.clientWidth,
    height: HEIGHT,
    legend: { show: false },
    cursor: { show: false },
    scales: { x: { time: false }, y: { range: (_, __, most) => [0, Math.max(most * 1.1, 1e-3)] } },
    series: [{}, ...looks.slice(0, count)],
    axes: [
      { ...axis, size: 24, values: (_, seconds) => seconds.map(minutes) },
      { ...axis, size: 48 },
    ],
  };
}

/** As the canvas understands it: `light-dark()` is worked out by the element. */
function colourOf(element: HTMLElement, token: string): string {
  element.style.color = `var(${token})`;
  const { color } = getComputedStyle(element);
  element.style.color = '';
  return color;
}

function minutes(seconds: number): string {
  return `${Math.floor(seconds / 60)}:${String(Math.round(seconds % 60)).padStart(2, '0')}`;
}
