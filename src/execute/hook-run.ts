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

import { EngineError, isEngineError } from '../model/errors.ts';
import type { ContainerState } from '../model/observed.ts';
import type { ActionOf, EarlierRun } from '../plan/plan.ts';
import type { Before, HookResult } from './hook-attempts.ts';
import {
  deadlineMsOf,
  intentOf,
  isRefusal,
  liveOutput,
  NOTHING_BEFORE,
  openDeadline,
  refusalText,
  resultOf,
  runAttempts,
  tellRejoined,
  withTail,
} from './hook-attempts.ts';
import { hookRequest } from './hook-request.ts';
import type { Attempt } from './hooks-in-flight.ts';
import type { RunContext } from './run-context.ts';
import { containerId } from './run-context.ts';

/** The run of a hook in the service's own container. */
export type ExecHook = Extract<ActionOf<'run-hook'>, { readonly phase: 'post_start' | 'pre_stop' }>;

export function runHook(context: RunContext, action: ExecHook): Promise<HookResult> {
  return new HookRun(context, action).run();
}

interface Exec {
  readonly execId: string;
  readonly recordId: number;
  /** The start of the container that it belongs to; undefined: the present one. */
  readonly startedAt: string | undefined;
}

/** Exit codes above this are those of processes that a signal ended. */
const SIGNAL_EXIT = 128;
const KILLED = 137;
/** How long a killed process may take to be gone: one that waits for a disk goes when that answers. */
const KILL_TAKES_MS = 5000;
/** How long the end of a container may come after that of an exec it took with it. */
const LATE_END_MS = 2000;

class HookRun {
  readonly #context: RunContext;
  readonly #action: ExecHook;
  readonly #containerId: string;
  readonly #deadlineMs: number;

  constructor(context: RunContext, action: ExecHook) {
    this.#context = context;
    this.#action = action;
    this.#containerId = containerId(context, action.container);
    this.#deadlineMs = deadlineMsOf(context, action);
  }

