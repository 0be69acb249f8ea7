/**
 * The last lines of a hook's output, for its error message: stdout and stderr apart, bounded in number and length,
 * decoded as UTF-8 across chunk borders. Also cuts the stream into whole lines for live display.
 */

import type { OutputStream } from '../engine/engine.ts';

const TAIL_LINES = 10;
/** Longer lines are cut. */
const LINE_LENGTH = 4096;

export class OutputTail {
  readonly #onLine: (stream: OutputStream, line: string) => void;
  readonly #streams = { stdout: new LineCutter(), stderr: new LineCutter() };

  constructor(onLine: (stream: OutputStream, line: string) => void = () => {}) {
    this.#onLine = onLine;
  }

  /** Takes a chunk and returns its text. */
  write(stream: OutputStream, chunk: Uint8Array): string {
    const cutter = this.#streams[stream];
    const text = cutter.decode(chunk);
    for (const line of cutter.cut(text)) this.#onLine(stream, line);
    return text;
  }

  /** Gives out what has no newline at its end. */
  end(): void {
    for (const stream of ['stdout', 'stderr'] as const) {
      const line = this.#streams[stream].rest();
      if (line !== undefined) this.#onLine(stream, line);
    }
  }

  /** The last 10 lines, stderr first. */
  tail(): string[] {
    const stderr = this.#streams.stderr.last;
    const stdout = this.#streams.stdout.last;
    return [...stderr, ...stdout.slice(Math.max(0, stdout.length - (TAIL_LINES - stderr.length)))].slice(0, TAIL_LINES);
  }
}

class LineCutter {
  readonly #decoder = new TextDecoder();
  #open = '';
  last: string[] = [];

  decode(chunk: Uint8Array): string {
    return this.#decoder.decode(chunk, { stream: true });
  }

  cut(text: string): string[] {
    const lines = (this.#open + text).split('\n');
    const open = pieces(lines.pop() ?? '');
    this.#open = open.pop() ?? '';
    const whole = [...lines.flatMap((line) => pieces(line.replace(/\r$/, ''))), ...open];
    this.#keep(whole);
    return whole;
  }

  rest(): string | undefined {
    const line = this.#open;
    this.#open = '';
    if (line === '') return undefined;
    this.#keep([line]);
    return line;
  }

  #keep(lines: readonly string[]): void {
    if (lines.length > 0) this.last = [...this.last, ...lines].slice(-TAIL_LINES);
  }
}

/** A line in parts of bounded length; one empty part for an empty line. */
function pieces(line: string): string[] {
  const parts: string[] = [];
  let from = 0;
  do {
    parts.push(line.slice(from, from + LINE_LENGTH));
    from += LINE_LENGTH;
  } while (from < line.length);
  return parts;
}
