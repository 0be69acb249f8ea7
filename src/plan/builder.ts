/**
 * Collects actions while a plan is made and puts them in topological order. Holds no policy.
 *
 * The order is stable: actions come out in the order they were added, each after everything it waits for.
 */

import type { ProjectName } from '../model/project.ts';
import type { Action, ActionId, ActionSketch, Deferral, Plan, Problem } from './plan.ts';

export interface Edges {
  readonly dependsOn?: readonly (ActionId | undefined)[];
  readonly after?: readonly (ActionId | undefined)[];
}

export class PlanBuilder {
  readonly #actions = new Map<ActionId, Action>();
  readonly problems: Problem[] = [];
  readonly deferrals: Deferral[] = [];
  readonly notes: string[] = [];
  readonly abandonedStops: string[] = [];

  has(id: ActionId): boolean {
    return this.#actions.has(id);
  }

  /** Adds an action; an id that is there already is returned as it is (one wait serves all who wait). */
  add(action: ActionSketch, { dependsOn, after }: Edges = {}): ActionId {
    if (!this.#actions.has(action.id)) {
      this.#actions.set(action.id, { ...action, dependsOn: present(dependsOn), after: present(after) });
    }
    return action.id;
  }

  /** Takes an action back before anything waits for it. */
  drop(id: ActionId): void {
    this.#actions.delete(id);
  }

  build(project: ProjectName): Plan {
    return {
      project,
      actions: topological(this.#actions),
      problems: this.problems,
      deferrals: this.deferrals,
      notes: this.notes,
      abandonedStops: this.abandonedStops,
    };
  }
}

function present(ids: readonly (ActionId | undefined)[] | undefined): ActionId[] {
  return [...new Set((ids ?? []).filter((id) => id !== undefined))];
}

/** Edges to actions that are not in the plan are dropped: what they wait for is already so. */
function topological(actions: ReadonlyMap<ActionId, Action>): Action[] {
  const ordered: Action[] = [];
  const state = new Map<ActionId, 'open' | 'done'>();
  for (const root of actions.keys()) {
    const stack = [root];
    while (stack.length > 0) {
      const id = stack.at(-1) ?? root;
      const action = actions.get(id);
      if (!action || state.get(id) === 'done') {
        stack.pop();
        continue;
      }
      const waiting = [...action.dependsOn, ...action.after].filter(
        (other) => actions.has(other) && state.get(other) !== 'done',
      );
      if (waiting.length === 0) {
        stack.pop();
        state.set(id, 'done');
        ordered.push({
          ...action,
          dependsOn: action.dependsOn.filter((other) => actions.has(other)),
          after: action.after.filter((other) => actions.has(other)),
        });
      } else if (state.get(id) === 'open') {
        throw new Error(`plan has a cycle through ${id} and ${waiting.join(', ')}`);
      } else {
        state.set(id, 'open');
        stack.push(...waiting.toReversed());
      }
    }
  }
  return ordered;
}
