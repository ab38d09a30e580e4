// Figures that a test measures and does not judge, or judges generously: told beside its result, for people to read.

/** One line of what was measured: whole milliseconds, or in another unit with so many decimals. */
export function tellFigures(
  who: string,
  figures: Readonly<Record<string, number>>,
  unit = 'ms',
  decimals = 0,
): void {
  const all = Object.entries(figures).map(([name, value]) => `${name} ${value.toFixed(decimals)} ${unit}`);
  process.stdout.write(`  ${who}: ${all.join(', ')}\n`);
}
