/**
 * Runs one `pre_start` hook: a container of its own is made, announced, started, followed to its end, recorded, removed.
 *
 * The container is made first (which starts nothing), then the intent with its id is made durable, then it is started. One
 * that an earlier run left is looked at before anything new is started: still running, it is awaited; ended with 0, nothing
 * is run. So there are never two at once. At its deadline it is killed, which the engine can do to a container.
 *
 * One that succeeded is removed once that is recorded; one that failed is kept for inspection, and named, unless it is tried
 * again or its failure is let pass. When the run is cut off it is ended and removed, as far as that can still be done: the
 * hook is owed again, as after a crash.
 */

import type { OutputSink } from '../engine/engine.ts';
import { isEngineError } from '../model/errors.ts';
import type { ContainerState } from '../model/observed.ts';
import { hookContainerLabels } from '../model/owner.ts';
import type { Project, Service } from '../model/project.ts';
import type { ActionOf } from '../plan/plan.ts';
import { filesToCopy } from './files-to-copy.ts';
import type { HookResult } from './hook-attempts.ts';
import {
  deadlineMsOf,
  intentOf,
  isFailure,
  liveOutput,
  openDeadline,
  refusalText,
  resultOf,
  runAttempts,
  tellRejoined,
  withTail,
} from './hook-attempts.ts';
import type { HookWords } from './hook-request.ts';
import { wholeHook } from './hook-request.ts';
import { endOf, isSuccess, killHookContainer } from './hook-container-end.ts';
import { hookService } from './hook-service.ts';
import type { Attempt } from './hooks-in-flight.ts';
import type { OutputTail } from './output-tail.ts';
import type { RunContext } from './run-context.ts';
import { borrowedId, containerId, desiredProject } from './run-context.ts';

/** The run of a hook in a container of its own. */
export type PreStartHook = Extract<ActionOf<'run-hook'>, { readonly phase: 'pre_start' }>;

export function runPreStart(context: RunContext, action: PreStartHook): Promise<HookResult> {
  return new PreStartRun(context, action).run();
}

/** A hook container that is announced. */
interface Announced {
  readonly id: string;
  readonly recordId: number;
  /** It stays for inspection when the hook fails. */
  readonly isKept: boolean;
  /** By an earlier run; undefined: by this one, now. */
  readonly beganAtMs?: number | undefined;
}

/** How long the last of the output may come after the end of its container. */
const LATE_OUTPUT_MS = 5000;
/** Times that the output is read, when the connection breaks meanwhile. */
const READS = 3;
/** For putting away what a run that is cut off leaves. */
const CLEAN_UP_MS = 5000;
/** The start that a record of a `pre_start` hook is about: there was none yet. */
const NEVER_STARTED = '';

class PreStartRun {
  readonly #context: RunContext;
  readonly #action: PreStartHook;
  readonly #project: Project;
  readonly #service: Service;
  /** Of the service's container. */
  readonly #containerId: string;
  readonly #deadlineMs: number;
  /** Of the hook's own one. */
  readonly #name: string;
  /** What has to be removed before the name is free. */
  #left: string | undefined;

  constructor(context: RunContext, action: PreStartHook) {
    const { container, name } = action;
    const project = desiredProject(context, action);
    const service = project.services[container.service];
    if (!service) throw new Error(`${action.id} is about a service that the project does not have`);
    this.#context = context;
    this.#action = action;
    this.#project = project;
    this.#service = service;
    this.#containerId = containerId(context, container);
    this.#deadlineMs = deadlineMsOf(context, action);
    this.#name = name;
  }

