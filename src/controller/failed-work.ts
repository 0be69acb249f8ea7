/**
 * What failed rests for a growing while before it is tried again, however often the project is looked at meanwhile: a
 * failed start or hook container leaves events behind, and each of them would bring its own retry at once.
 *
 * A replica, or a resource, rests while what there is to do for it is what its last try left undone, no more and no less;
 * the others go on. What the engine did not answer is not held against anything: it is due when the engine answers again.
 * Somebody's act (a saved file, `resume`) lets everything be tried at once.
 */

import type { Clock } from '../clock.ts';
import type { ActionFailure, ExecuteResult } from '../execute/executor.ts';
import { isEngineError } from '../model/errors.ts';
import type { Deferral, Plan } from '../plan/plan.ts';
import { postpone, subjectOf, workBySubject, type Subject } from '../plan/postpone.ts';
import { Backoff } from './backoff.ts';

interface Failure {
  /** Ids of the actions that are left. */
  readonly work: string;
  readonly messages: readonly string[];
  readonly retryable: boolean;
}

/** A plan without what rests, and what that is. */
export interface Rested {
  /** What is to be tried again is among its deferrals. */
  readonly plan: Plan;
  readonly failures: readonly string[];
  /** Of all that rests; true where nothing does. */
  readonly retryable: boolean;
}

export class FailedWork {
  readonly #clock: Clock;
  readonly #delays: Backoff;
  readonly #failures = new Map<Subject, Failure>();

  constructor(clock: Clock, random: () => number) {
    this.#clock = clock;
    this.#delays = new Backoff({ clock, random });
  }

  /**
   * Records what a plan left undone of all that failed: the whole of it where what succeeded was taken back. False: the
   * engine did not answer, and there is nothing to wait for but its answer.
   */
  record(plan: Plan, { outcomes, failures }: ExecuteResult, isTakenBack: boolean): boolean {
    const work = workBySubject(plan);
    const refused = Map.groupBy(
      failures.filter(({ error }) => !isUnanswered(error)),
      ({ action }) => subjectOf(action),
    );
    for (const [subject, ofIt] of refused) {
      const ids = (work.get(subject) ?? []).filter((id) => isTakenBack || outcomes.get(id)?.kind !== 'succeeded');
      this.#keep(subject, ids, ofIt);
    }
    return failures.every(({ error }) => !isUnanswered(error));
  }

  /** Records that all of a plan was carried out again and again, and came to nothing. */
  recordVain(plan: Plan, message: (id: string) => string): void {
    for (const [subject, ids] of workBySubject(plan)) {
      const work = ids.join('\n');
      this.#failures.set(subject, { work, messages: ids.map(message), retryable: true });
      this.#delays.next(subject);
    }
  }

  /** Leaves out what rests. */
  without(plan: Plan): Rested {
    if (this.#failures.size === 0) return { plan, failures: [], retryable: true };
    const resting = [...workBySubject(plan)].flatMap(([subject, ids]) => {
      const failure = this.#failures.get(subject);
      const restMs = failure?.work === ids.join('\n') ? Math.ceil(this.#delays.remainingMs(subject)) : 0;
      return failure !== undefined && restMs > 0 ? [{ subject, restMs, failure }] : [];
    });
    if (resting.length === 0) return { plan, failures: [], retryable: true };
    const nowMs = this.#clock.now();
    const deferrals = resting.flatMap(({ subject, restMs, failure: { retryable, messages } }): Deferral[] =>
      retryable ? [{ subject, untilMs: nowMs + restMs, message: messages.join('; ') }] : [],
    );
    const rest = postpone(plan, new Set(resting.map(({ subject }) => subject)));
    return {
      plan: { ...rest, deferrals: [...rest.deferrals, ...deferrals] },
      failures: resting.flatMap(({ failure }) => failure.messages),
      retryable: resting.some(({ failure }) => failure.retryable),
    };
  }

  /** All is well, or somebody did something about it. */
  forget(): void {
    for (const subject of this.#failures.keys()) this.#delays.forget(subject);
    this.#failures.clear();
  }

  #keep(subject: Subject, ids: readonly string[], failures: readonly ActionFailure[]): void {
    const messages = failures.map(({ message }) => message);
    const retryable = failures.some((failure) => failure.retryable);
    this.#failures.set(subject, { work: ids.join('\n'), messages, retryable });
    this.#delays.next(subject);
  }
}

function isUnanswered(error: unknown): boolean {
  return isEngineError(error, 'unavailable') || isEngineError(error, 'timeout');
}
