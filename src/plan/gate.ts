/**
 * What a start waits for: every replica of every dependency, as its condition says. Also the other direction:
 * what a dependency's own stop waits for, the stops of those that are restarted with it.
 */

import type { Dependency, Service, ServiceName } from '../model/project.ts';
import { isFinished } from '../model/restart-policy.ts';
import type { ReplicaDecision, ServiceDecision } from './decide.ts';
import type { Emission } from './emission.ts';
import { hooksOf } from './owed.ts';
import type { ActionId } from './plan.ts';
import { addAwait, addStop } from './sequences.ts';

export interface Gate {
  readonly dependsOn: readonly ActionId[];
  readonly after: readonly ActionId[];
}

export const OPEN_GATE: Gate = { dependsOn: [], after: [] };

/** A dependency that is not required is waited for, but does not hold anything up when it fails. */
export function dependencyGate(emission: Emission, { service }: ServiceDecision): Gate {
  const dependsOn: ActionId[] = [];
  const after: ActionId[] = [];
  for (const [name, dependency] of Object.entries(service.depends_on ?? {})) {
    const replicas = emission.decisions.get(name)?.replicas ?? [];
    const ids = replicas.flatMap((replica) => readiness(emission, replica, dependency, service.name));
    (dependency.required ? dependsOn : after).push(...ids);
  }
  return { dependsOn, after };
}

function readiness(
  { plan, readyActions }: Emission,
  { ref, replica }: ReplicaDecision,
  { condition }: Dependency,
  dependent: ServiceName,
): ActionId[] {
  const cause = { kind: 'needed-by', service: dependent } as const;
  const ready = readyActions.get(ref.key);
  const start = plan.has(`${ref.key}:start`) ? `${ref.key}:start` : undefined;
  const ids = ready ? [ready] : [];
  switch (condition) {
    case 'service_started':
      return ids;
    case 'service_healthy':
      if (!start && replica.keep?.state.health === 'healthy') return ids;
      return [...ids, addAwait(plan, { ref, until: 'healthy', cause }, [start])];
    case 'service_completed_successfully':
      if (!start && replica.keep && isFinished(replica.keep.state, 'no')) return [];
      return [...ids, addAwait(plan, { ref, until: 'completed', cause }, [start])];
  }
}

/** Stops of replicas that start again in this plan; called in reverse dependency order, before any start is added. */
export function addEarlyStops(emission: Emission, decision: ServiceDecision): void {
  const { plan, desired, history, policy } = emission;
  const edges = {
    dependsOn: replacementsOf(decision.service, emission.decisions),
    after: stopsOfDependents(emission, decision.service.name),
  };
  const stops = decision.replicas.flatMap(({ replica: { keep }, restart, ref, notBefore }) => {
    if (!keep || !restart || notBefore !== undefined) return [];
    const hooks = hooksOf(keep, desired);
    return addStop(plan, history, { container: keep, ref, hooks, cause: restart, force: policy.force, edges }) ?? [];
  });
  emission.earlyStops.set(decision.service.name, stops);
}

/** Stops of the replicas that are restarted because this service's containers are. */
export function stopsOfDependents(emission: Emission, name: ServiceName): ActionId[] {
  return [...emission.decisions.values()]
    .filter(({ service }) => service.depends_on?.[name]?.restart === true)
    .flatMap(({ service }) => emission.earlyStops.get(service.name) ?? []);
}

/** Creations of the containers that a restart is for: one that cannot be made must not cost its dependents theirs. */
function replacementsOf(service: Service, decisions: Emission['decisions']): ActionId[] {
  return Object.entries(service.depends_on ?? {})
    .filter(([, { restart }]) => restart === true)
    .flatMap(([name]) => decisions.get(name)?.replicas ?? [])
    .filter(({ replica }) => replica.keep === undefined)
    .map(({ ref }) => `${ref.key}:create`);
}
