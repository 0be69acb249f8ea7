/**
 * Structured log: a constant message and fields, one line each, as JSON or as plain text.
 *
 * There is no global log: whoever logs is handed one, and a run hands on a child with its `reconcileId`. A line never breaks
 * the one who logs (odd values are spelled somehow) nor the terminal (control and reordering characters are escaped),
 * and has a bound. Field values are printed as they are: names of environment variables may be given, their values never.
 */

export const LOG_LEVELS = ['error', 'warn', 'info', 'debug'] as const;

/** `error`: a person must act; `warn`: degraded, going on; `info`: a line an action and a run; `debug`: the rest. */
export type LogLevel = (typeof LOG_LEVELS)[number];

/** An undefined field is left out; an Error is printed as its message and those of its causes. */
export type LogFields = Readonly<Record<string, unknown>>;

type Say = (message: string, fields?: LogFields) => void;

export interface Log {
  readonly error: Say;
  readonly warn: Say;
  readonly info: Say;
  readonly debug: Say;
  /** Whether lines of this level are written, for fields that are dear to gather. */
  isSaid(level: LogLevel): boolean;
  /** A log whose lines have these fields too. */
  child(fields: LogFields): Log;
}

export interface LogOptions {
  /** The least important level that is written; `silent` writes nothing. */
  readonly level: LogLevel | 'silent';
  readonly format: 'json' | 'text';
  /** Takes a line with its line feed; to stderr, since stdout is for results. */
  readonly write: (line: string) => void;
  /** Milliseconds since the epoch; default the machine's clock. */
  readonly now?: () => number;
}

/** A log that writes where it is told. */
export function createLog(options: LogOptions): Log {
  return logWith(options, {});
}

/** A log for those who need none. */
export const silentLog: Log = createLog({ level: 'silent', format: 'text', write: () => undefined });

/** Values are cut after so many characters. */
const VALUE_LENGTH = 4096;

function logWith(options: LogOptions, inherited: LogFields): Log {
  const least = options.level === 'silent' ? -1 : LOG_LEVELS.indexOf(options.level);
  const isSaid = (level: LogLevel): boolean => LOG_LEVELS.indexOf(level) <= least;
  const render = options.format === 'json' ? jsonLine : textLine;
  const say =
    (level: LogLevel): Say =>
    (message, fields) => {
      if (!isSaid(level)) return;
      const time = new Date((options.now ?? Date.now)()).toISOString();
      options.write(`${render({ time, level, message }, { ...inherited, ...fields })}\n`);
    };
  return {
    error: say('error'),
    warn: say('warn'),
    info: say('info'),
    debug: say('debug'),
    isSaid,
    child: (fields) => logWith(options, { ...inherited, ...fields }),
  };
}

interface Head {
  readonly time: string;
  readonly level: LogLevel;
  readonly message: string;
}

function jsonLine(head: Head, fields: LogFields): string {
  const entries = plainFields(fields).filter(([name]) => !Object.hasOwn(head, name));
  return escaped(JSON.stringify(Object.fromEntries([...Object.entries(head), ...entries])));
}

function textLine({ time, level, message }: Head, fields: LogFields): string {
  const words = plainFields(fields).map(([name, value]) => `${name}=${word(value)}`);
  return escaped([time, level.toUpperCase().padEnd(5), oneLine(message), ...words].join(' '));
}

/** A value that reads as one word stands bare, any other is quoted as in JSON. */
function word(value: unknown): string {
  if (typeof value !== 'string') return JSON.stringify(value);
  return /^[^\s"=\\\p{Cc}]+$/u.test(value) ? value : JSON.stringify(value);
}

function oneLine(text: string): string {
  return JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"');
}

/** JSON leaves these as they are: DEL and C1 controls, line separators, what reorders text. */
const UNSAFE = /[\u007f-\u009f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

function escaped(line: string): string {
  return line.replace(UNSAFE, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** Fields as values that JSON can hold. */
function plainFields(fields: LogFields): [string, unknown][] {
  const entries: [string, unknown][] = [];
  for (const [name, value] of Object.entries(fields)) {
    if (value !== undefined) entries.push([name, plain(value)]);
  }
  return entries;
}

function plain(value: unknown): unknown {
  if (typeof value === 'string') return cut(value);
  if (typeof value === 'number' || typeof value === 'boolean' || value === null) return value;
  if (value instanceof Error) return cut(errorText(value));
  return plainObject(value);
}

/** What cannot be written as JSON, or not briefly, is given as text. */
function plainObject(value: unknown): unknown {
  try {
    const json = JSON.stringify(value, (_name, member: unknown) => {
      if (typeof member === 'bigint') return String(member);
      return member instanceof Error ? errorText(member) : member;
    });
    if (json === undefined) return cut(String(value));
    return json.length > VALUE_LENGTH ? cut(json) : JSON.parse(json);
  } catch {
    return `[${typeof value}]`;
  }
}

/** The messages of an error, its parts and its causes, each once. */
function errorText(error: Error, depth = 0): string {
  const parts: readonly unknown[] = error instanceof AggregateError ? error.errors : [];
  const deeper = [...parts, error.cause]
    .filter((one) => one instanceof Error)
    .map((one) => (depth < 5 ? errorText(one, depth + 1) : one.message))
    .filter((text) => text !== '' && !error.message.includes(text));
  return [error.message || error.name, ...deeper].join(': ');
}

function cut(text: string): string {
  return text.length > VALUE_LENGTH ? `${text.slice(0, VALUE_LENGTH)}…` : text;
}
