/**
 * Exit codes (CONTRACT §3), the failures that only the command line knows, and how any error becomes a code and a text.
 * The text is one clear line or block; a stack is shown only for what can only be a bug of ours, and at level debug.
 */

import { isEngineError, isStateError, messageOf, TerminalError, UsageError } from '../model/errors.ts';
import type { Diagnostic } from './wire.ts';

export const EXIT = {
  converged: 0,
  failed: 1,
  usage: 2,
  /** `plan --exit-code` with something to do. */
  changes: 2,
  invalidFile: 3,
  unreachable: 4,
  interrupted: 130,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** A Compose file does not load; nothing was touched. */
export class InvalidFiles extends Error {
  override readonly name = 'InvalidFiles';
  readonly diagnostics: readonly Diagnostic[];

  constructor(diagnostics: readonly Diagnostic[]) {
    super(diagnostics.map((diagnostic) => diagnostic.message).join('\n'));
    this.diagnostics = diagnostics;
  }
}

/** The reason of aborted signals after Ctrl-C or SIGTERM. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
}

/** The reason of aborted signals when `--wait-timeout` is over. */
export class TimeIsUp extends Error {
  override readonly name = 'TimeIsUp';
}

/** Something failed in a way that is said in full by its message. */
export class CommandFailed extends Error {
  override readonly name = 'CommandFailed';
}

export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof Interrupted) return EXIT.interrupted;
  if (error instanceof UsageError) return EXIT.usage;
  if (error instanceof InvalidFiles) return EXIT.invalidFile;
  if (isEngineError(error, 'unavailable') || isEngineError(error, 'timeout')) return EXIT.unreachable;
  return EXIT.failed;
}

/** False: it can only be a bug of ours. */
export function isExpected(error: unknown): boolean {
  return (
    error instanceof Interrupted ||
    error instanceof TimeIsUp ||
    error instanceof CommandFailed ||
    error instanceof InvalidFiles ||
    error instanceof UsageError ||
    error instanceof TerminalError ||
    isEngineError(error) ||
    isStateError(error)
  );
}

/** What to tell a person, without the program's name. */
export function failureText(error: unknown, debug: boolean): string {
  const stack = debug && error instanceof Error && error.stack !== undefined ? `\n${error.stack}` : '';
  if (isExpected(error)) return messageOf(error) + stack;
  return debug
    ? `this is a bug in reeve, please report it with what follows: ${messageOf(error)}${stack}`
    : `this is a bug in reeve, please report it (--log-level debug shows where it happened): ${messageOf(error)}`;
}