  async run(): Promise<HookResult> {
    const before = { last: await this.#takeUp(), number: 0 };
    const last = await runAttempts(this.#context, this.#action, before, (attempt) => this.#attempt(attempt));
    return resultOf(this.#action, last);
  }

  /** What became of a container that an earlier run left. undefined: the hook is run again. */
  async #takeUp(): Promise<Attempt | undefined> {
    const { earlier } = this.#action;
    if (!earlier) return undefined;
    const { ledger } = this.#context;
    const { containerId: id, beganAtMs } = earlier;
    const recordId = earlier.recordId ?? this.#intend(1, id);
    tellRejoined(this.#context, this.#action, beganAtMs);
    return await this.#guarded({ id, recordId, isKept: false, beganAtMs }, async (announced) => {
      ledger.resetOutput(recordId);
      const attempt = await this.#follow(announced);
      return attempt.outcome === 'succeeded' ? { ...attempt, message: 'had succeeded already' } : undefined;
    });
  }

  async #attempt(attempt: number): Promise<Attempt> {
    const { engine, ledger, signal } = this.#context;
    const { hook, container } = this.#action;
    if (this.#left !== undefined) await this.#remove(this.#left);
    const refuse = (message: string): Attempt =>
      this.#record(this.#intend(attempt, undefined), { outcome: 'refused', message });
    const whole = wholeHook(hook, ledger);
    if (!whole.ok) return refuse(whole.message);
    const files = filesToCopy(this.#project, container.service);
    if (!files.ok) return refuse(files.message);
    let id: string;
    try {
      id = await this.#create(whole.words);
    } catch (error) {
      if (!isEngineError(error, 'rejected')) throw error;
      return refuse(refusalText(this.#context, this.#action, error));
    }
    this.#left = id;
    if (files.list.length > 0) await engine.copyFiles(id, files.list, signal);
    const isKept = hook.policy.onFailure === 'fail' && attempt > hook.policy.retries;
    return await this.#guarded({ id, recordId: this.#intend(attempt, id), isKept }, async (announced) => {
      try {
        await engine.startContainer(id, signal);
      } catch (error) {
        // That it is gone, or something it needs, says nothing about the hook: the world has to be looked at again.
        if (!isEngineError(error, 'rejected')) throw error;
        return this.#settle(
          { ...announced, isKept: false },
          {
            outcome: 'refused',
            message: refusalText(this.#context, this.#action, error),
          },
        );
      }
      return await this.#follow(announced);
    });
  }

  #create(words: HookWords): Promise<string> {
    const { container, hook, index, borrows } = this.#action;
    const project = this.#project;
    const service = this.#service;
    const owner = { index, containerId: this.#containerId, digest: hook.digest };
    return this.#context.engine.createContainer(
      {
        project,
        service: hookService({ project, service, hook, index, words, containerId: this.#containerId }),
        number: container.number,
        name: this.#name,
        labels: hookContainerLabels(project, service.name, owner),
        containerIdOf: (name) => borrowedId(this.#context, borrows, name),
        carriedVolumes: new Map(),
      },
      this.#context.signal,
    );
  }

  /** Stays with a started container to its end or its deadline. */
  async #follow(announced: Announced): Promise<Attempt> {
    const { engine, signal } = this.#context;
    const { id, beganAtMs } = announced;
    const output = liveOutput(this.#context, this.#action, announced.recordId);
    const deadline = openDeadline(this.#context, this.#deadlineMs, beganAtMs);
    const reading = new AbortController();
    const read = this.#read(announced, output, AbortSignal.any([signal, reading.signal]));
    try {
      const { state } = await engine.awaitState(id, endOf, AbortSignal.any([signal, deadline.signal]));
      await this.#lastOutput(read);
      output.end();
      return await this.#judge(announced, state, output.tail());
    } catch (error) {
      if (signal.aborted || !deadline.signal.aborted) throw error;
      const own = await killHookContainer(this.#context.engine, id, signal);
      await this.#lastOutput(read);
      output.end();
      if (own) return await this.#judge(announced, own.state, output.tail());
      const message = `did not end within ${this.#deadlineMs / 1000} s (killed)`;
      return await this.#settle(announced, { outcome: 'timed-out', message }, output.tail());
    } finally {
      deadline.cancel();
      reading.abort();
    }
  }

  /** Hands output on as it comes. It is for people and decides nothing: what cannot be read is left out. */
  async #read({ id }: Announced, output: OutputTail, signal: AbortSignal): Promise<void> {
    const { engine } = this.#context;
    const seen = { stdout: 0, stderr: 0 };
    for (let left = READS; left > 0; left -= 1) {
      const again = { ...seen };
      const take: OutputSink = (stream, chunk) => {
        const rest = chunk.subarray(again[stream]);
        again[stream] -= chunk.length - rest.length;
        seen[stream] += rest.length;
        if (rest.length > 0) output.write(stream, rest);
      };
      try {
        return await engine.followOutput(id, take, signal);
      } catch (error) {
        if (signal.aborted || !isEngineError(error, 'unavailable')) return undefined;
      }
    }
  }

  async #lastOutput(read: Promise<void>): Promise<void> {
    const late = Promise.withResolvers<void>();
    const cancel = this.#context.clock.setTimer(LATE_OUTPUT_MS, late.resolve);
    await Promise.race([read, late.promise]);
    cancel();
  }

  #judge(announced: Announced, state: ContainerState | undefined, tail: readonly string[]): Promise<Attempt> {
    if (!state)
      return this.#settle(
        { ...announced, isKept: false },
        { outcome: 'failed', message: 'ended: its container was removed' },
        tail,
      );
    const { exitCode, status } = state;
    if (exitCode === 0 && status === 'exited')
      return this.#settle(announced, { outcome: 'succeeded', message: 'succeeded', exitCode });
    return this.#settle(announced, { outcome: 'failed', message: `exited ${exitCode}`, exitCode }, tail);
  }

  /** Records how it ended, then puts its container away or keeps it. */
  async #settle({ id, recordId, isKept }: Announced, ended: Attempt, tail: readonly string[] = []): Promise<Attempt> {
    const stays = isKept && isFailure(ended);
    const said = stays ? `${ended.message} (container ${this.#name} is kept for inspection)` : ended.message;
    const attempt = this.#record(recordId, { ...ended, message: withTail(said, tail) });
    this.#left = id;
    if (stays) return attempt;
    try {
      await this.#remove(id);
    } catch (error) {
      // What became of the hook is known; the container is left for the next attempt or the next run.
      if (!isEngineError(error)) throw error;
    }
    return attempt;
  }

  async #remove(id: string): Promise<void> {
    await this.#context.engine.removeContainer(id, { volumes: true }, this.#context.signal);
    this.#left = undefined;
  }

