// Figures that a test measures and does not judge, or judges generously: told beside its result, for people to read.

/** One line of what was measured, in whole milliseconds. */
export function tellFigures(who: string, figures: Readonly<Record<string, number>>): void {
  const all = Object.entries(figures).map(([name, ms]) => `${name} ${ms.toFixed(0)} ms`);
  process.stdout.write(`  ${who}: ${all.join(', ')}\n`);
}
