/**
 * Runs one hook of one container: announce, exec, bound, record.
 *
 * At least once, and once wherever the engine can tell: the exec is created first (which starts nothing), then the
 * intent with its id is made durable, then it is started. An earlier exec of which the end is not known is looked at
 * before anything new is started: still running, it is awaited; succeeded, nothing is run. So there are never two at once.
 */

import { isEngineError, messageOf } from '../model/errors.ts';
import type { HookOutcome } from '../model/hook.ts';
import type { CarriedHook } from '../model/owner.ts';
import { renderCause } from '../plan/cause.ts';
import type { ActionOf } from '../plan/plan.ts';
import type { ExecRequest } from '../engine/engine.ts';
import { OutputTail } from './output-tail.ts';
import type { RunContext } from './run-context.ts';
import { containerId } from './run-context.ts';

type HookAction = ActionOf<'run-hook'>;

interface Attempt {
  readonly outcome: HookOutcome;
  /** What to tell a person: exit status, refusal, deadline, and the last lines of output. */
  readonly message: string;
  readonly exitCode?: number;
  /** Its process may still be there: nothing new may be started now. */
  readonly abandoned: boolean;
}

export type HookResult =
  | { readonly ok: true; readonly detail: string }
  | { readonly ok: false; readonly message: string };

export async function runHook(context: RunContext, action: HookAction): Promise<HookResult> {
  const { hook, phase, index, container } = action;
  const id = containerId(context, container);
  const deadlineMs = hook.policy.timeoutMs ?? context.options.hookTimeoutMs;
  const subject = `${container.key.replace(/@.*/, '')}: ${phase} hook ${index}`;
  let last = action.earlier && (await takeUp(context, action, id, deadlineMs));
  for (let attempt = 1; last === undefined || (isFailure(last.outcome) && !last.abandoned); attempt += 1) {
    if (attempt > 1 + hook.policy.retries) break;
    if (attempt > 1)
      await context.clock.delay(
        hook.policy.backoffMs * 2 ** (attempt - 2),
        AbortSignal.any([context.signal, context.drain]),
      );
    last = await attemptHook(context, action, id, attempt, deadlineMs);
    context.emit({
      type: 'hook-ended',
      project: context.observed.name,
      action,
      attempt,
      outcome: last.outcome,
      message: last.message,
    });
  }
  if (last === undefined || !isFailure(last.outcome)) return { ok: true, detail: last?.message ?? '' };
  const message = `${subject} ${last.message}`;
  if (hook.policy.onFailure === 'continue') return { ok: true, detail: `${message} (on_failure: continue)` };
  return { ok: false, message };
}

function isFailure(outcome: HookOutcome): boolean {
  return outcome === 'failed' || outcome === 'timed-out' || outcome === 'refused';
}

/** Finds out what became of an exec that an earlier run left. undefined: that cannot be told, or it failed; run it again. */
async function takeUp(
  context: RunContext,
  action: HookAction,
  id: string,
  deadlineMs: number,
): Promise<Attempt | undefined> {
  const { earlier } = action;
  if (!earlier) return undefined;
  const state = await context.engine.inspectExec(earlier.execId, context.signal);
  if (!state) return undefined;
  let exitCode = state.exitCode;
  if (state.running) {
    const deadline = AbortSignal.timeout(deadlineMs);
    try {
      const end = await context.engine.awaitExec(earlier.execId, id, AbortSignal.any([context.signal, deadline]));
      exitCode = end?.exitCode;
    } catch (error) {
      if (context.signal.aborted || !deadline.aborted) throw error;
      return endOverdue(context, action, id, earlier.execId, earlier.recordId, deadlineMs, []);
    }
  }
  if (exitCode === undefined) return undefined;
  const outcome = exitCode === 0 ? 'succeeded' : 'failed';
  context.ledger.end(earlier.recordId, { outcome, exitCode });
  return exitCode === 0 ? { outcome, message: 'had succeeded already', exitCode, abandoned: false } : undefined;
}

async function attemptHook(
  context: RunContext,
  action: HookAction,
  id: string,
  attempt: number,
  deadlineMs: number,
): Promise<Attempt> {
  const { engine, ledger, signal } = context;
  const state = await engine.inspectState(id, signal);
  if (state?.status !== 'running') return notRunning(action);
  const intent = {
    project: context.observed.name,
    service: action.container.service,
    replica: action.container.number,
    containerId: id,
    startedAt: state.startedAt,
    phase: action.phase,
    index: action.index,
    digest: action.hook.digest,
    command: action.hook.command ?? [],
    cause: renderCause(action.cause),
    attempt,
  };
  const request = execRequest(context, action.hook);
  if (!request.ok) {
    const recordId = ledger.intend({ ...intent, execId: undefined });
    return record(context, recordId, { outcome: 'refused', message: request.message, abandoned: false });
  }
  let execId: string;
  try {
    execId = await engine.createExec(id, request.exec, signal);
  } catch (error) {
    if (!isEngineError(error) || error.code === 'unavailable' || error.code === 'timeout') throw error;
    if (await hasEnded(context, id, state.startedAt)) return notRunning(action);
    const recordId = ledger.intend({ ...intent, execId: undefined });
    return record(context, recordId, {
      outcome: 'refused',
      message: `was refused by the engine: ${messageOf(error)}`,
      abandoned: false,
    });
  }
  const recordId = ledger.intend({ ...intent, execId });
  return execute(context, action, { id, execId, recordId, startedAt: state.startedAt, deadlineMs });
}

