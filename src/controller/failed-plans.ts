/**
 * What failed rests for a growing while before it is tried again, however often the project is looked at meanwhile: a
 * failed start or hook container leaves events behind, and each of them would bring its own retry at once.
 *
 * A plan rests when it is what a failed one left undone, no more and no less; a plan with anything else in it is carried
 * out whole. What the engine did not answer is not held against a plan: it is due when the engine answers again.
 * Somebody's act (a saved file, `resume`) lets everything be tried at once.
 */

import type { ExecuteResult } from '../execute/executor.ts';
import { isEngineError } from '../model/errors.ts';
import type { Action, Plan } from '../plan/plan.ts';
import type { Backoff } from './backoff.ts';

/** How a run ended that failed. */
export interface FailedEnd {
  readonly failures: readonly string[];
  readonly retryable: boolean;
}

/** Failed plans that are remembered; of a project that never comes to rest the oldest are let go. */
const MOST = 100;

export class FailedPlans {
  readonly #delays: Backoff;
  /** By the work that is left, the oldest first. */
  readonly #failures = new Map<string, FailedEnd>();

  constructor(delays: Backoff) {
    this.#delays = delays;
  }

  /**
   * Records what a failed plan left undone: all of it where there is no result, or what had succeeded was taken back.
   * Returns the milliseconds until that is due again; undefined: whenever there is a reason.
   */
  record({ actions }: Plan, end: FailedEnd, result?: ExecuteResult): number | undefined {
    if (result?.failures.some(({ error }) => isUnanswered(error))) return undefined;
    const work = workOf(actions.filter(({ id }) => result?.outcomes.get(id)?.kind !== 'succeeded'));
    this.#failures.delete(work);
    this.#failures.set(work, end);
    const [oldest = work] = this.#failures.keys();
    if (this.#failures.size > MOST) this.#drop(oldest);
    return this.#delays.next(work);
  }

  /** How such a plan ended, while it rests; `afterMs`: milliseconds until it is due. */
  resting({ actions }: Plan): (FailedEnd & { readonly afterMs: number }) | undefined {
    const work = workOf(actions);
    const [end, afterMs] = [this.#failures.get(work), this.#delays.remainingMs(work)];
    return end !== undefined && afterMs > 0 ? { ...end, afterMs } : undefined;
  }

  /** All is well, or somebody did something about it. */
  forget(): void {
    for (const work of this.#failures.keys()) this.#drop(work);
  }

  #drop(work: string): void {
    this.#failures.delete(work);
    this.#delays.forget(work);
  }
}

function isUnanswered(error: unknown): boolean {
  return isEngineError(error, 'unavailable') || isEngineError(error, 'timeout');
}

/** Clearing away what the failed try left behind is no work of its own. */
function workOf(actions: readonly Action[]): string {
  const work = actions.filter(({ cause }) => cause.kind !== 'hook-container');
  return work.map(({ id }) => id).join('\n');
}
