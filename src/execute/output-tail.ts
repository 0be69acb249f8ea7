/**
 * A hook's output on its way to people: decoded as UTF-8 across chunk borders, values from outside hidden, handed on as it
 * comes and in whole lines. Keeps the last lines for an error message: stdout and stderr apart, bounded in number and length.
 */

import type { OutputStream } from '../engine/engine.ts';
import { redactor, type Redactor } from './redactor.ts';

const TAIL_LINES = 10;
/** Longer lines are cut. */
const LINE_LENGTH = 4096;

export interface OutputReaders {
  /** Values that nobody is to see. */
  readonly hidden?: Iterable<string>;
  /** All of it, in pieces. */
  readonly onText?: (stream: OutputStream, text: string) => void;
  readonly onLine?: (stream: OutputStream, line: string) => void;
}

export class OutputTail {
  readonly #readers: OutputReaders;
  readonly #streams: { readonly stdout: LineCutter; readonly stderr: LineCutter };

  constructor(readers: OutputReaders = {}) {
    this.#readers = readers;
    const hidden = [...(readers.hidden ?? [])];
    this.#streams = { stdout: new LineCutter(hidden), stderr: new LineCutter(hidden) };
  }

  write(stream: OutputStream, chunk: Uint8Array): void {
    this.#take(stream, this.#streams[stream].decode(chunk));
  }

  /** Gives out what was held back, and what has no newline at its end. */
  end(): void {
    for (const stream of ['stdout', 'stderr'] as const) {
      const cutter = this.#streams[stream];
      this.#take(stream, cutter.release());
      const line = cutter.rest();
      if (line !== undefined) this.#readers.onLine?.(stream, line);
    }
  }

  #take(stream: OutputStream, text: string): void {
    if (text !== '') this.#readers.onText?.(stream, text);
    for (const line of this.#streams[stream].cut(text)) this.#readers.onLine?.(stream, line);
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
  readonly #redactor: Redactor;
  #open = '';
  last: string[] = [];

  constructor(hidden: readonly string[]) {
    this.#redactor = redactor(hidden);
  }

  decode(chunk: Uint8Array): string {
    return this.#redactor.push(this.#decoder.decode(chunk, { stream: true }));
  }

  release(): string {
    return this.#redactor.end();
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
