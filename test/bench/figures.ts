/** Figures of repeated runs as a table: minimum, median, maximum. Judges nothing. */

export interface Figure {
  readonly name: string;
  /** In `unit`. */
  readonly values: readonly number[];
  readonly unit: string;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const [low, high] = [sorted[middle - 1] ?? 0, sorted[middle] ?? 0];
  return sorted.length % 2 === 1 ? high : (low + high) / 2;
}

export function printFigures(figures: readonly Figure[]): void {
  const width = Math.max(...figures.map(({ name }) => name.length));
  process.stdout.write(`${''.padEnd(width)}        min     median        max\n`);
  for (const { name, values, unit } of figures) {
    const cells = [Math.min(...values), median(values), Math.max(...values)].map((value) => digits(value).padStart(10));
    process.stdout.write(`${name.padEnd(width)} ${cells.join(' ')} ${unit}  (${values.length} runs)\n`);
  }
}

function digits(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toFixed(value >= 10 ? 1 : 2);
}
