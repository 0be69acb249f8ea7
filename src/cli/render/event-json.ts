/**
 * Events as `--json` writes them: one object a line, names that stay. Holds no environment values: of a hook only its
 * command, masked.
 */

import type { ReconcileEvent, ReconcileResult } from '../../controller/reconciler.ts';
import { renderCause } from '../../plan/cause.ts';
import type { Action, Plan } from '../../plan/plan.ts';
import { containerOf } from '../../plan/plan.ts';
import type { TimeLimit } from '../../plan/stop-budget.ts';
import { renderAction } from '../../plan/render.ts';
import type { Mask } from './action.ts';
import { isoTime } from './time.ts';

/** undefined: nothing that a program needs. */
export function eventJson(event: ReconcileEvent, atMs: number, mask: Mask): object {
  const head = { type: event.type, at: isoTime(atMs), project: event.project };
  switch (event.type) {
    case 'plan':
      return { ...head, ...planJson(event.plan, mask) };
    case 'lease-wait':
      return { ...head, pid: event.pid, command: event.command, since: isoTime(event.sinceMs) };
    case 'state-renewed':
      return { ...head, message: event.message };
    case 'action-started':
      return { ...head, ...actionJson(event.action, mask), ...limitJson(event.limit) };
    case 'action-settled': {
      const { outcome } = event;
      return {
        ...head,
        ...actionJson(event.action, mask),
        outcome: outcome.kind,
        ...('message' in outcome && { message: outcome.message }),
        ...(outcome.kind === 'skipped' && { because: outcome.because }),
        ...(event.detail && { detail: event.detail }),
        ...limitJson(event.limit),
        durationMs: Math.round(event.durationMs),
      };
    }
    case 'hook-output':
      return { ...head, action: event.action.id, stream: event.stream, line: event.line };
    case 'build-output':
      return { ...head, action: event.action.id, line: mask(event.line) };
    case 'hook-rejoined':
      return { ...head, action: event.action.id, since: isoTime(event.beganAtMs) };
    case 'hook-ended':
      return {
        ...head,
        action: event.action.id,
        attempt: event.attempt,
        outcome: event.outcome,
        message: event.message,
      };
    case 'pull-progress':
      return { ...head, action: event.action.id, done: event.done, total: event.total };
  }
}

/** `limitOf` says what bounds an action in time. */
export function planJson(
  plan: Plan,
  mask: Mask,
  limitOf: (action: Action) => TimeLimit | undefined = () => undefined,
): object {
  return {
    actions: plan.actions.map((action) => ({
      ...actionJson(action, mask),
      ...limitJson(limitOf(action)),
      dependsOn: action.dependsOn,
      after: action.after,
    })),
    problems: plan.problems,
    deferrals: plan.deferrals.map(({ subject, untilMs, message }) => ({ subject, until: isoTime(untilMs), message })),
    notes: plan.notes,
  };
}

export function resultJson(project: string, result: ReconcileResult, durationMs: number): object {
  const { kind, actions, failures, notes } = result;
  return { type: 'result', project, outcome: kind, actions, failures, notes, durationMs: Math.round(durationMs) };
}

function limitJson(limit: TimeLimit | undefined): object {
  if (limit === undefined) return {};
  if (limit.kind === 'stop') return { graceMs: limit.graceMs };
  const { deadlineMs, attempts, thenGraceMs } = limit;
  return { deadlineMs, attempts, ...(thenGraceMs !== undefined && { thenGraceMs }) };
}

function actionJson(action: Action, mask: Mask): object {
  const container = containerOf(action);
  return {
    action: action.id,
    kind: action.kind,
    ...(container && { service: container.service, replica: container.number, container: container.name }),
    ...(action.kind === 'run-hook' && {
      phase: action.phase,
      index: action.index,
      command: action.hook.command?.map(mask) ?? null,
    }),
    ...(action.kind !== 'run-hook' && { text: renderAction(action) }),
    cause: renderCause(action.cause),
  };
}
