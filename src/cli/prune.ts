/** Projects that were applied from a directory and whose folder is gone: taken down with `--prune`, else left alone and said. */

import type { RunControl } from '../controller/operations.ts';
import { suspendedOf } from '../controller/holds.ts';
import { down } from '../controller/operations.ts';
import { look } from '../controller/observe.ts';
import type { ReconcileResult, ReconcilerPorts } from '../controller/reconciler.ts';
import { UsageError } from '../model/errors.ts';
import type { ObservedProject } from '../model/observed.ts';
import type { DownPolicy } from '../plan/down.ts';
import type { Plan } from '../plan/plan.ts';
import { buildDownPlan } from '../plan/down.ts';
import type { Job } from './converge.ts';
import type { GoneProject } from './directories.ts';

/** What `--prune` asks for. */
export interface Prune {
  /** Containers go although their pre_stop fails. */
  readonly force: boolean;
}

/** How what is pruned is taken down: without its volumes, as their data has no other place. */
function pruneDownPolicy({ force }: Prune): DownPolicy {
  return { command: 'prune', services: undefined, volumes: false, removeOrphans: true, force };
}

export interface PruneJob extends Job {
  /** The folder that it was applied from. */
  readonly folder: string;
}

/** Takes these projects down; each job is the same run, however often it is asked for. */
export function pruneJobs(
  ports: ReconcilerPorts,
  gone: readonly GoneProject[],
  { prune, options, drain, signal }: RunControl & { readonly prune: Prune },
): PruneJob[] {
  const request = { desired: undefined, policy: pruneDownPolicy(prune), sparesSuspended: true, options, drain, signal };
  return gone.map(({ project, folder }) => {
    let run: Promise<ReconcileResult> | undefined;
    return {
      name: project,
      word: suspendedOf(ports.state, project) === 'all' ? 'left alone' : 'down',
      folder,
      run: () => (run ??= down(ports, { ...request, project })),
    };
  });
}

/** What taking one of them down would do; changes nothing. */
export async function planOfPrune(
  ports: Pick<ReconcilerPorts, 'engine' | 'state'>,
  project: string,
  { prune, signal }: { readonly prune: Prune; readonly signal: AbortSignal },
): Promise<{ readonly plan: Plan; readonly observed: ObservedProject }> {
  const seen = await look(ports, { project, desired: undefined, signal });
  const suspended = suspendedOf(ports.state, project);
  return {
    plan: buildDownPlan({ desired: undefined, ...seen, policy: { ...pruneDownPolicy(prune), suspended } }),
    observed: seen.observed,
  };
}

/** It would have no meaning for the project of the files alone. */
export function refusePruneOfOne(prune: Prune | undefined, command: string): void {
  if (prune === undefined) return;
  throw new UsageError(`--prune is about a directory of projects: reeve ${command} DIR --prune`);
}

/** What is said of a project that is not pruned. */
export function leftNote({ project, makes }: GoneProject): string {
  const why = makes === undefined ? 'its folder is gone' : `its files make ${makes} now`;
  return `${project}: ${why}, its containers are left alone (--prune takes it down)`;
}
