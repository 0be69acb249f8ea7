/**
 * Which start of each container a run's plan is about.
 *
 * What is owed was decided for the start that was observed, or for the one that the run itself makes. When another one
 * runs by the time of a hook or a stop, it is owed what the plan does not have, and the world has to be looked at again.
 * One exception: a container that ended during its own pre_stop has done what was asked, whatever brought it back.
 */

import type { ObservedProject } from '../model/observed.ts';

export type Verdict =
  | 'planned'
  /** The planned start ended during its pre_stop. */
  | 'over'
  | 'another';

/** No start of a container is called so. */
const NO_START = '';

export class Incarnations {
  /** By container id; absent where the next start that is seen is the planned one. */
  readonly #planned: Map<string, string>;
  readonly #stopping = new Set<string>();

  constructor({ containers }: ObservedProject) {
    // What a restart policy is about to bring back is planned for the start that comes.
    const present = containers.filter(({ state }) => state.status !== 'restarting');
    this.#planned = new Map(present.map(({ id, state }) => [id, state.startedAt]));
  }

  /** This run started it: the plan is about that start from now on. */
  expectStart(containerId: string): void {
    this.#planned.delete(containerId);
    this.#stopping.delete(containerId);
  }

  /** A pre_stop hook is being run in it; true: the first. */
  expectEnd(containerId: string): boolean {
    const isFirst = !this.#stopping.has(containerId);
    this.#stopping.add(containerId);
    return isFirst;
  }

  /** That hook turned out not to have begun. */
  expectNoEnd(containerId: string): void {
    this.#stopping.delete(containerId);
  }

  /** A hook found nothing to run in: what starts from now on is not what it was planned for. */
  expectNone(containerId: string): void {
    this.#planned.set(containerId, NO_START);
  }

  /** Whether its hooks were, or need not be, run in that start. */
  mayStop(containerId: string, startedAt: string): boolean {
    return this.#planned.get(containerId) === startedAt || this.#stopping.has(containerId);
  }

  judge(containerId: string, startedAt: string): Verdict {
    const planned = this.#planned.get(containerId);
    if (planned === undefined) this.#planned.set(containerId, startedAt);
    if (planned === undefined || planned === startedAt) return 'planned';
    return this.#stopping.has(containerId) ? 'over' : 'another';
  }
}
