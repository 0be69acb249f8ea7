/**
 * What every command runs in: its output, its interrupts, its way to end. Errors become one block on stderr and an exit code
 * here and nowhere else, so a command only parses, calls and renders.
 */

import { isatty } from 'node:tty';
import { UsageError } from '../model/errors.ts';
import type { ExitCode } from './exit.ts';
import { EXIT, exitCodeOf, failureText, InvalidFiles } from './exit.ts';
import type { GlobalFlags } from './global-flags.ts';
import { loadOptionsOf } from './global-flags.ts';
import { Interrupts } from './interrupts.ts';
import { Output } from './output.ts';
import { renderDiagnostics } from './render/diagnostics.ts';
import { onlyOnce, readStdin } from './stdin.ts';
import type { LoadOptions } from './wire.ts';
import { nextTurn, systemClock } from './wire.ts';

export interface Invocation {
  readonly flags: GlobalFlags;
  readonly output: Output;
  readonly interrupts: Interrupts;
  readonly loadOptions: LoadOptions;
}

/** Runs a command's work and gives the exit code; never throws. */
export async function invoke(
  flags: GlobalFlags,
  work: (invocation: Invocation) => ExitCode | Promise<ExitCode>,
  { graceMs }: { readonly graceMs?: number } = {},
): Promise<ExitCode> {
  const output = new Output(flags, process, systemClock);
  const say = (text: string): void => output.warn(text);
  const interrupts = new Interrupts({
    source: process,
    onTerminal: isatty(process.stderr.fd),
    clock: systemClock,
    say,
    ...(graceMs !== undefined && { graceMs }),
  });
  let code: ExitCode;
  try {
    const stdin = onlyOnce(() => readStdin(process.stdin, interrupts.drain));
    const surroundings = { cwd: workingDirectory(), environment: process.env, stdin };
    const loadOptions = { ...loadOptionsOf(flags, surroundings), signal: interrupts.signal };
    code = await work({ flags, output, interrupts, loadOptions });
  } catch (error) {
    output.endLive();
    code = reportFailure(output, error, interrupts.happened);
  } finally {
    output.endLive();
    interrupts.close();
  }
  // The turn in which the last text may turn out not to be written.
  await nextTurn();
  return code === EXIT.converged && output.isTorn ? EXIT.failed : code;
}

function workingDirectory(): string {
  try {
    return process.cwd();
  } catch (error) {
    throw new UsageError('the folder that this shell is in is gone: change to one that is there', { cause: error });
  }
}

/** Says what went wrong and gives its exit code. */
export function reportFailure(output: Output, error: unknown, interrupted: boolean): ExitCode {
  const code = interrupted ? EXIT.interrupted : exitCodeOf(error);
  if (output.json) output.object({ type: 'error', exitCode: code, ...errorJson(error) });
  if (code === EXIT.interrupted) output.error('interrupted');
  else if (error instanceof InvalidFiles) output.block(renderDiagnostics(error.diagnostics, output.errorStyle));
  else output.error(failureText(error, output.isSaid('debug')));
  return code;
}

function errorJson(error: unknown): object {
  if (error instanceof InvalidFiles) return { diagnostics: error.diagnostics };
  return { message: failureText(error, false) };
}
