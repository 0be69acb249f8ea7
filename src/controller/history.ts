/**
 * Turns the events of one round into history lines. They are written together, at its end and before what may take long: who
 * looks meanwhile sees them, and a death during a hook does not lose them. Values never reach a line.
 */

import type { Clock } from '../clock.ts';
import type { RunEvent } from '../execute/events.ts';
import { renderCause } from '../plan/cause.ts';
import type { ActionKind } from '../plan/plan.ts';
import type { TimeLimit } from '../plan/stop-budget.ts';
import { limitText } from '../plan/stop-budget.ts';
import type { History, HistoryEntry } from '../state/state.ts';

export interface HistoryWriter {
  record(event: RunEvent): void;
  flush(): void;
}

export function historyWriter(history: History, clock: Clock, reconcileId: string): HistoryWriter {
  const entries: HistoryEntry[] = [];
  const flush = (): void => history.append(entries.splice(0));
  return {
    record(event) {
      if (event.type === 'action-started' && LASTING.has(event.action.kind)) flush();
      if (event.type !== 'action-settled' || event.outcome.kind === 'interrupted') return;
      const { outcome, action, project, durationMs } = event;
      entries.push({
        project,
        atMs: clock.now(),
        reconcileId,
        action: action.id,
        cause: renderCause(action.cause),
        outcome: outcome.kind === 'stale' ? 'failed' : outcome.kind,
        message:
          outcome.kind === 'skipped'
            ? `${outcome.because} did not succeed`
            : 'message' in outcome
              ? outcome.message
              : withLimit(event.detail ?? '', event.limit),
        durationMs,
      });
    },
    flush,
  };
}

/** What ends when a program of the user's does. */
const LASTING: ReadonlySet<ActionKind> = new Set(['run-hook', 'await-container', 'stop-container']);

/** What had its own time in a stop says how much: the hook's deadline and the stop's grace are two things. */
function withLimit(detail: string, limit: TimeLimit | undefined): string {
  if (limit === undefined || (limit.kind === 'hook' && limit.thenGraceMs === undefined)) return detail;
  const text = limitText(limit);
  return detail === '' ? text : `${detail} (${text})`;
}
