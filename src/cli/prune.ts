/** Projects that were applied from a directory and whose folder is gone: taken down with `--prune`, else left alone and said. */

import type { RunControl } from '../controller/operations.ts';
import { down } from '../controller/operations.ts';
import { look } from '../controller/observe.ts';
import type { ReconcilerPorts } from '../controller/reconciler.ts';
import { UsageError } from '../model/errors.ts';
import type { ObservedProject } from '../model/observed.ts';
import type { DownPolicy } from '../plan/down.ts';
import type { Plan } from '../plan/plan.ts';
import { buildDownPlan } from '../plan/down.ts';
import type { Job } from './converge.ts';

/** What `--prune` asks for. */
export interface Prune {
  /** Containers go although their pre_stop fails. */
  readonly force: boolean;
}

/** How what is pruned is taken down: without its volumes, as their data has no other place. */
function pruneDownPolicy({ force }: Prune): DownPolicy {
  return { command: 'prune', services: undefined, volumes: false, removeOrphans: true, force };
}

/** Takes these projects down. */
export function pruneJobs(
  ports: ReconcilerPorts,
  gone: readonly string[],
  { prune, options, drain, signal }: RunControl & { readonly prune: Prune },
): Job[] {
  const policy = pruneDownPolicy(prune);
  return gone.map((project) => ({
    name: project,
    word: 'down',
    run: () => down(ports, { project, desired: undefined, policy, options, drain, signal }),
  }));
}

/** What taking one of them down would do; changes nothing. */
export async function planOfPrune(
  ports: Pick<ReconcilerPorts, 'engine' | 'state'>,
  project: string,
  { prune, signal }: { readonly prune: Prune; readonly signal: AbortSignal },
): Promise<{ readonly plan: Plan; readonly observed: ObservedProject }> {
  const seen = await look(ports, { project, desired: undefined, signal });
  return {
    plan: buildDownPlan({ desired: undefined, ...seen, policy: pruneDownPolicy(prune) }),
    observed: seen.observed,
  };
}

/** It would have no meaning for the project of the files alone. */
export function refusePruneOfOne(prune: Prune | undefined, command: string): void {
  if (prune === undefined) return;
  throw new UsageError(`--prune is about a directory of projects: reeve ${command} DIR --prune`);
}

/** What is said of a project that is not pruned. */
export function leftNote(project: string): string {
  return `${project}: its folder is gone, its containers are left alone (--prune takes it down)`;
}