  async run(): Promise<HookResult> {
    for (const other of this.#action.others) await this.#outlast(other);
    const last = await runAttempts(this.#context, this.#action, await this.#takeUp(), (attempt) =>
      this.#attempt(attempt),
    );
    if (last?.outcome === 'moot' && this.#action.phase === 'post_start')
      throw new EngineError('conflict', 'the container has ended');
    return resultOf(this.#action, last);
  }

  /** What became of an exec that an earlier run left: it is run again where it failed, or where that cannot be told. */
  async #takeUp(): Promise<Before> {
    const { earlier } = this.#action;
    if (!earlier) return NOTHING_BEFORE;
    const { inFlight, leave } = this.#context;
    if (inFlight.has(earlier.recordId)) tellRejoined(this.#context, this.#action, earlier.beganAtMs);
    const rejoined = await inFlight.rejoin(earlier.recordId, leave);
    if (rejoined) return earlier.counts ? rejoined : NOTHING_BEFORE;
    return { last: await this.#lookFor(earlier), number: 0 };
  }

  /** What the engine says of an exec of which nobody knows the end. */
  async #lookFor(earlier: EarlierRun): Promise<Attempt | undefined> {
    const { engine, ledger, signal } = this.#context;
    const state = await engine.inspectExec(earlier.execId, signal);
    if (!state) return undefined;
    if (state.running) tellRejoined(this.#context, this.#action, earlier.beganAtMs);
    const exitCode = state.running ? await this.#awaitEnd(earlier) : state.exitCode;
    if (exitCode === 'overdue') return await this.#endOverdue({ ...earlier, startedAt: undefined }, []);
    if (exitCode === undefined) return undefined;
    ledger.end(earlier.recordId, { outcome: exitCode === 0 ? 'succeeded' : 'failed', exitCode });
    if (exitCode !== 0 || !earlier.counts) return undefined;
    return { outcome: 'succeeded', message: 'had succeeded already', exitCode };
  }

  /** Another hook that an earlier run left ends first, or is killed at this one's deadline where that can be done. */
  async #outlast(other: EarlierRun): Promise<void> {
    const { engine, ledger, signal, inFlight, leave } = this.#context;
    if (await inFlight.rejoin(other.recordId, leave)) return;
    const state = await engine.inspectExec(other.execId, signal);
    // This hook's deadline is not the other's, and so does not count from where that began.
    const exitCode = state?.running ? await this.#awaitEnd({ ...other, beganAtMs: undefined }) : state?.exitCode;
    if (exitCode === 'overdue') await engine.killExec(other.execId, this.#containerId, signal);
    else if (exitCode !== undefined)
      ledger.end(other.recordId, { outcome: exitCode === 0 ? 'succeeded' : 'failed', exitCode });
  }

  /** The exit code of an exec that runs; undefined where nobody knows it. */
  async #awaitEnd({ execId, beganAtMs }: EarlierRun): Promise<number | 'overdue' | undefined> {
    const { engine, signal } = this.#context;
    const deadline = openDeadline(this.#context, this.#deadlineMs, beganAtMs);
    try {
      const until = AbortSignal.any([signal, deadline.signal]);
      return (await engine.awaitExec(execId, this.#containerId, until))?.exitCode;
    } catch (error) {
      if (signal.aborted || !deadline.signal.aborted) throw error;
      return 'overdue';
    } finally {
      deadline.cancel();
    }
  }

  async #attempt(attempt: number): Promise<Attempt> {
    const { engine, ledger, incarnations, signal } = this.#context;
    const state = await engine.inspectState(this.#containerId, signal);
    if (state?.status === 'paused') throw new EngineError('conflict', 'the container is paused');
    if (state?.status !== 'running') {
      incarnations.expectNone(this.#containerId);
      return this.#moot();
    }
    const verdict = incarnations.judge(this.#containerId, state.startedAt);
    if (verdict === 'another') throw new EngineError('conflict', 'the container was started again meanwhile');
    if (verdict === 'over') return this.#moot();
    const { startedAt } = state;
    const intent = intentOf(this.#context, this.#action, { containerId: this.#containerId, startedAt, attempt });
    const refuse = (message: string): Attempt =>
      this.#record(ledger.intend({ ...intent, execId: undefined }), { outcome: 'refused', message });
    const request = hookRequest(this.#action.hook, ledger);
    if (!request.ok) return refuse(request.message);
    let execId: string;
    try {
      execId = await engine.createExec(this.#containerId, request.exec, signal);
    } catch (error) {
      if (!isRefusal(error) || (await this.#isPaused())) throw error;
      if (await this.#hasEnded(startedAt)) return this.#moot();
      return refuse(refusalText(this.#context, this.#action, error));
    }
    const recordId = ledger.intend({ ...intent, execId });
    const end = this.#execute({ execId, recordId, startedAt });
    return await this.#context.inFlight.stay(recordId, { number: attempt, end }, this.#context.leave);
  }

  /** Starts an announced exec and stays with it to its end or its deadline. */
  async #execute(exec: Exec): Promise<Attempt> {
    const { engine, incarnations, signal } = this.#context;
    const isFirst = this.#action.phase === 'pre_stop' && incarnations.expectEnd(this.#containerId);
    const output = liveOutput(this.#context, this.#action, exec.recordId);
    const deadline = openDeadline(this.#context, this.#deadlineMs);
    try {
      const { exitCode } = await engine.runExec(
        exec.execId,
        (stream, chunk) => output.write(stream, chunk),
        AbortSignal.any([signal, deadline.signal]),
      );
      output.end();
      return await this.#judge(exec, exitCode, output.tail());
    } catch (error) {
      if (signal.aborted) throw error;
      output.end();
      if (deadline.signal.aborted) return await this.#endOverdue(exec, output.tail());
      if (!isRefusal(error) || (await this.#isPaused())) throw error;
      // It ran nothing, so its container has not ended by it.
      if (isFirst && isEngineError(error, 'rejected')) incarnations.expectNoEnd(this.#containerId);
      if (await this.#hasEnded(exec.startedAt)) return this.#record(exec.recordId, this.#moot());
      const message = withTail(refusalText(this.#context, this.#action, error), output.tail());
      return this.#record(exec.recordId, { outcome: 'refused', message });
    } finally {
      deadline.cancel();
    }
  }

  async #judge(exec: Exec, exitCode: number, tail: readonly string[]): Promise<Attempt> {
    if (exitCode === 0) return this.#record(exec.recordId, { outcome: 'succeeded', message: 'succeeded', exitCode });
    // The engine kills what runs in a container that ends: that is no failure of a hook that was to end it, and no answer
    // of one that has to be given to the next start.
    const isPreStop = this.#action.phase === 'pre_stop';
    if ((isPreStop || exitCode > SIGNAL_EXIT) && (await this.#endsWith(exec, exitCode))) {
      if (!isPreStop) return this.#record(exec.recordId, this.#moot());
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
    const end = await this.#endOf(exec, killed ? KILL_TAKES_MS : 0);
    if (!killed && end !== undefined) return await this.#judge(exec, end, tail);
    const isGone = end !== undefined;
    const left = killed ? 'killed, and it has not gone yet' : 'it cannot be killed from here and may still be running';
    const fate = isGone ? 'killed' : left;
    // Two clocks: this one is the hook's; a stop has its grace to itself, and it has not begun.
    const stop = this.#action.phase === 'pre_stop' ? '; the stop and its grace have not begun' : '';
    const message = withTail(`did not end within ${this.#deadlineMs / 1000} s (${fate}${stop})`, tail);
    return this.#record(exec.recordId, { outcome: 'timed-out', message, abandoned: !isGone, ...exit(end) });
  }

  /** The exit code of an exec that has ended, or does so within that time; undefined where it may still run. */
  async #endOf({ execId }: Exec, withinMs: number): Promise<number | undefined> {
    const { engine, signal } = this.#context;
    if (withinMs === 0) return (await engine.inspectExec(execId, signal))?.exitCode;
    const end = await this.#within(withinMs, (until) => engine.awaitExec(execId, this.#containerId, until));
    // An engine that has forgotten it does not run it.
    return end.isLate ? undefined : (end.value?.exitCode ?? KILLED);
  }

  /** What the work gives, unless it takes longer; then it is given up. */
  async #within<T>(
    ms: number,
    work: (until: AbortSignal) => Promise<T>,
  ): Promise<{ readonly isLate: false; readonly value: T } | { readonly isLate: true }> {
    const { clock, signal } = this.#context;
    const patience = new AbortController();
    const cancel = clock.setTimer(ms, () => patience.abort());
    try {
      return { isLate: false, value: await work(AbortSignal.any([signal, patience.signal])) };
    } catch (error) {
      if (signal.aborted || !patience.signal.aborted) throw error;
      return { isLate: true };
    } finally {
      cancel();
    }
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
    const isOver = (state: ContainerState | undefined): true | undefined =>
      hasEnded(state, exec.startedAt) || undefined;
    const { engine } = this.#context;
    const end = await this.#within(LATE_END_MS, (until) => engine.awaitState(this.#containerId, isOver, until));
    return !end.isLate;
  }

  async #hasEnded(startedAt: string | undefined): Promise<boolean> {
    return hasEnded(await this.#context.engine.inspectState(this.#containerId, this.#context.signal), startedAt);
  }

  /** Nothing can be run in it now; that says nothing about the hook. */
  async #isPaused(): Promise<boolean> {
    const state = await this.#context.engine.inspectState(this.#containerId, this.#context.signal);
    return state?.status === 'paused';
  }
}

/** Whether that start of the container is over; a paused one goes on. */
function hasEnded(state: ContainerState | undefined, startedAt: string | undefined): boolean {
  if (state?.status !== 'running' && state?.status !== 'paused') return true;
  return startedAt !== undefined && state.startedAt !== startedAt;
}

/** Of what timed out the exit code says that its process is gone: nobody has to look at it again. */
function exit(exitCode: number | undefined): { readonly exitCode?: number } {
  return exitCode === undefined ? {} : { exitCode };
}
