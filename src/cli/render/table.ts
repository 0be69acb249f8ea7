/** Rows -> aligned columns. Cells are measured before they are coloured; the last column is not padded. A tab is one space. */

import { widthOf } from './width.ts';

export interface Cell {
  readonly text: string;
  /** How it looks; default as it is. */
  readonly paint?: ((text: string) => string) | undefined;
}

export function renderTable(header: readonly string[], rows: readonly (readonly (Cell | string)[])[]): string {
  const cells = [header, ...rows].map((row) => row.map((cell) => withoutTabs(cell)));
  const widths = header.map((_, column) => Math.max(...cells.map((row) => widthOf(row[column]?.text ?? ''))));
  return cells
    .map((row) =>
      row
        .map(({ text, paint }: Cell, column) => {
          const padding = column === row.length - 1 ? '' : ' '.repeat((widths[column] ?? 0) - widthOf(text) + 2);
          return (paint ? paint(text) : text) + padding;
        })
        .join('')
        .trimEnd(),
    )
    .join('\n');
}

function withoutTabs(cell: Cell | string): Cell {
  const { text, paint } = typeof cell === 'string' ? { text: cell } : cell;
  return { text: text.replaceAll('\t', ' '), paint };
}
