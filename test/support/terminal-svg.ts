/**
 * Draws a recorded terminal session as one animated SVG: the frames lie side by side and move past a window, one jump a
 * frame. A line that several frames show is drawn once and referred to. Plain CSS, no script, so that it runs where
 * images may not run scripts; who prefers no motion sees the last frame.
 */

/** What the terminal showed, from a moment on. */
export interface Frame {
  readonly atMs: number;
  /** With the terminal's own escape sequences for colours. */
  readonly lines: readonly string[];
}

export interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
}

interface Run {
  readonly column: number;
  readonly text: string;
  readonly classes: readonly string[];
}

const cell = { width: 7.8, height: 17, font: 13, margin: 12 } as const;
/** How long the last frame stands before it begins again. */
const lastFrameMs = 5000;
/** By the number that switches them on; what is not here is shown as plain text. */
const classOf: Readonly<Record<string, string>> = {
  1: 'b',
  2: 'd',
  31: 'red',
  32: 'green',
  33: 'yellow',
  34: 'blue',
  35: 'magenta',
  36: 'cyan',
  90: 'd',
};
const styles = [
  `text{font-size:${cell.font}px;font-family:ui-monospace,Menlo,Consolas,"DejaVu Sans Mono",monospace;fill:#d8dee9;white-space:pre}`,
  '.b{font-weight:bold;fill:#fff}.d{fill:#7f8ea3}.red{fill:#ff7b72}.green{fill:#7ee787}.yellow{fill:#e3b341}',
  '.blue{fill:#79c0ff}.magenta{fill:#d2a8ff}.cyan{fill:#76e3ea}',
];

/** The SVG document. */
export function terminalSvg(frames: readonly Frame[], size: TerminalSize, title: string): string {
  const width = Math.ceil(size.columns * cell.width + 2 * cell.margin);
  const height = size.rows * cell.height + 2 * cell.margin;
  const first = frames[0]?.atMs ?? 0;
  const totalMs = (frames.at(-1)?.atMs ?? 0) - first + lastFrameMs;
  const drawings = new Map<string, string>();
  const drawn = frames.map(({ lines }, index) => {
    const uses = runsOf(lines).flatMap((runs, row) => {
      if (runs.length === 0) return [];
      const drawing = runs.map(drawRun).join('');
      const id = drawings.get(drawing) ?? `l${drawings.size.toString(36)}`;
      drawings.set(drawing, id);
      return [`<use href="#${id}" y="${row * cell.height}"/>`];
    });
    return `<g transform="translate(${index * width})">${uses.join('')}</g>`;
  });
  const stops = frames.map(({ atMs }, index) => {
    const share = ((100 * (atMs - first)) / totalMs).toFixed(2);
    return `${share}%{transform:translateX(${-index * width}px)}`;
  });
  const last = `transform:translateX(${-(frames.length - 1) * width}px)`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">`,
    `<title>${escapeXml(title)}</title>`,
    `<style>${styles.join('')}`,
    `#film{${last};animation:film ${(totalMs / 1000).toFixed(2)}s steps(1,end) infinite}`,
    `@keyframes film{${stops.join('')}100%{${last}}}`,
    '@media (prefers-reduced-motion:reduce){#film{animation:none}}</style>',
    `<rect width="${width}" height="${height}" rx="8" fill="#10151d"/>`,
    `<defs>${[...drawings].map(([drawing, id]) => `<text id="${id}">${drawing}</text>`).join('\n')}</defs>`,
    `<g transform="translate(${cell.margin} ${cell.margin + cell.font})"><g id="film">`,
    drawn.join('\n'),
    '</g></g></svg>',
    '',
  ].join('\n');
}

function drawRun({ column, text, classes }: Run): string {
  const x = Number((column * cell.width).toFixed(1));
  const looks = classes.length > 0 ? ` class="${classes.join(' ')}"` : '';
  return `<tspan x="${x}"${looks}>${escapeXml(text)}</tspan>`;
}

/** The pieces of each line that look alike; a look goes on until it is ended, over the end of a line too. */
function runsOf(lines: readonly string[]): readonly (readonly Run[])[] {
  let classes: readonly string[] = [];
  return lines.map((line) => {
    const runs: Run[] = [];
    let column = 0;
    for (const [, codes, text = ''] of line.matchAll(/\u001B\[([\d;]*)m|([^\u001B]+)/g)) {
      if (codes !== undefined) classes = codes.split(';').reduce(withCode, classes);
      // A gap ends a piece too, so that columns stand where they belong in any font.
      for (const { 0: words, index } of text.matchAll(/\S+(?: \S+)*/g)) {
        runs.push({ column: column + cellsOf(text.slice(0, index)), text: words, classes });
      }
      column += cellsOf(text);
    }
    return runs;
  });
}

function withCode(classes: readonly string[], code: string): readonly string[] {
  if (code === '' || code === '0') return [];
  if (code === '39') return classes.filter((one) => one === 'b' || one === 'd');
  if (code === '22') return classes.filter((one) => one !== 'b' && one !== 'd');
  const added = classOf[code];
  return added === undefined ? classes : [...classes, added];
}

/** In cells; nothing that is shown is wider than one. */
function cellsOf(text: string): number {
  return [...text].length;
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
