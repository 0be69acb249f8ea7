/** What the end of a run means: for the queue, whether and when there is another try; for people, where the project stands. */

import { isEngineError, messageOf } from '../model/errors.ts';
import type { ReconcileResult } from './reconciler.ts';
import type { ProjectStatus, StatusReason } from './status.ts';
import type { Outcome } from './work-queue.ts';

/** The only place where `watch` decides about another try. */
export function outcomeOf(result: ReconcileResult): Outcome {
  switch (result.kind) {
    case 'converged':
    case 'interrupted':
      return { kind: 'done' };
    case 'yielded':
      return { kind: 'requeue', afterMs: result.afterMs ?? 0, yields: true };
    case 'deferred':
      return { kind: 'requeue', afterMs: result.afterMs ?? 0, messages: result.failures };
    case 'failed': {
      const error = new AggregateError(
        result.failures.map((message) => new Error(message)),
        result.failures.join('\n'),
      );
      const { retryable, afterMs } = result;
      return retryable || afterMs !== undefined ? { kind: 'retry', error, afterMs } : { kind: 'terminal', error };
    }
  }
}

export interface Standing {
  readonly reason: StatusReason;
  readonly messages: readonly string[];
}

export function standingAfter(outcome: Outcome): Standing {
  switch (outcome.kind) {
    case 'done':
      return { reason: 'Converged', messages: [] };
    case 'requeue':
      return { reason: outcome.yields ? 'Yielding' : 'CrashBackoff', messages: outcome.messages ?? [] };
    case 'retry':
    case 'terminal': {
      const unreachable = isEngineError(outcome.error, 'unavailable') || isEngineError(outcome.error, 'timeout');
      return { reason: unreachable ? 'EngineUnavailable' : 'Failed', messages: messageOf(outcome.error).split('\n') };
    }
  }
}

export function stateOf(reason: StatusReason): ProjectStatus['state'] {
  switch (reason) {
    case 'Converged':
    case 'Gone':
    case 'Renamed':
    case 'Down':
    case 'Suspended':
      return 'ready';
    case 'Reconciling':
    case 'Yielding':
      return 'reconciling';
    case 'InvalidFile':
    case 'Failed':
    case 'CrashBackoff':
    case 'EngineUnavailable':
      return 'stalled';
  }
}
