/**
 * Plans of `down` and `stop`: what runs is stopped in reverse dependency order, pre_stop first.
 *
 * Made from what is observed: names, dependencies and hooks come from the containers' own labels, so a project whose
 * files are gone is taken down as well. With files, services that no profile enables are left alone, as by Compose, and so
 * is what they use. A container whose pre_stop fails stays, the others go on; what it still uses
 * (networks, volumes) then stays too.
 */

import type { LedgerView } from '../model/hook.ts';
import type { ObservedContainer, ObservedProject } from '../model/observed.ts';
import { LABEL } from '../model/owner.ts';
import type { Project, ServiceName } from '../model/project.ts';
import { PlanBuilder } from './builder.ts';
import type { Cause } from './cause.ts';
import { addRemovals, dependentContainers } from './orphans.ts';
import { inOrder } from './order.ts';
import { hooksOf, indexLedger } from './owed.ts';
import type { ActionId, ContainerRef, Plan } from './plan.ts';
import { addStop, leavingRef, stayingRef } from './sequences.ts';

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
  /** Left alone whatever else is asked, with what it uses; default nothing: a person's own `down` takes everything. */
  readonly suspended?: Suspended;
}

/** The whole project, or some of its services. */
export type Suspended = 'all' | ReadonlySet<ServiceName>;

export function buildDownPlan(asked: DownInput): Plan {
  const input = { ...asked, observed: inOrder(asked.observed) };
  const { desired, observed, ledger, policy } = input;
  const plan = new PlanBuilder();
  const spared = sparedContainers(observed, policy);
  const others = observed.containers.filter((container) => !spared.includes(container));
  const containers = others.filter((container) => isMeant(container, desired, policy));
  const history = indexLedger(ledger);
  const { force, volumes } = policy;
  const context = { plan, desired, history, force, volumes, reconnections: () => [] };
  addRemovals(context, containers, { kind: 'command', command: policy.command });
  const left = others.filter((container) => !containers.includes(container));
  noteLeft(plan, left, desired, policy);
  noteSpared(plan, observed, policy);
  if (policy.services === undefined && policy.suspended !== 'all') addResourceRemovals(plan, input, containers);
  return plan.build(observed.name);
}

/** Whether something is there that stays because it is suspended: then the project is not down. */
export function isSparing(observed: ObservedProject, policy: DownPolicy): boolean {
  if (sparedContainers(observed, policy).length > 0) return true;
  return policy.suspended === 'all' && observed.networks.some(({ labels }) => labels[LABEL.project] === observed.name);
}

function sparedContainers({ containers }: ObservedProject, { suspended }: DownPolicy): readonly ObservedContainer[] {
  if (suspended === 'all') return containers;
  return containers.filter(({ service }) => suspended?.has(service) === true);
}

function noteSpared(plan: PlanBuilder, observed: ObservedProject, policy: DownPolicy): void {
  if (!isSparing(observed, policy)) return;
  const resume = `reeve resume -p ${observed.name}`;
  if (policy.suspended === 'all') plan.notes.push(`the project is suspended and left alone (${resume})`);
  else
    for (const service of new Set(sparedContainers(observed, policy).map((one) => one.service)))
      plan.notes.push(`${service} is suspended and left alone (${resume} ${service})`);
}

export function buildStopPlan({ desired, observed, ledger, policy }: DownInput): Plan {
  const plan = new PlanBuilder();
  const history = indexLedger(ledger);
  const containers = observed.containers.filter((container) => isMeant(container, desired, policy));
  const dependents = dependentContainers(containers);
  const refs = stopRefs(containers);
  for (const [container, ref] of refs) {
    const after = (dependents.get(container.service) ?? []).map((other) => `${refs.get(other)?.key}:stop`);
    const cause: Cause = { kind: 'command', command: policy.command };
    const hooks = hooksOf(container, desired);
    addStop(plan, history, { container, ref, hooks, cause, force: policy.force, edges: { after } });
  }
  return plan.build(observed.name);
}

