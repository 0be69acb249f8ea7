/**
 * Runs one hook of one container: announce, exec, bound, record.
 *
 * At least once, and once wherever the engine can tell: the exec is created first (which starts nothing), then the
 * intent with its id is made durable, then it is started. An earlier exec of which the end is not known is looked at
 * before anything new is started: still running, it is awaited; succeeded, nothing is run. So there are never two at once.
 *
 * A container that ended needs no pre_stop: that is a success. One that ended before its post_start leaves those that
 * wait for it without what they wait for, and a paused one can be asked nothing: then the world has to be looked at again.
 */

import { shownCommand } from '../model/carried-hook.ts';
import { EngineError, isEngineError, messageOf } from '../model/errors.ts';
import type { HookOutcome } from '../model/hook.ts';
import type { ContainerState } from '../model/observed.ts';
import { renderCause } from '../plan/cause.ts';
import type { ActionOf } from '../plan/plan.ts';
import { hookDeadlineMs } from '../plan/stop-budget.ts';
import type { HookIntent } from '../state/state.ts';
import { hookRequest } from './hook-request.ts';
import { OutputTail } from './output-tail.ts';
import type { RunContext } from './run-context.ts';
import { containerId } from './run-context.ts';

export type HookResult =
  | { readonly ok: true; readonly detail: string }
  | { readonly ok: false; readonly message: string };

export function runHook(context: RunContext, action: ActionOf<'run-hook'>): Promise<HookResult> {
  return new HookRun(context, action).run();
}

interface Attempt {
  readonly outcome: HookOutcome;
  /** What to tell a person: exit status, refusal, deadline, and the last lines of output. */
  readonly message: string;
  readonly exitCode?: number;
  /** Its process may still be there: nothing new may be started now. */
  readonly abandoned?: boolean;
}

interface Exec {
  readonly execId: string;
  readonly recordId: number;
  /** The start of the container that it belongs to; undefined: the present one. */
  readonly startedAt: string | undefined;
}

/** Exit codes above this are those of processes that a signal ended. */
const SIGNAL_EXIT = 128;
/** How long the end of a container may come after that of an exec it took with it. */
const LATE_END_MS = 2000;

class HookRun {
  readonly #context: RunContext;
  readonly #action: ActionOf<'run-hook'>;
  readonly #containerId: string;
  readonly #deadlineMs: number;

  constructor(context: RunContext, action: ActionOf<'run-hook'>) {
    this.#context = context;
    this.#action = action;
    this.#containerId = containerId(context, action.container);
    this.#deadlineMs = hookDeadlineMs(action.hook, context.options.hookTimeoutMs);
  }

  /** Attempts until one succeeds, all are used up, or the last one may still be running. */
  async run(): Promise<HookResult> {
    const { policy } = this.#action.hook;
    let last = await this.#takeUp();
    for (let attempt = 1; attempt <= 1 + policy.retries && mayTry(last); attempt += 1) {
      if (attempt > 1) await this.#pause(policy.backoffMs * 2 ** (attempt - 2));
      last = await this.#attempt(attempt);
      this.#announce(last, attempt);
    }
    const { container, phase, index } = this.#action;
    if (last?.outcome === 'moot' && phase === 'post_start')
      throw new EngineError('conflict', 'the container has ended');
    if (last === undefined || !isFailure(last)) return { ok: true, detail: last?.message ?? '' };
    const message = `${container.key.replace(/@.*/, '')}: ${phase} hook ${index} ${last.message}`;
    if (policy.onFailure === 'continue') return { ok: true, detail: `${message} (on_failure: continue)` };
    return { ok: false, message };
  }

