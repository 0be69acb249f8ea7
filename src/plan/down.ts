/**
 * Plans of `down` and `stop`: what runs is stopped in reverse dependency order, pre_stop first.
 *
 * Made from what is observed: names, dependencies and hooks come from the containers' own labels, so a project whose
 * files are gone is taken down as well. A container whose pre_stop fails stays, the others go on; what it still uses
 * (networks, volumes) then stays too.
 */

import type { LedgerView } from '../model/hook.ts';
import type { ObservedContainer, ObservedProject } from '../model/observed.ts';
import { LABEL } from '../model/owner.ts';
import type { Project, ServiceName } from '../model/project.ts';
import { PlanBuilder } from './builder.ts';
import type { Cause } from './cause.ts';
import { addRemovals, dependentContainers } from './orphans.ts';
import { hooksOf, indexLedger } from './owed.ts';
import type { ActionId, Plan } from './plan.ts';
import { addStop, stayingRef } from './sequences.ts';

export interface DownInput {
  /** Today's file, when there is one: hooks of containers that reeve did not make, and which ones are orphans. */
  readonly desired: Project | undefined;
  readonly observed: ObservedProject;
  readonly ledger: LedgerView;
  readonly policy: DownPolicy;
}

export interface DownPolicy {
  readonly command: 'down' | 'stop' | 'prune';
  /** Named services; undefined: all. */
  readonly services: ReadonlySet<ServiceName> | undefined;
  /** Named and anonymous volumes go too. */
  readonly volumes: boolean;
  /** Containers of services that the file does not have, and one-off ones. */
  readonly removeOrphans: boolean;
  readonly force: boolean;
}

export function buildDownPlan({ desired, observed, ledger, policy }: DownInput): Plan {
  const plan = new PlanBuilder();
  const cause: Cause = { kind: 'command', command: policy.command };
  const containers = observed.containers.filter((container) => isMeant(container, desired, policy));
  const context = { plan, desired, history: indexLedger(ledger), force: policy.force, volumes: policy.volumes };
  const removed = addRemovals(context, containers, cause);
  const left = observed.containers.filter((container) => !containers.includes(container));
  noteLeft(plan, left, desired, policy);
  if (policy.services === undefined)
    addResourceRemovals(plan, { observed, left, removed, cause, volumes: policy.volumes });
  return plan.build(observed.name);
}

export function buildStopPlan({ desired, observed, ledger, policy }: DownInput): Plan {
  const plan = new PlanBuilder();
  const history = indexLedger(ledger);
  const containers = observed.containers.filter((container) => isMeant(container, desired, policy));
  const dependents = dependentContainers(containers);
  for (const container of containers.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    addStop(plan, history, {
      container,
      ref: stayingRef(container),
      hooks: hooksOf(container, desired),
      cause: { kind: 'command', command: policy.command },
      force: policy.force,
      edges: { after: (dependents.get(container.service) ?? []).map((other) => `${stayingRef(other).key}:stop`) },
    });
  }
  return plan.build(observed.name);
}

function isMeant(container: ObservedContainer, desired: Project | undefined, policy: DownPolicy): boolean {
  if (policy.services !== undefined && !policy.services.has(container.service)) return false;
  if (policy.removeOrphans) return true;
  if (container.oneoff) return false;
  return desired === undefined || isKnown(container.service, desired);
}

function isKnown(service: ServiceName, desired: Project): boolean {
  return Object.hasOwn(desired.services, service) || desired.disabledServices.includes(service);
}

function noteLeft(
  plan: PlanBuilder,
  left: readonly ObservedContainer[],
  desired: Project | undefined,
  policy: DownPolicy,
): void {
  const orphans = left.filter((one) => one.oneoff || (desired !== undefined && !isKnown(one.service, desired)));
  if (policy.services !== undefined || orphans.length === 0) return;
  const names = orphans.map((container) => container.name).toSorted();
  plan.notes.push(
    `containers of no service in the file are left alone: ${names.join(', ')} (--remove-orphans removes them too)`,
  );
}

interface Leftovers {
  readonly observed: ObservedProject;
  /** Containers that stay, and what they use with them. */
  readonly left: readonly ObservedContainer[];
  readonly removed: readonly ActionId[];
  readonly cause: Cause;
  readonly volumes: boolean;
}

function addResourceRemovals(plan: PlanBuilder, { observed, left, removed, cause, volumes }: Leftovers): void {
  const edges = { dependsOn: removed };
  for (const { id: networkId, name, labels } of observed.networks) {
    const isUsed = left.some((container) => container.networks.some((endpoint) => endpoint.networkId === networkId));
    if (isUsed || labels[LABEL.project] !== observed.name) continue;
    const id = `network/${labels[LABEL.network] ?? name}:remove`;
    plan.add({ id, kind: 'remove-network', cause, name, networkId }, edges);
  }
  for (const { name, labels } of volumes ? observed.volumes : []) {
    const isUsed = left.some((container) => container.mounts.some((mount) => mount.volume === name));
    if (isUsed || labels[LABEL.project] !== observed.name) continue;
    plan.add({ id: `volume/${labels[LABEL.volume] ?? name}:remove`, kind: 'remove-volume', cause, name }, edges);
  }
}
