/**
 * What a start waits for: every replica of every dependency, as its condition says. Also the other direction:
 * what a dependency's own stop waits for, the stops of those that are restarted with it.
 */

import type { Dependency, Service, ServiceName } from '../model/project.ts';
import { isFinished } from '../model/restart-policy.ts';
import { stopsRunning } from './decide.ts';
import type { Cause } from './cause.ts';
import type { ReplicaDecision, ServiceDecision } from './decide.ts';
import type { Emission } from './emission.ts';
import { hooksOf, owedHooks } from './owed.ts';
import type { ActionId } from './plan.ts';
import { addAwait, addPostStart, addStop, leavingRef } from './sequences.ts';
import { shareOut } from './shared-hooks.ts';

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
    const replicas = (emission.decisions.get(name) ?? emission.left.get(name))?.replicas ?? [];
    const ids = replicas.flatMap((replica) => readiness(emission, replica, dependency, service.name));
    (dependency.required ? dependsOn : after).push(...ids);
  }
  return { dependsOn, after };
}

function readiness(
  emission: Emission,
  decided: ReplicaDecision,
  { condition, required }: Dependency,
  dependent: ServiceName,
): ActionId[] {
  const { plan, readyActions } = emission;
  const { ref, replica } = decided;
  const cause = { kind: 'needed-by', service: dependent } as const;
  if (required && replica.keep?.state.status === 'restarting') awaitRestart(emission, decided, cause);
  const ready = [...(readyActions.get(ref.key) ?? [])];
  const start = [`${ref.key}:start`, `${ref.key}:await-running`].find((id) => plan.has(id));
  switch (condition) {
    case 'service_started':
      return ready;
    case 'service_healthy':
      if (!start && replica.keep?.state.health === 'healthy') return ready;
      return [...ready, addAwait(plan, { ref, until: 'healthy', cause, required }, [start])];
    case 'service_completed_successfully':
      if (!start && replica.keep && isFinished(replica.keep.state, 'no')) return [];
      return [...ready, addAwait(plan, { ref, until: 'completed', cause, required }, [start])];
  }
}

/** A start that a restart policy is about to make: waited for where somebody needs it, and given its hooks. */
function awaitRestart(emission: Emission, decided: ReplicaDecision, cause: Cause): void {
  const { plan, desired, history, decisions, readyActions } = emission;
  const { ref, replica } = decided;
  if (!replica.keep || decided.restart || plan.has(`${ref.key}:await-running`)) return;
  const started = [addAwait(plan, { ref, until: 'running', cause }, [])];
  const isOurs = decisions.get(ref.service)?.replicas.includes(decided) ?? false;
  const owed = isOurs ? owedHooks(replica.keep, 'post_start', hooksOf(replica.keep, desired), history) : [];
  const last = addPostStart(plan, { ref, owed: shareOut(emission, ref, owed), cause, started, isHealthy: false });
  readyActions.set(ref.key, last);
}

/**
 * Stops of a service that is pulled along by what it depends on (`restart: true`): they come before the stop of that one,
 * and only once its replacement could be made. Called in reverse dependency order, before any start is added.
 */
export function addEarlyStops(emission: Emission, decision: ServiceDecision): void {
  const { plan, desired, history, policy, decisions, reconnections } = emission;
  const { service, replicas } = decision;
  const pulling = pullingServices(service).filter((name) => stopsRunning(decisions.get(name)));
  if (pulling.length === 0 || policy.noStart) return;
  // Where a volume is replaced, what is pulled along may have to be gone before the replacements can be made.
  const isFree = emission.resources.replacesVolumes;
  const replacements = isFree ? [] : pulling.flatMap((name) => creationsOf(decisions.get(name)));
  const dependents = stopsOfDependents(emission, service.name);
  const stops = replicas.flatMap(({ replica: { keep, leaving }, ref, restart, notBefore }) => {
    if (notBefore !== undefined) return [];
    const going = leaving.map(({ container, cause }) => ({ container, ref: leavingRef(container), cause }));
    const coming = keep && restart ? [{ container: keep, ref, cause: restart }] : [];
    const dependsOn = [...replacements, keep || isFree ? undefined : `${ref.key}:create`];
    return [...coming, ...going].flatMap((one) => {
      const hooks = hooksOf(one.container, desired);
      const edges = { dependsOn, after: [...dependents, ...reconnections(one.container.id)] };
      return addStop(plan, history, { ...one, hooks, force: policy.force, edges }) ?? [];
    });
  });
  emission.earlyStops.set(service.name, stops);
}

/** Stops of the replicas that are stopped first because this service's containers are. */
export function stopsOfDependents({ decisions, earlyStops }: Emission, name: ServiceName): ActionId[] {
  return [...earlyStops].flatMap(([dependent, stops]) =>
    decisions.get(dependent)?.service.depends_on?.[name]?.restart === true ? stops : [],
  );
}

function pullingServices(service: Service): ServiceName[] {
  return Object.entries(service.depends_on ?? {})
    .filter(([, { restart }]) => restart === true)
    .map(([name]) => name);
}

/** The creations of a service's new containers: what cannot be made must not cost dependents their containers. */
export function creationsOf(decision: ServiceDecision | undefined): ActionId[] {
  return (decision?.replicas ?? []).filter(({ ref }) => ref.id === undefined).map(({ ref }) => `${ref.key}:create`);
}
