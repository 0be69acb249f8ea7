/**
 * Where text goes: results to stdout, everything else to stderr. On a terminal a live region may stand at the bottom of
 * stderr; whoever writes goes through here, so that nothing is written across it. A reader that went away (`| head`) is
 * no failure: what would be written is dropped. A disk that is full is one, which ends nothing either (sink.ts).
 */

import type { Clock } from '../clock.ts';
import { LOG_LEVELS } from '../log.ts';
import { escapeUnseen } from '../model/unseen.ts';
import type { LogLevel } from '../log.ts';
import { EXIT } from './exit.ts';
import type { GlobalFlags } from './global-flags.ts';
import type { RegionLine } from './render/live-region.ts';
import { LiveRegion } from './render/live-region.ts';
import { neutralise } from './render/neutralise.ts';
import type { Style } from './render/style.ts';
import { styleFor } from './render/style.ts';
import { Sink } from './sink.ts';

export interface OutputStreams {
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
}

type OutputFlags = Pick<GlobalFlags, 'json' | 'log-level' | 'no-color'>;

interface Sinks {
  readonly stdout: Sink;
  readonly stderr: Sink;
}

export class Output {
  readonly json: boolean;
  /** Colours of results. */
  readonly style: Style;
  /** Colours of progress. */
  readonly errorStyle: Style;
  /** Progress is drawn live. */
  readonly isLive: boolean;
  readonly #streams: OutputStreams;
  readonly #level: number;
  readonly #clock: Clock;
  readonly #sinks: Sinks;
  #region: LiveRegion | undefined;

  constructor(flags: OutputFlags, streams: OutputStreams, clock: Clock, sinks?: Sinks) {
    this.json = flags.json;
    this.style = styleFor(streams.stdout, flags['no-color']);
    this.errorStyle = styleFor(streams.stderr, flags['no-color']);
    this.isLive = !flags.json && streams.stderr.isTTY && process.env['TERM'] !== 'dumb';
    this.#streams = streams;
    this.#level = LOG_LEVELS.indexOf(flags['log-level']);
    this.#clock = clock;
    this.#sinks = sinks ?? this.#openSinks();
  }

  /** Calls back once nobody reads stdout any more. */
  onReaderGone(callback: () => void): void {
    this.#sinks.stdout.onGone(callback);
  }

  /** Something could not be written, and that was said where it could be. A failure is known a turn after its text. */
  get isTorn(): boolean {
    return this.#sinks.stdout.isTorn || this.#sinks.stderr.isTorn;
  }

  /** The same without a word on stderr, for a second look at what was said before. */
  muted(): Output {
    const flags = { json: this.json, 'log-level': 'error', 'no-color': true } as const;
    return new Output(flags, this.#streams, this.#clock, this.#sinks);
  }

  isSaid(level: LogLevel): boolean {
    return LOG_LEVELS.indexOf(level) <= this.#level;
  }

  /** The result of a command: text of ours, what came from outside neutralised by whoever renders it. */
  result(text: string): void {
    if (text !== '') this.#sinks.stdout.write(`${text}\n`);
  }

  /** One line of `--json`. */
  object(value: object): void {
    this.#sinks.stdout.write(`${escapeUnseen(JSON.stringify(value))}\n`);
  }

  /** A line of progress, already neutralised and coloured. */
  progress(line: string): void {
    this.#say(line);
  }

  note(text: string): void {
    if (this.isSaid('info')) this.#say(neutralise(text));
  }

  warn(text: string): void {
    if (this.isSaid('warn')) this.#say(`${this.errorStyle('warning', 'warning:')} ${neutralise(text)}`);
  }

  error(text: string): void {
    this.#say(`${this.errorStyle('bad', 'reeve:')} ${neutralise(text)}`);
  }

  /** A block that is neutralised and coloured already. */
  block(text: string): void {
    this.#say(text);
  }

  /** Shows lines at the bottom until `endLive`. */
  startLive(lines: () => readonly RegionLine[]): void {
    const { stderr } = this.#streams;
    this.#region = new LiveRegion({
      write: (text) => this.#sinks.stderr.write(text),
      clock: this.#clock,
      size: () => ({ columns: stderr.columns || 80, rows: stderr.rows || 24 }),
      lines,
    });
  }

  liveChanged(): void {
    this.#region?.changed();
  }

  endLive(): void {
    this.#region?.end();
    this.#region = undefined;
  }

  #say(text: string): void {
    if (this.#region) this.#region.print(text);
    else this.#sinks.stderr.write(`${text}\n`);
  }

  #openSinks(): Sinks {
    const { stdout, stderr } = this.#streams;
    const sinks = { stdout: new Sink(stdout), stderr: new Sink(stderr) };
    sinks.stdout.onLost((why) => this.error(`what goes to standard output is not whole: ${why}`));
    // Results are for programs as a rule, to which a stray line is worse than the exit code alone.
    sinks.stderr.onLost((why) => {
      const message = `what goes to standard error is not whole: ${why}`;
      if (this.json) this.object({ type: 'error', exitCode: EXIT.failed, message });
      else if (stdout.isTTY) this.result(`reeve: ${message}`);
    });
    return sinks;
  }
}