interface Exec {
  readonly id: string;
  readonly execId: string;
  readonly recordId: number;
  readonly startedAt: string;
  readonly deadlineMs: number;
}

async function execute(context: RunContext, action: HookAction, exec: Exec): Promise<Attempt> {
  const { engine, ledger, signal } = context;
  const output = new OutputTail((stream, line) =>
    context.emit({ type: 'hook-output', project: context.observed.name, action, stream, line }),
  );
  const deadline = new AbortController();
  const cancelTimer = context.clock.setTimer(exec.deadlineMs, () => deadline.abort());
  try {
    const { exitCode } = await engine.runExec(
      exec.execId,
      (stream, chunk) => ledger.appendOutput(exec.recordId, stream, output.write(stream, chunk)),
      AbortSignal.any([signal, deadline.signal]),
    );
    output.end();
    if (exitCode === 0)
      return record(context, exec.recordId, { outcome: 'succeeded', message: 'succeeded', exitCode, abandoned: false });
    if (action.phase === 'pre_stop' && (await hasEnded(context, exec.id, exec.startedAt))) {
      return record(context, exec.recordId, {
        outcome: 'succeeded',
        message: 'ended with its container',
        exitCode,
        abandoned: false,
      });
    }
    const message = `exited ${exitCode}${rendered(output)}`;
    return record(context, exec.recordId, { outcome: 'failed', message, exitCode, abandoned: false });
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    output.end();
    if (deadline.signal.aborted) {
      return endOverdue(context, action, exec.id, exec.execId, exec.recordId, exec.deadlineMs, output.tail());
    }
    if (await hasEnded(context, exec.id, exec.startedAt)) {
      const ended = notRunning(action);
      return record(context, exec.recordId, ended);
    }
    if (!isEngineError(error) || error.code === 'unavailable' || error.code === 'timeout') throw error;
    const message = `was refused by the engine: ${messageOf(error)}${rendered(output)}`;
    return record(context, exec.recordId, { outcome: 'refused', message, abandoned: false });
  } finally {
    cancelTimer();
  }
}

/** The deadline passed: kill where that can be done, else leave it and say so. */
async function endOverdue(
  context: RunContext,
  action: HookAction,
  id: string,
  execId: string,
  recordId: number,
  deadlineMs: number,
  tail: readonly string[],
): Promise<Attempt> {
  const killed = await context.engine.killExec(execId, id, context.signal).catch(() => false);
  const fate = killed ? 'killed' : 'it could not be killed from here and may still be running';
  const lines = tail.length > 0 ? `:\n${tail.join('\n')}` : '';
  const message = `did not end within ${deadlineMs / 1000} s (${fate})${lines}`;
  const ended = action.phase === 'pre_stop' && !(await isUp(context, id));
  if (ended)
    return record(context, recordId, { outcome: 'succeeded', message: 'ended with its container', abandoned: false });
  return record(context, recordId, { outcome: 'timed-out', message, abandoned: !killed });
}

function record(context: RunContext, recordId: number, attempt: Attempt): Attempt {
  const { outcome, message, exitCode } = attempt;
  context.ledger.end(recordId, exitCode === undefined ? { outcome, message } : { outcome, message, exitCode });
  return attempt;
}

/** A container that ended during or before its pre_stop has done what was asked; one that ended before its post_start gets none. */
function notRunning(action: HookAction): Attempt {
  return {
    outcome: 'moot',
    message: action.phase === 'pre_stop' ? 'not needed: the container has ended' : 'not run: the container has ended',
    abandoned: false,
  };
}

async function hasEnded(context: RunContext, id: string, startedAt: string): Promise<boolean> {
  const state = await context.engine.inspectState(id, context.signal);
  return state?.status !== 'running' || state.startedAt !== startedAt;
}

async function isUp(context: RunContext, id: string): Promise<boolean> {
  return (await context.engine.inspectState(id, context.signal))?.status === 'running';
}

function rendered(output: OutputTail): string {
  const lines = output.tail();
  return lines.length > 0 ? `:\n${lines.join('\n')}` : '';
}

type Request = { readonly ok: true; readonly exec: ExecRequest } | { readonly ok: false; readonly message: string };

/** Puts withheld values back; a value that is nowhere any more is a refusal that says which and what to do. */
function execRequest(context: RunContext, hook: CarriedHook): Request {
  const kept = hook.withheld.length > 0 ? context.ledger.values(hook.digest) : undefined;
  const environment: string[] = [];
  for (const [name, value] of Object.entries(hook.environment ?? {})) {
    const known = value ?? kept?.[name] ?? null;
    if (known !== null) environment.push(`${name}=${known}`);
    else if (hook.withheld.includes(name)) {
      return {
        ok: false,
        message: `cannot be run: the value of ${name} was kept in the state database, which is lost, and no file has this hook any more (put the hook back into the file, or use --force)`,
      };
    }
  }
  return {
    ok: true,
    exec: {
      command: hook.command ?? [],
      user: hook.user,
      privileged: hook.privileged ?? false,
      workingDir: hook.working_dir,
      environment,
    },
  };
}
