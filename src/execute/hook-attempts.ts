/**
 * What running a hook has in common, whether it runs in the service's container or in one of its own: attempts with a growing
 * delay, the deadline, the intent, the live lines, and the words of a failure.
 */

import { shownCommand } from '../model/carried-hook.ts';
import { isEngineError, messageOf } from '../model/errors.ts';
import { renderCause } from '../plan/cause.ts';
import type { ActionOf } from '../plan/plan.ts';
import { hookDeadlineMs } from '../plan/stop-budget.ts';
import type { HookIntent } from '../state/state.ts';
import type { Attempt } from './hooks-in-flight.ts';
import { OutputTail } from './output-tail.ts';
import { redact } from './redactor.ts';
import type { RunContext } from './run-context.ts';

export type HookResult =
  | { readonly ok: true; readonly detail: string }
  | { readonly ok: false; readonly message: string };

/** What became of attempts that were begun before this action. */
export interface Before {
  /** undefined: nothing that counts. */
  readonly last: Attempt | undefined;
  /** How many of the attempts it may have are used up. */
  readonly number: number;
}

export const NOTHING_BEFORE: Before = { last: undefined, number: 0 };

/** Attempts until one succeeds, all are used up, or the last one may still be running. */
export async function runAttempts(
  context: RunContext,
  action: ActionOf<'run-hook'>,
  before: Before,
  run: (attempt: number) => Promise<Attempt>,
): Promise<Attempt | undefined> {
  const { retries, backoffMs } = action.hook.policy;
  const { observed, emit, clock, signal, drain } = context;
  const tell = (attempt: number, { outcome, message }: Attempt): void =>
    emit({ type: 'hook-ended', project: observed.name, action, attempt, outcome, message });
  let { last } = before;
  if (last !== undefined && before.number > 0) tell(before.number, last);
  for (let attempt = before.number + 1; attempt <= 1 + retries && mayTry(last); attempt += 1) {
    if (attempt > 1) await clock.delay(backoffMs * 2 ** (attempt - 2), AbortSignal.any([signal, drain]));
    last = await run(attempt);
    tell(attempt, last);
  }
  return last;
}

/** What an action comes to whose last attempt ended like this; undefined: there was nothing to run. */
export function resultOf(action: ActionOf<'run-hook'>, last: Attempt | undefined): HookResult {
  const { container, phase, index, hook } = action;
  if (last === undefined || !isFailure(last)) return { ok: true, detail: last?.message ?? '' };
  const message = `${container.key.replace(/@.*/, '')}: ${phase} hook ${index} ${last.message}`;
  if (hook.policy.onFailure === 'continue') return { ok: true, detail: `${message} (on_failure: continue)` };
  if (action.phase === 'pre_stop' && action.isForced) return { ok: true, detail: `${message} (--force)` };
  return { ok: false, message: phase === 'pre_stop' ? withWayOut(message) : message };
}

/** The container is held, and only a person can decide to stop it all the same. */
function withWayOut(message: string): string {
  const [first = '', ...tail] = message.split('\n');
  return withTail(`${first.replace(/:$/, '')}, so it stays (--force or on_failure: continue goes on)`, tail);
}

/** What is recorded before an attempt begins, but for the id of what it runs in. */
export function intentOf(
  context: RunContext,
  action: ActionOf<'run-hook'>,
  run: { readonly containerId: string; readonly startedAt: string; readonly attempt: number },
): Omit<HookIntent, 'execId'> {
  const { container, phase, index, hook, cause } = action;
  return {
    project: context.observed.name,
    service: container.service,
    replica: container.number,
    phase,
    index,
    digest: hook.digest,
    command: shownCommand(hook),
    cause: renderCause(cause),
    deadlineMs: deadlineMsOf(context, action),
    ...run,
  };
}

/** Stays with a run that was begun before this one: that time counts for it. undefined: its time is over. */
export function tellRejoined(
  { emit, observed }: RunContext,
  action: ActionOf<'run-hook'>,
  beganAtMs: number | undefined,
): void {
  if (beganAtMs !== undefined) emit({ type: 'hook-rejoined', project: observed.name, action, beganAtMs });
}

/** How long one attempt may take, in milliseconds. */
export function deadlineMsOf({ options }: RunContext, { hook }: ActionOf<'run-hook'>): number {
  return hookDeadlineMs(hook, options.hookTimeoutMs);
}

/** A deadline of what began at that time, by the wall's clock; default: now. */
export function openDeadline(
  { clock }: RunContext,
  deadlineMs: number,
  beganAtMs = clock.now(),
): { readonly signal: AbortSignal; readonly cancel: () => void } {
  const controller = new AbortController();
  const goneMs = Math.max(0, clock.now() - beganAtMs);
  const cancel = clock.setTimer(Math.max(0, deadlineMs - goneMs), () => controller.abort());
  return { signal: controller.signal, cancel };
}

/** Output that is recorded and shown line by line as it comes. */
export function liveOutput(context: RunContext, action: ActionOf<'run-hook'>, recordId: number): OutputTail {
  const { observed, ledger, emit } = context;
  return new OutputTail({
    hidden: hiddenValues(context, action),
    onText: (stream, text) => ledger.appendOutput(recordId, stream, text),
    onLine: (stream, line) => emit({ type: 'hook-output', project: observed.name, action, stream, line }),
  });
}

/** The engine's words about a hook, which may repeat those of its command. */
export function refusalText(context: RunContext, action: ActionOf<'run-hook'>, error: unknown): string {
  return `was refused by the engine: ${redact(messageOf(error), hiddenValues(context, action))}`;
}

/** What came from outside the files: of the project, and what is kept for the hook of a time when they were others. */
function hiddenValues({ desired, ledger }: RunContext, { hook }: ActionOf<'run-hook'>): string[] {
  const kept = hook.withheld.length > 0 ? ledger.values(hook.digest) : undefined;
  return [...(desired?.sensitiveValues ?? []), ...Object.values(kept ?? {})];
}

function mayTry(last: Attempt | undefined): boolean {
  return last === undefined || (isFailure(last) && !last.abandoned);
}

export function isFailure({ outcome }: Attempt): boolean {
  return outcome === 'failed' || outcome === 'timed-out' || outcome === 'refused';
}

/** The engine understood and said no; anything else leaves it open what happened. */
export function isRefusal(error: unknown): boolean {
  return isEngineError(error) && error.code !== 'unavailable' && error.code !== 'timeout';
}

export function withTail(message: string, tail: readonly string[]): string {
  return tail.length > 0 ? `${message}:\n${tail.join('\n')}` : message;
}
