// What the measurements print: a Markdown table of medians, and how many times those of the first column the others take.
import type { Moments } from './system.ts';

export type Row<T = Moments> = { readonly name: string; readonly of: (measured: T) => number };
export type Column<T = Moments> = { readonly name: string; readonly all: readonly T[] };

/** Median (least–most) in milliseconds; behind the others, the ratio of their median to ours, which come first. */
export function table<T>(
  title: string,
  rows: readonly Row<T>[],
  columns: readonly Column<T>[],
  { compared = true } = {},
): string {
  const lines = [
    [title, ...columns.map(({ name }) => name)],
    ['---', ...columns.map(() => '---:')],
    ...rows.map(({ name, of }) => {
      const series = columns.map(({ all }) => all.map(of).sort((a, b) => a - b));
      const [ours = Number.NaN] = series.map(median);
      return [
        name,
        ...series.map((sorted, index) => {
          const ms = `${median(sorted).toFixed(0)} (${sorted[0]?.toFixed(0)}–${sorted.at(-1)?.toFixed(0)})`;
          return index === 0 || !compared ? ms : `${ms}, ${(median(sorted) / ours).toFixed(2)} ×`;
        }),
      ];
    }),
  ];
  return lines.map((line) => `| ${line.join(' | ')} |`).join('\n');
}

export function median(sorted: readonly number[]): number {
  const middle = sorted.length / 2;
  const [low, high] = [sorted[Math.ceil(middle) - 1], sorted[Math.floor(middle)]];
  return ((low ?? Number.NaN) + (high ?? Number.NaN)) / 2;
}