  /** What became of an exec that an earlier run left. undefined: it is run again, for it failed, or that cannot be told. */
  async #takeUp(): Promise<Attempt | undefined> {
    const { earlier } = this.#action;
    if (!earlier) return undefined;
    const { engine, ledger, signal } = this.#context;
    const state = await engine.inspectExec(earlier.execId, signal);
    if (!state) return undefined;
    let { exitCode } = state;
    if (state.running) {
      const deadline = this.#deadline();
      const until = AbortSignal.any([signal, deadline.signal]);
      try {
        exitCode = (await engine.awaitExec(earlier.execId, this.#containerId, until))?.exitCode;
      } catch (error) {
        if (signal.aborted || !deadline.signal.aborted) throw error;
        return await this.#endOverdue({ ...earlier, startedAt: undefined }, []);
      } finally {
        deadline.cancel();
      }
    }
    if (exitCode === undefined) return undefined;
    ledger.end(earlier.recordId, { outcome: exitCode === 0 ? 'succeeded' : 'failed', exitCode });
    if (exitCode !== 0 || !earlier.counts) return undefined;
    return { outcome: 'succeeded', message: 'had succeeded already', exitCode };
  }

  async #attempt(attempt: number): Promise<Attempt> {
    const { engine, ledger, incarnations, signal } = this.#context;
    const state = await engine.inspectState(this.#containerId, signal);
    if (state?.status === 'paused') throw new EngineError('conflict', 'the container is paused');
    if (state?.status !== 'running') return this.#moot();
    const verdict = incarnations.judge(this.#containerId, state.startedAt);
    if (verdict === 'another') throw new EngineError('conflict', 'the container was started again meanwhile');
    if (verdict === 'over') return this.#moot();
    const intent = this.#intent(attempt, state.startedAt);
    const refuse = (message: string): Attempt =>
      this.#record(ledger.intend({ ...intent, execId: undefined }), { outcome: 'refused', message });
    const request = hookRequest(this.#action.hook, ledger);
    if (!request.ok) return refuse(request.message);
    try {
      const execId = await engine.createExec(this.#containerId, request.exec, signal);
      return await this.#execute({
        execId,
        recordId: ledger.intend({ ...intent, execId }),
        startedAt: state.startedAt,
      });
    } catch (error) {
      if (!isRefusal(error) || (await this.#isPaused())) throw error;
      if (await this.#hasEnded(state.startedAt)) return this.#moot();
      return refuse(`was refused by the engine: ${messageOf(error)}`);
    }
  }

  #intent(attempt: number, startedAt: string): Omit<HookIntent, 'execId'> {
    const { container, phase, index, hook, cause } = this.#action;
    return {
      project: this.#context.observed.name,
      service: container.service,
      replica: container.number,
      containerId: this.#containerId,
      startedAt,
      phase,
      index,
      digest: hook.digest,
      command: shownCommand(hook),
      cause: renderCause(cause),
      attempt,
      deadlineMs: this.#deadlineMs,
    };
  }

  /** Starts an announced exec and stays with it to its end or its deadline. */
  async #execute(exec: Exec): Promise<Attempt> {
    const { engine, ledger, incarnations, signal } = this.#context;
    if (this.#action.phase === 'pre_stop') incarnations.expectEnd(this.#containerId);
    const output = this.#output();
    const deadline = this.#deadline();
    try {
      const { exitCode } = await engine.runExec(
        exec.execId,
        (stream, chunk) => ledger.appendOutput(exec.recordId, stream, output.write(stream, chunk)),
        AbortSignal.any([signal, deadline.signal]),
      );
      output.end();
      return await this.#judge(exec, exitCode, output.tail());
    } catch (error) {
      if (signal.aborted) throw error;
      output.end();
      if (deadline.signal.aborted) return await this.#endOverdue(exec, output.tail());
      if (!isRefusal(error) || (await this.#isPaused())) throw error;
      if (await this.#hasEnded(exec.startedAt)) return this.#record(exec.recordId, this.#moot());
      const message = withTail(`was refused by the engine: ${messageOf(error)}`, output.tail());
      return this.#record(exec.recordId, { outcome: 'refused', message });
    } finally {
      deadline.cancel();
    }
  }

  async #judge(exec: Exec, exitCode: number, tail: readonly string[]): Promise<Attempt> {
    if (exitCode === 0) return this.#record(exec.recordId, { outcome: 'succeeded', message: 'succeeded', exitCode });
    // The engine kills what runs in a container that ends: that is no failure of a hook that was to end it.
    if (this.#action.phase === 'pre_stop' && (await this.#endsWith(exec, exitCode))) {
      return this.#record(exec.recordId, { outcome: 'succeeded', message: 'ended with its container', exitCode });
    }
    return this.#record(exec.recordId, { outcome: 'failed', message: withTail(`exited ${exitCode}`, tail), exitCode });
  }

  /** The deadline passed: killed where that can be done, else left behind, which is said. */
  async #endOverdue(exec: Exec, tail: readonly string[]): Promise<Attempt> {
    const { engine, signal } = this.#context;
    const killed = await engine.killExec(exec.execId, this.#containerId, signal);
    if (this.#action.phase === 'pre_stop' && (await this.#hasEnded(exec.startedAt))) {
      return this.#record(exec.recordId, { outcome: 'succeeded', message: 'ended with its container' });
    }
    const fate = killed ? 'killed' : 'it cannot be killed from here and may still be running';
    // Two clocks: this one is the hook's; a stop has its grace to itself, and it has not begun.
    const stop = this.#action.phase === 'pre_stop' ? '; the stop and its grace have not begun' : '';
    const message = withTail(`did not end within ${this.#deadlineMs / 1000} s (${fate}${stop})`, tail);
    return this.#record(exec.recordId, { outcome: 'timed-out', message, abandoned: !killed });
  }

  #record(recordId: number, attempt: Attempt): Attempt {
    const { outcome, message, exitCode } = attempt;
    this.#context.ledger.end(recordId, exitCode === undefined ? { outcome, message } : { outcome, message, exitCode });
    return attempt;
  }

  /** A container that has ended needs no pre_stop, and can have no post_start before its next start. */
  #moot(): Attempt {
    const what = this.#action.phase === 'pre_stop' ? 'not needed' : 'not run';
    return { outcome: 'moot', message: `${what}: the container has ended` };
  }

  /** Whether the container ended too. A killed exec is told of a little before the container that it was killed with. */
  async #endsWith(exec: Exec, exitCode: number): Promise<boolean> {
    if (exitCode <= SIGNAL_EXIT) return await this.#hasEnded(exec.startedAt);
    const { engine, clock, signal } = this.#context;
    const patience = new AbortController();
    const cancel = clock.setTimer(LATE_END_MS, () => patience.abort());
    try {
      return await engine.awaitState(
        this.#containerId,
        (state) => hasEnded(state, exec.startedAt) || undefined,
        AbortSignal.any([signal, patience.signal]),
      );
    } catch (error) {
      if (signal.aborted || !patience.signal.aborted) throw error;
      return false;
    } finally {
      cancel();
    }
  }

  async #hasEnded(startedAt: string | undefined): Promise<boolean> {
    return hasEnded(await this.#context.engine.inspectState(this.#containerId, this.#context.signal), startedAt);
  }

  /** Nothing can be run in it now; that says nothing about the hook. */
  async #isPaused(): Promise<boolean> {
    const state = await this.#context.engine.inspectState(this.#containerId, this.#context.signal);
    return state?.status === 'paused';
  }

  #pause(ms: number): Promise<void> {
    const { clock, signal, drain } = this.#context;
    return clock.delay(ms, AbortSignal.any([signal, drain]));
  }

  #deadline(): { readonly signal: AbortSignal; readonly cancel: () => void } {
    const controller = new AbortController();
    const cancel = this.#context.clock.setTimer(this.#deadlineMs, () => controller.abort());
    return { signal: controller.signal, cancel };
  }

