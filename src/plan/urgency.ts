/**
 * Critical path first: how much is still to come behind each action, so that of all that could begin the one with the
 * longest way behind it goes first. What each kind takes is a rough figure: only which path is longer matters, and a wrong
 * guess costs time and nothing else.
 */

import type { Action, ActionId, ActionKind, Plan } from './plan.ts';

/** Milliseconds on a small machine at rest. A wait for a healthcheck, a hook and a pull last as long as they last. */
const TAKES_MS: Readonly<Record<ActionKind, number>> = {
  'pull-image': 10_000,
  'build-image': 30_000,
  'create-network': 100,
  'remove-network': 100,
  'connect-network': 50,
  'disconnect-network': 50,
  'create-volume': 10,
  'remove-volume': 10,
  'create-container': 50,
  'rename-container': 10,
  'update-container': 20,
  'signal-container': 10,
  'unpause-container': 20,
  'start-container': 250,
  'stop-container': 250,
  'remove-container': 50,
  'run-hook': 500,
  'await-container': 1000,
};

/** Milliseconds from the beginning of each action to the end of the longest path behind it. */
export function urgencies({ actions }: Pick<Plan, 'actions'>): ReadonlyMap<ActionId, number> {
  const behind = new Map<ActionId, number>();
  // In topological order: from the end, all that waits for an action has been there before it.
  for (const action of actions.toReversed()) {
    const own = takesMs(action) + (behind.get(action.id) ?? 0);
    behind.set(action.id, own);
    for (const id of [...action.dependsOn, ...action.after]) behind.set(id, Math.max(behind.get(id) ?? 0, own));
  }
  return behind;
}

function takesMs(action: Action): number {
  const takes = TAKES_MS[action.kind];
  return action.kind === 'await-container' && action.until !== 'healthy' && action.until !== 'completed' ? 0 : takes;
}
