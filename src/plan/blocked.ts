/**
 * Services that cannot start now, and what that means for those that wait for them.
 *
 * One that lacks something (an external network, an image, its name) is a problem of the plan; one that waits for such a
 * service, or for one that was stopped by hand, is too. A replica that is left alone for a while because it does not stay
 * up defers its dependents silently: they are no problem of their own. What needs no start is never blocked: the running
 * replicas of a blocked service get what they are owed.
 */

import type { ObservedContainer } from '../model/observed.ts';
import { sharedNamespaces } from '../model/config-hash.ts';
import type { Project, ServiceName } from '../model/project.ts';
import { isFinished, restartPolicyOf } from '../model/restart-policy.ts';
import type { PlanBuilder } from './builder.ts';
import type { ReplicaDecision, ServiceDecision } from './decide.ts';
import { stopsRunning } from './decide.ts';
import type { PlanPolicy } from './policy.ts';
import type { Renames } from './renames.ts';
import type { Resources } from './resources.ts';
import { isRunning } from './sequences.ts';
import { undeliverable, vanished } from './content.ts';
import { impossible, renderLacks, serviceLacks } from './engine-limits.ts';
import { unsupported } from './unsupported.ts';

export interface BlockedInput {
  readonly plan: PlanBuilder;
  readonly desired: Project;
  /** Dependencies first. */
  readonly decisions: ReadonlyMap<ServiceName, ServiceDecision>;
  /** Services that are left alone. */
  readonly left: ReadonlyMap<ServiceName, ServiceDecision>;
  readonly resources: Resources;
  readonly renames: Renames;
  readonly policy: PlanPolicy;
}

/** What of the decisions can be carried out; the rest becomes problems. */
export function withoutBlocked(input: BlockedInput): Map<ServiceName, ServiceDecision> {
  const { plan, decisions } = input;
  const able = new Map<ServiceName, ServiceDecision>();
  const blocked = new Map<ServiceName, 'problem' | 'deferred'>();
  for (const [name, decided] of decisions) {
    const whole = withoutVainRestarts(decided, able);
    for (const message of takenNames(input, whole)) plan.problems.push({ subject: name, message });
    const decision = withoutNameless(input, whole);
    const obstacle = decision.replicas.some(isWanted) ? obstacleOf(input, decision) : undefined;
    const dependency = decision.replicas.some(isWanted) ? blockedDependency(input, decision, blocked) : undefined;
    if (obstacle === undefined && dependency === undefined) {
      able.set(name, decision);
      if (decision.replicas.some(({ notBefore }) => notBefore !== undefined)) blocked.set(name, 'deferred');
      if (decision.replicas.length < whole.replicas.length) blocked.set(name, 'problem');
      continue;
    }
    able.set(name, { ...decision, replicas: decision.replicas.filter((replica) => !isWanted(replica)) });
    const isDeferred = obstacle === undefined && dependency !== undefined && blocked.get(dependency) === 'deferred';
    blocked.set(name, isDeferred ? 'deferred' : 'problem');
    const message = obstacle ?? `depends on ${dependency}, which cannot be started now`;
    if (!isDeferred) plan.problems.push({ subject: name, message });
  }
  return able;
}

/** A dependency that cannot be made anew is not restarted after all, and those that can do without it are not with it. */
function withoutVainRestarts(
  decision: ServiceDecision,
  able: ReadonlyMap<ServiceName, ServiceDecision>,
): ServiceDecision {
  const [dependency] = Object.entries(decision.service.depends_on ?? {})
    .filter(([name, { restart }]) => restart === true && stopsRunning(able.get(name)))
    .map(([name]) => name);
  const restart =
    dependency === undefined ? undefined : ({ kind: 'dependency-restarted', service: dependency } as const);
  const replicas = decision.replicas.map((replica) =>
    replica.restart?.kind === 'dependency-restarted' ? { ...replica, restart } : replica,
  );
  return { ...decision, replicas };
}

function isWanted({ start, restart }: ReplicaDecision): boolean {
  return start !== undefined || restart !== undefined;
}

function isNew({ ref }: ReplicaDecision): boolean {
  return ref.id === undefined;
}

function obstacleOf(
  { plan, desired, resources, policy }: BlockedInput,
  { service, replicas }: ServiceDecision,
): string | undefined {
  const creates = replicas.some(isNew);
  const lacks = replicas.some(isUntried) ? serviceLacks(service, policy.apiVersion) : [];
  const fatal = lacks.filter(({ older }) => older === 'refused' || !policy.noStart);
  const lacking = fatal.length > 0 ? renderLacks(fatal, policy.apiVersion) : undefined;
  if (lacks.length > 0 && !lacking) {
    const said = renderLacks(lacks, policy.apiVersion);
    plan.notes.push(`${service.name}: ${said}: it is made without, and will not be started so`);
  }
  const present = replicas.flatMap(({ replica: { keep, leaving } }) => [
    ...(keep ? [keep] : []),
    ...leaving.map(({ container }) => container),
  ]);
  const cannotStart = policy.noStart
    ? undefined
    : (undeliverable(desired, service) ?? vanished(desired, service, present));
  return (
    unsupported(service) ??
    impossible(desired, service) ??
    lacking ??
    cannotStart ??
    resources.obstacle(service, creates)
  );
}

/** A container that is to be made, or that reeve made and nobody started yet. */
function isUntried({ replica: { keep } }: ReplicaDecision): boolean {
  return keep === undefined || (keep.ours && keep.state.status === 'created');
}

/** Names that a container cannot get. One that is there is started under the one that it has, one that is not is not made. */
function takenNames({ renames }: BlockedInput, { replicas }: ServiceDecision): string[] {
  return replicas
    .filter((replica) => isNew(replica) || replica.ref.name !== replica.finalName)
    .flatMap((replica) => renames.obstacle(replica) ?? []);
}

function withoutNameless({ renames }: BlockedInput, decision: ServiceDecision): ServiceDecision {
  const replicas = decision.replicas.filter((replica) => !isNew(replica) || renames.obstacle(replica) === undefined);
  return { ...decision, replicas };
}

function blockedDependency(
  { policy, left }: BlockedInput,
  { service }: ServiceDecision,
  blocked: ReadonlyMap<ServiceName, 'problem' | 'deferred'>,
): ServiceName | undefined {
  if (policy.noStart) return undefined;
  const required = Object.entries(service.depends_on ?? {}).flatMap(([name, needed]) => (needed.required ? name : []));
  return [...required, ...sharedNamespaces(service)].find(
    (name) => blocked.has(name) || isDown(policy, name, left.get(name)),
  );
}

/** A service that is left alone, and does not run: nobody will start it for those that wait for it. */
function isDown(policy: PlanPolicy, name: ServiceName, left: ServiceDecision | undefined): boolean {
  if (!left || policy.held === 'all') return false;
  if (policy.held.get(name) === 'stopped') return true;
  const keeps = left.replicas.flatMap(({ replica }) => replica.keep ?? []);
  const isUp = (container: ObservedContainer): boolean =>
    isRunning(container) || isFinished(container.state, restartPolicyOf(left.service).name);
  return keeps.length === 0 ? left.service.replicas > 0 : !keeps.every(isUp);
}