  #output(): OutputTail {
    const { observed, emit } = this.#context;
    const [project, action] = [observed.name, this.#action];
    return new OutputTail((stream, line) => emit({ type: 'hook-output', project, action, stream, line }));
  }

  #announce({ outcome, message }: Attempt, attempt: number): void {
    const { observed, emit } = this.#context;
    emit({ type: 'hook-ended', project: observed.name, action: this.#action, attempt, outcome, message });
  }
}

/** Whether that start of the container is over; a paused one goes on. */
function hasEnded(state: ContainerState | undefined, startedAt: string | undefined): boolean {
  if (state?.status !== 'running' && state?.status !== 'paused') return true;
  return startedAt !== undefined && state.startedAt !== startedAt;
}

function mayTry(last: Attempt | undefined): boolean {
  return last === undefined || (isFailure(last) && !last.abandoned);
}

function isFailure({ outcome }: Attempt): boolean {
  return outcome === 'failed' || outcome === 'timed-out' || outcome === 'refused';
}

/** The engine understood and said no; anything else leaves it open what happened. */
function isRefusal(error: unknown): boolean {
  return isEngineError(error) && error.code !== 'unavailable' && error.code !== 'timeout';
}

function withTail(message: string, tail: readonly string[]): string {
  return tail.length > 0 ? `${message}:\n${tail.join('\n')}` : message;
}
