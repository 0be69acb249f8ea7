/**
 * The text of one file and the way from an offset in it to line and column.
 *
 * It does not read files (files.ts does) and keeps no state beyond the line index, which is built on first use.
 */

export interface Source {
  /** Absolute path, or `-` for standard input. */
  readonly path: string;
  readonly text: string;
  /** Offsets at which lines begin; made by `position` when it is first asked. */
  lineStarts?: readonly number[];
}

export interface Position {
  readonly line: number;
  readonly column: number;
  /** The line without its end, cut when it is very long. */
  readonly text: string;
}

/** More of a line than this is never shown. */
const LONGEST_LINE = 400;

/** Line and column (from 1) of an offset. */
export function position(source: Source, offset: number): Position {
  const starts = (source.lineStarts ??= indexLines(source.text));
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((starts[middle] ?? 0) <= offset) low = middle;
    else high = middle - 1;
  }
  const start = starts[low] ?? 0;
  const end = source.text.indexOf('\n', start);
  const shown = Math.min(end === -1 ? source.text.length : end, start + LONGEST_LINE);
  const text = source.text.slice(start, shown).replace(/\r$/, '');
  return { line: low + 1, column: Math.max(0, offset - start) + 1, text };
}

function indexLines(text: string): number[] {
  const starts = [0];
  for (let i = text.indexOf('\n'); i !== -1; i = text.indexOf('\n', i + 1)) starts.push(i + 1);
  return starts;
}
