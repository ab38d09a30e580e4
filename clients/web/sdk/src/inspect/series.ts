/** What is plotted of a report: the figures by the second, as rates where they are counts. */
import type { Column } from './format.ts';
import type { CallReport } from './report.ts';

/** What is plotted; each once for what is sent, `here`, and once for what arrives, `there`. */
export const PLOTS = ['bitrate', 'loss', 'rtt', 'jitter', 'frames', 'size', 'level'] as const;
export type Plot = (typeof PLOTS)[number];

/** The values of one line; null where there is none. */
export type Line = readonly (number | null)[];

/** Bits per second, part of 100, milliseconds (twice), frames per second, lines of the picture, loudness from 0 to 1. */
export interface Series {
  /** Seconds since the call began here. */
  readonly times: readonly number[];
  /** A plot that has one line only, such as the round trip, has it as `here`. */
  readonly plots: Readonly<Record<Plot, { readonly here: Line; readonly there?: Line }>>;
}

export function seriesOf({ figures: { columns, rows } }: CallReport): Series {
  const places = new Map(columns.map((column, index) => [column, index]));
  const value = (row: number, column: Column): number | null => {
    const place = places.get(column);
    return (place === undefined ? null : rows[row]?.[place]) ?? null;
  };
  /** How much more than in the row before, if that is of the same peer connection. */
  const grown = (row: number, column: Column): number | null => {
    const [before, after] = [value(row - 1, column), value(row, column)];
    if (after === null || before === null || value(row - 1, 'peer') !== value(row, 'peer')) return null;
    return after < before ? null : after - before;
  };
  const line = (of: (row: number) => number | null): Line => rows.map((_, row) => of(row));
  const gauge = (column: Column) => line((row) => value(row, column));
  const bits = (way: 'Sent' | 'Received') =>
    line((row) => {
      const parts = [grown(row, `audioBytes${way}`), grown(row, `videoBytes${way}`)];
      const ms = (value(row, 'at') ?? 0) - (value(row - 1, 'at') ?? 0);
      if (ms <= 0 || parts.every((part) => part === null)) return null;
      return (parts.reduce<number>((sum, part) => sum + (part ?? 0), 0) * 8_000) / ms;
    });
  return {
    times: rows.map((_, row) => (value(row, 'at') ?? 0) / 1_000),
    plots: {
      bitrate: { here: bits('Sent'), there: bits('Received') },
      loss: {
        here: line((row) => {
          const part = value(row, 'lossThere');
          return part === null ? null : part * 100;
        }),
        there: line((row) => {
          const [lost, arrived] = [grown(row, 'packetsLost'), grown(row, 'packetsReceived')];
          if (lost === null || arrived === null || lost + arrived === 0) return null;
          return (lost / (lost + arrived)) * 100;
        }),
      },
      rtt: { here: gauge('rttMs') },
      jitter: { here: gauge('jitterMs') },
      frames: { here: gauge('fpsSent'), there: gauge('fpsReceived') },
      size: { here: gauge('heightSent'), there: gauge('heightReceived') },
      level: { here: gauge('levelHere'), there: gauge('levelThere') },
    },
  };
}

/** The values of a line in a few numbers; null if there are none. */
export function summaryOf(
  line: Line,
): { readonly last: number; readonly mean: number; readonly most: number } | null {
  const values = line.filter((value) => value !== null);
  const last = values.at(-1);
  if (last === undefined) return null;
  const sum = values.reduce((total, value) => total + value, 0);
  return {
    last,
    mean: sum / values.length,
    most: values.reduce((most, value) => Math.max(most, value), last),
  };
}
