/**
 * Runs an operation on one project or on many at the same time and says how it ended: progress while it goes, a line of
 * summary on stdout, failures in full on stderr, one exit code. One project that fails holds back no other.
 */

import type { ReconcileResult } from '../controller/reconciler.ts';
import { messageOf } from '../model/errors.ts';
import type { ExitCode } from './exit.ts';
import { EXIT, exitCodeOf, failureText, InvalidFiles } from './exit.ts';
import type { Invocation } from './invocation.ts';
import type { Progress } from './progress.ts';
import { renderDiagnostics } from './render/diagnostics.ts';
import { resultJson } from './render/event-json.ts';
import { neutralise } from './render/neutralise.ts';
import { renderDuration } from './render/time.ts';
import { systemClock } from './wire.ts';

export interface Job {
  /** The project's name, or its folder where that is not known. */
  readonly name: string;
  /** Like that of all, for one that is different. */
  readonly word?: string;
  readonly run: () => Promise<ReconcileResult>;
}

/** How a job ended. */
type Ending = { readonly job: Job; readonly durationMs: number } & (
  | { readonly result: ReconcileResult }
  | { readonly error: unknown }
);

export interface ConvergeOptions {
  readonly invocation: Invocation;
  readonly progress: Progress;
  /** `converged`, `down`, `stopped`: how a project that ended well is called. */
  readonly word: string;
  /** They came from a directory: a summary line for all of them. */
  readonly fromDirectory: boolean;
}

export async function converge(jobs: readonly Job[], options: ConvergeOptions): Promise<ExitCode> {
  const { invocation, progress, fromDirectory } = options;
  progress.start({ namesProject: fromDirectory });
  const endings = await Promise.all(jobs.map(runJob));
  progress.end();
  for (const ending of endings) sayEnding(ending, options);
  if (fromDirectory) saySummary(endings, options);
  return exitCodeOfAll(endings, invocation.interrupts.happened);
}

async function runJob(job: Job): Promise<Ending> {
  const beganMs = systemClock.monotonic();
  try {
    const result = await job.run();
    return { job, durationMs: systemClock.monotonic() - beganMs, result };
  } catch (error) {
    return { job, durationMs: systemClock.monotonic() - beganMs, error };
  }
}

function sayEnding(ending: Ending, { invocation, word }: ConvergeOptions): void {
  const { output, interrupts } = invocation;
  const { job, durationMs } = ending;
  const { name } = job;
  if ('error' in ending) return sayError(ending, invocation);
  const { result } = ending;
  if (output.json) output.object(resultJson(name, result, durationMs));
  for (const note of result.notes) output.note(`${name}: ${note}`);
  if (result.kind === 'converged' && !output.json) output.result(convergedLine(ending, job.word ?? word, output.style));
  if (result.kind === 'failed' || result.kind === 'deferred') output.error(failedText(name, result));
  if (result.kind === 'interrupted') {
    const why = interrupts.happened ? 'interrupted' : 'cut off';
    output.error(
      [
        `${name}: ${why} after ${actionCount(result)}; the next run goes on from there`,
        ...result.failures.map(indented),
      ].join('\n'),
    );
  }
}

function sayError({ job, error }: Extract<Ending, { error: unknown }>, invocation: Invocation): void {
  const { output, interrupts } = invocation;
  const { name } = job;
  const places = error instanceof InvalidFiles ? { diagnostics: error.diagnostics } : {};
  const failed = { type: 'result', project: name, outcome: 'failed', failures: [messageOf(error)], ...places };
  if (output.json) output.object(failed);
  if (interrupts.happened) output.error(`${name}: interrupted`);
  else if (error instanceof InvalidFiles)
    output.block(renderDiagnostics(error.diagnostics, output.errorStyle, `${name}: `));
  else output.error(`${name}: ${failureText(error, output.isSaid('debug'))}`);
}

function convergedLine(
  { job: { name }, durationMs, result }: Extract<Ending, { result: unknown }>,
  word: string,
  style: Invocation['output']['style'],
): string {
  const shown = style('subject', name);
  if (result.actions === 0) return `${shown}: ${style('good', word)}, nothing to do`;
  return `${shown}: ${style('good', word)}, ${actionCount(result)} in ${renderDuration(durationMs)}`;
}

function failedText(name: string, { kind, failures }: ReconcileResult): string {
  const head =
    kind === 'deferred'
      ? `${name}: not converged, a container does not stay up: see its output, then try again, or leave that to reeve watch`
      : `${name}: ${failures.length === 1 ? 'one thing' : `${failures.length} things`} failed`;
  return [head, ...failures.map(indented)].join('\n');
}

function indented(message: string): string {
  return neutralise(message)
    .split('\n')
    .map((line, index) => (index === 0 ? `  ${line}` : `    ${line}`))
    .join('\n');
}

function actionCount({ actions }: ReconcileResult): string {
  return actions === 1 ? '1 action' : `${actions} actions`;
}

function saySummary(endings: readonly Ending[], { invocation, word }: ConvergeOptions): void {
  const { output } = invocation;
  const failed = endings.filter((ending) => !isWell(ending)).map(({ job }) => job.name);
  const well = endings.length - failed.length;
  if (output.json) {
    output.object({ type: 'summary', projects: endings.length, converged: well, failed });
    return;
  }
  const total = `${endings.length} ${endings.length === 1 ? 'project' : 'projects'}`;
  const summary = `${total}: ${well} ${word}${failed.length > 0 ? `, ${failed.length} failed: ${failed.join(', ')}` : ''}`;
  output.result(output.style('heading', summary));
}

function isWell(ending: Ending): boolean {
  return 'result' in ending && ending.result.kind === 'converged';
}

/** Interrupted before everything; an engine that is away before failures; failures before files that do not load. */
function exitCodeOfAll(endings: readonly Ending[], interrupted: boolean): ExitCode {
  if (interrupted) return EXIT.interrupted;
  const codes = endings.map((ending): ExitCode => {
    if ('error' in ending) return exitCodeOf(ending.error);
    return ending.result.kind === 'converged' ? EXIT.converged : EXIT.failed;
  });
  const worst = [EXIT.unreachable, EXIT.failed, EXIT.usage, EXIT.invalidFile].find((code) => codes.includes(code));
  return worst ?? EXIT.converged;
}