  /** Ends and removes the container when the run is cut off. */
  async #guarded<T>(announced: Announced, run: (announced: Announced) => Promise<T>): Promise<T> {
    try {
      return await run(announced);
    } catch (error) {
      if (this.#context.signal.aborted) await this.#cancel(announced);
      throw error;
    }
  }

  async #cancel({ id, recordId }: Announced): Promise<void> {
    const { engine, ledger } = this.#context;
    const signal = AbortSignal.timeout(CLEAN_UP_MS);
    try {
      const own = await killHookContainer(engine, id, signal);
      ledger.end(
        recordId,
        isSuccess(own) ? { outcome: 'succeeded', exitCode: 0 } : { outcome: 'failed', message: 'cancelled' },
      );
      await engine.removeContainer(id, { volumes: true }, signal);
    } catch {
      // The next run finds it by its label.
    }
  }

  #intend(attempt: number, id: string | undefined): number {
    const run = { containerId: this.#containerId, startedAt: NEVER_STARTED, attempt };
    return this.#context.ledger.intend({ ...intentOf(this.#context, this.#action, run), execId: id });
  }

  #record(recordId: number, attempt: Attempt): Attempt {
    const { outcome, message, exitCode } = attempt;
    this.#context.ledger.end(recordId, exitCode === undefined ? { outcome, message } : { outcome, message, exitCode });
    return attempt;
  }
}
