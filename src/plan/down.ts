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
import type { Plan } from './plan.ts';
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
  if (policy.services === undefined) addResourceRemovals(plan, observed, left, removed, cause, policy);
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
  const names = orphans.map((container) => container.name).sort();
  plan.notes.push(
    `containers of no service in the file are left alone: ${names.join(', ')} (--remove-orphans removes them too)`,
  );
}

function addResourceRemovals(
  plan: PlanBuilder,
  observed: ObservedProject,
  left: readonly ObservedContainer[],
  removed: readonly string[],
  cause: Cause,
  policy: DownPolicy,
): void {
  for (const network of observed.networks.filter((one) => one.labels[LABEL.project] === observed.name)) {
    if (left.some((container) => container.networks.some((endpoint) => endpoint.networkId === network.id))) continue;
    plan.add(
      {
        id: `network/${network.labels[LABEL.network] ?? network.name}:remove`,
        kind: 'remove-network',
        cause,
        name: network.name,
        networkId: network.id,
      },
      { dependsOn: removed },
    );
  }
  if (!policy.volumes) return;
  for (const volume of observed.volumes.filter((one) => one.labels[LABEL.project] === observed.name)) {
    if (left.some((container) => container.mounts.some((mount) => mount.volume === volume.name))) continue;
    plan.add(
      {
        id: `volume/${volume.labels[LABEL.volume] ?? volume.name}:remove`,
        kind: 'remove-volume',
        cause,
        name: volume.name,
      },
      { dependsOn: removed },
    );
  }
}