/** In order of names; of twins the last one goes by its replica's key, the others by their ids as well. */
function stopRefs(containers: readonly ObservedContainer[]): Map<ObservedContainer, ContainerRef> {
  const sorted = containers.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const last = new Map(sorted.map((container) => [stayingRef(container).key, container]));
  return new Map(
    sorted.map((container) => {
      const ref = stayingRef(container);
      return [container, last.get(ref.key) === container ? ref : leavingRef(container)];
    }),
  );
}

/** What a container is to the file: `disabled` are those of services that no profile enables, in any role. */
type Standing = 'known' | 'orphan' | 'disabled';

function standingOf({ service, oneoff }: ObservedContainer, desired: Project | undefined): Standing {
  if (desired?.disabledServices.includes(service)) return 'disabled';
  return oneoff || (desired !== undefined && !Object.hasOwn(desired.services, service)) ? 'orphan' : 'known';
}

function isMeant(container: ObservedContainer, desired: Project | undefined, policy: DownPolicy): boolean {
  const { services, removeOrphans } = policy;
  if (services !== undefined) return services.has(container.service) && (removeOrphans || !container.oneoff);
  const standing = standingOf(container, desired);
  return standing === 'known' || (standing === 'orphan' && removeOrphans);
}

function noteLeft(
  plan: PlanBuilder,
  left: readonly ObservedContainer[],
  desired: Project | undefined,
  policy: DownPolicy,
): void {
  if (policy.services !== undefined) return;
  const note = (standing: Standing, what: string, remedy: string): void => {
    const names = left.filter((one) => standingOf(one, desired) === standing).map(({ name }) => name);
    if (names.length === 0) return;
    plan.notes.push(`containers of ${what} are left alone: ${names.toSorted().join(', ')} (${remedy})`);
  };
  note('orphan', 'no service in the file', '--remove-orphans removes them too');
  note('disabled', 'services that no profile enables', "--profile NAME, or --profile '*', takes them too");
}

/** Networks, and volumes when asked: each goes when the containers that use it are gone, and stays while one is left. */
function addResourceRemovals(
  plan: PlanBuilder,
  { desired, observed, policy }: DownInput,
  containers: readonly ObservedContainer[],
): void {
  const cause: Cause = { kind: 'command', command: policy.command };
  const removalsOf = (uses: (container: ObservedContainer) => boolean): ActionId[] | undefined => {
    const users = observed.containers.filter(uses);
    if (!users.every((user) => containers.includes(user))) return undefined;
    return users.map((user) => leavingRef(user).key).flatMap((key) => [`${key}:remove`, `${key}:await-gone`]);
  };
  const isExternal = (kind: 'networks' | 'volumes', name: string): boolean =>
    Object.values(desired?.[kind] ?? {}).some((one) => one.external === true && one.name === name);
  for (const { id: networkId, name, labels } of observed.networks) {
    if (labels[LABEL.project] !== observed.name || isExternal('networks', name)) continue;
    const dependsOn = removalsOf(({ networks }) =>
      networks.some((endpoint) => endpoint.networkId === networkId || endpoint.network === name),
    );
    if (!dependsOn) continue;
    const id = `network/${labels[LABEL.network] ?? name}:remove`;
    plan.add({ id, kind: 'remove-network', cause, name, networkId }, { dependsOn });
  }
  for (const { name, labels } of policy.volumes ? observed.volumes : []) {
    if (labels[LABEL.project] !== observed.name || isExternal('volumes', name)) continue;
    const dependsOn = removalsOf(({ mounts }) => mounts.some((mount) => mount.volume === name));
    if (!dependsOn) continue;
    const id = `volume/${labels[LABEL.volume] ?? name}:remove`;
    plan.add({ id, kind: 'remove-volume', cause, name }, { dependsOn });
  }
}
