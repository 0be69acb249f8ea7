/**
 * Plan -> text, one line an action: `#id  what it does  (cause)  <- what it waits for`.
 * The same text is shown by `plan`, by `--dry-run` and asserted by tests. No environment value can appear in it.
 */

import { shownCommand } from '../model/carried-hook.ts';
import type { CarriedHook } from '../model/carried-hook.ts';
import { renderCause } from './cause.ts';
import type { Action, Plan } from './plan.ts';

/** What an action does, as a person would say it, without its subject. */
export function renderAction(action: Action): string {
  switch (action.kind) {
    case 'pull-image':
      return 'pull image';
    case 'build-image':
      return action.pullsFirst ? 'pull or build image' : 'build image';
    case 'create-network':
      return 'create network';
    case 'remove-network':
      return `remove network ${action.name}`;
    case 'connect-network':
      return `connect to network ${action.network}`;
    case 'disconnect-network':
      return `disconnect from network ${action.networkName}`;
    case 'create-volume':
      return 'create volume';
    case 'remove-volume':
      return `remove volume ${action.name}`;
    case 'create-container':
      return `create container ${action.container.name}`;
    case 'rename-container':
      return `rename to ${action.name}`;
    case 'update-container':
      return 'update container';
    case 'signal-container':
      return `send signal ${action.signal}`;
    case 'unpause-container':
      return 'unpause container';
    case 'start-container':
      return 'start container';
    case 'stop-container':
      return `stop container ${action.container.name}`;
    case 'remove-container':
      return `remove container ${action.container.name}`;
    case 'run-hook':
      return `run ${action.phase} hook ${hookText(action.hook)}`;
    case 'await-container':
      return action.required ? AWAITED[action.until] : `${AWAITED[action.until]}, if that can be`;
  }
}

/** The command; of one that is the image's own the image. */
function hookText(hook: CarriedHook): string {
  return hook.command === null ? `of image ${hook.image ?? 'of the service'}` : JSON.stringify(shownCommand(hook));
}

const AWAITED = {
  running: 'wait until running',
  healthy: 'wait until healthy',
  completed: 'wait until completed',
  gone: 'wait until removed',
} as const;

export function renderLine(action: Action): string {
  const edges = [...action.dependsOn, ...action.after.map((id) => `~${id}`)];
  const waits = edges.length > 0 ? `  <- ${edges.join(' ')}` : '';
  return `${action.id}  ${renderAction(action)}  (${renderCause(action.cause)})${waits}`;
}

export function renderPlan(plan: Plan): string {
  return [
    ...plan.actions.map(renderLine),
    ...plan.problems.map((problem) => `! ${problem.subject}: ${problem.message}`),
    ...plan.deferrals.map((deferral) => `. ${deferral.subject}: ${deferral.message}`),
    ...plan.notes.map((note) => `- ${note}`),
  ].join('\n');
}
