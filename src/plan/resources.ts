/**
 * Networks and volumes, and by images.ts images: what has to be there before a container can be made.
 *
 * A network whose definition changed is replaced: every container of the project is disconnected from the old one and
 * connected to the new one, running ones without a stop. They are connected again however the replacement ended: by name,
 * so to the old one where that could not be removed. One that a container of another project is on stays: that one is not
 * ours to disconnect. What becomes of changed volumes is decided in volumes.ts.
 */

import type { ObservedNetwork, ObservedProject } from '../model/observed.ts';
import { networkKeys } from '../model/endpoint.ts';
import { LABEL, imageRef } from '../model/owner.ts';
import type { Project, Service, ServiceName } from '../model/project.ts';
import type { PlanBuilder } from './builder.ts';
import type { Cause, Drift } from './cause.ts';
import { renderDrift } from './cause.ts';
import { networkDefinitionDrift } from './definition-drift.ts';
import { imageRefs } from './drift.ts';
import { networkLacks, renderLacks } from './engine-limits.ts';
import { planHookImages, planImage } from './images.ts';
import type { ActionId } from './plan.ts';
import type { PlanPolicy } from './policy.ts';
import { leavingRef, stayingRef } from './sequences.ts';
import type { ChangedVolumes } from './volumes.ts';
import { planChangedVolume } from './volumes.ts';

/** What services can build on: ids of the actions that make a resource, and why one cannot be had. */
export interface Resources {
  readonly network: (key: string) => ActionId | undefined;
  readonly volume: (key: string) => ActionId | undefined;
  readonly image: (ref: string) => ActionId | undefined;
  /** A sentence for the first thing that this service needs and cannot have; of images only where it `creates`. */
  readonly obstacle: (service: Service, creates: boolean) => string | undefined;
  /** Takes back what would be made for these services alone: nothing is made for what cannot be. */
  readonly forgo: (blocked: ReadonlySet<ServiceName>) => void;
  /** Whether a network, by its name on the engine, is replaced in this plan. */
  readonly isReplaced: (network: string) => boolean;
  /** Whether this plan replaces any volume: then one container may have to go before another can be made. */
  readonly replacesVolumes: boolean;
  /** What puts a container back on networks that are replaced. */
  readonly reconnections: (containerId: string) => readonly ActionId[];
}

export interface ResourceInput {
  readonly plan: PlanBuilder;
  readonly desired: Project;
  readonly observed: ObservedProject;
  readonly policy: PlanPolicy;
  /** Those that this plan looks at. */
  readonly services: readonly Service[];
  /** Those of them that get a new container. */
  readonly creating: ReadonlySet<ServiceName>;
  readonly volumes: ChangedVolumes;
  /** Those of them of which a container is started for the first time: `pre_start` hooks may run. */
  readonly beginning: ReadonlySet<ServiceName>;
}

interface Planning extends ResourceInput {
  /** `network/front` -> what is wrong with it. */
  readonly obstacles: Map<string, string>;
  readonly replaced: Set<string>;
  /** By container id. */
  readonly reconnections: Map<string, ActionId[]>;
}

export function planResources(input: ResourceInput): Resources {
  const { plan, desired, services } = input;
  const planning: Planning = { ...input, obstacles: new Map(), replaced: new Set(), reconnections: new Map() };
  for (const key of sortedUnique(services.flatMap((one) => networkKeys(desired, one)))) planNetwork(planning, key);
  for (const key of sortedUnique(services.flatMap(volumeKeys))) planVolume(planning, key);
  for (const service of services) planImage(planning, service);
  for (const service of services) planHookImages(planning, service);
  const known = (id: ActionId): ActionId | undefined => (plan.has(id) ? id : undefined);
  return {
    network: (key) => known(`network/${key}:create`),
    volume: (key) => known(`volume/${key}:create`),
    image: (ref) => known(`image/${ref}:pull`) ?? known(`image/${ref}:build`),
    forgo: (blocked) => forgo(planning, blocked),
    isReplaced: (network) => planning.replaced.has(network),
    replacesVolumes: [...input.volumes.values()].some(({ fate }) => fate === 'replaced'),
    reconnections: (containerId) => planning.reconnections.get(containerId) ?? [],
    obstacle: (service, creates) =>
      [
        ...(creates ? [`image/${imageRef(desired, service)}`] : []),
        ...(input.beginning.has(service.name) ? imageRefs(desired, service).map((ref) => `image/${ref}`) : []),
        ...networkKeys(desired, service).map((key) => `network/${key}`),
        ...volumeKeys(service).map((key) => `volume/${key}`),
      ]
        .map((subject) => planning.obstacles.get(subject))
        .find((message) => message !== undefined),
  };
}

/** A replacement stays: it is for the containers that are there. One image may be made from another service's. */
function forgo({ plan, desired, services, observed }: Planning, blocked: ReadonlySet<ServiceName>): void {
  const others = services.filter(({ name }) => !blocked.has(name));
  const needed = new Set(
    others.flatMap((service) => [
      ...networkKeys(desired, service).map((key) => `network/${key}:create`),
      ...volumeKeys(service).map((key) => `volume/${key}:create`),
      `image/${imageRef(desired, service)}:pull`,
    ]),
  );
  const isThere = (list: readonly { readonly name: string }[], name: string | undefined): boolean =>
    list.some((one) => one.name === name);
  for (const service of services.filter(({ name }) => blocked.has(name))) {
    const absent = [
      ...networkKeys(desired, service)
        .filter((key) => !isThere(observed.networks, desired.networks[key]?.name))
        .map((key) => `network/${key}:create`),
      ...volumeKeys(service)
        .filter((key) => !isThere(observed.volumes, desired.volumes[key]?.name))
        .map((key) => `volume/${key}:create`),
      `image/${imageRef(desired, service)}:pull`,
    ];
    for (const id of absent) if (!needed.has(id)) plan.drop(id);
    if (!others.some(({ build }) => build)) plan.drop(`image/${imageRef(desired, service)}:build`);
  }
}

function volumeKeys(service: Service): string[] {
  return (service.volumes ?? []).flatMap(({ type, source }) => (type === 'volume' && source ? [source] : []));
}

function sortedUnique(keys: readonly string[]): string[] {
  return [...new Set(keys)].toSorted();
}

/** The engine's own networks are always there, and never in a list by label. */
const PREDEFINED_NETWORKS = new Set(['host', 'none', 'bridge']);

function planNetwork(planning: Planning, key: string): void {
  const { plan, desired, observed, policy, obstacles } = planning;
  const network = desired.networks[key];
  if (!network) return;
  const { name } = network;
  const found = observed.networks.find((one) => one.name === name || one.id === name);
  const subject = `network/${key}`;
  const lacks = networkLacks(network, policy.apiVersion);
  const lacking = lacks.length > 0 ? renderLacks(lacks, policy.apiVersion) : undefined;
  if (network.external) {
    if (found || PREDEFINED_NETWORKS.has(name)) return;
    obstacles.set(subject, missingExternal('network', name));
  } else if (lacking !== undefined && (!found || networkDefinitionDrift(found, network))) {
    obstacles.set(subject, `network ${name}: ${lacking}`);
  } else if (!found) {
    plan.add({ id: `${subject}:create`, kind: 'create-network', cause: { kind: 'absent' }, network: key });
  } else if (isOfOthers(found, desired, key)) {
    const owner = found.labels[LABEL.project];
    const remedy = 'give this one another name, or declare it external';
    obstacles.set(subject, `network ${name} exists and belongs to project ${owner}: ${remedy}`);
  } else if (found.labels[LABEL.network] === undefined) {
    plan.notes.push(`network ${name} exists without our labels: it is used as it is (declare it external to say so)`);
  } else {
    const drift = networkDefinitionDrift(found, network);
    if (drift) replaceNetwork(planning, key, found, drift);
  }
}

function isOfOthers(found: ObservedNetwork, desired: Project, key: string): boolean {
  const owner = found.labels[LABEL.project];
  return owner !== undefined && (owner !== desired.name || (found.labels[LABEL.network] ?? key) !== key);
}

/** Only when every container that is on it can be reconnected by this very plan. */
function replaceNetwork(planning: Planning, key: string, found: ObservedNetwork, drift: readonly Drift[]): void {
  const { plan, desired, observed, services, replaced, reconnections } = planning;
  const { name, usedBy } = found;
  const cause: Cause = { kind: 'drift', drift };
  if (usedBy.length > 0) {
    const [are, them] = usedBy.length > 1 ? ['are', 'them'] : ['is', 'it'];
    const who = `${usedBy.join(', ')} ${are} on it and not of this project: disconnect ${them} first`;
    const what = drift.map(renderDrift).join(', ');
    const message = `${name} changed (${what}) and cannot be replaced: ${who}`;
    plan.problems.push({ subject: `network ${key}`, message });
    return;
  }
  const ours = new Map<ServiceName, Service>(services.map((service) => [service.name, service]));
  const onIt = observed.containers.filter((container) =>
    container.networks.some((endpoint) => endpoint.networkId === found.id),
  );
  // A hook's own container is not moved to the new one: what runs there is ended before.
  const [hookContainers, attached] = [
    onIt.filter((container) => container.hookContainer),
    onIt.filter((container) => !container.hookContainer),
  ];
  const outside = attached.find((container) => container.oneoff || !ours.has(container.service));
  if (outside) {
    plan.notes.push(
      `network ${name} changed; it is replaced once ${outside.name}, which this run leaves alone, is gone`,
    );
    return;
  }
  const disconnected = attached.map((container) =>
    plan.add({
      id: `network/${key}:disconnect ${container.name}`,
      kind: 'disconnect-network',
      cause,
      container: stayingRef(container),
      networkName: name,
      networkId: found.id,
    }),
  );
  const removed = plan.add(
    { id: `network/${key}:remove`, kind: 'remove-network', cause, name, networkId: found.id },
    { dependsOn: [...disconnected, ...hookContainers.map((container) => `${leavingRef(container).key}:remove`)] },
  );
  const created = plan.add(
    { id: `network/${key}:create`, kind: 'create-network', cause, network: key },
    { dependsOn: [removed] },
  );
  replaced.add(name);
  for (const container of attached) {
    const service = ours.get(container.service);
    if (!service || !networkKeys(desired, service).includes(key)) continue;
    const reconnected = plan.add(
      {
        id: `network/${key}:connect ${container.name}`,
        kind: 'connect-network',
        cause: { kind: 'drift', drift: [{ kind: 'network-changed', network: name }] },
        container: stayingRef(container),
        network: key,
      },
      { after: [created] },
    );
    reconnections.set(container.id, [...(reconnections.get(container.id) ?? []), reconnected]);
  }
}

function planVolume({ plan, desired, observed, obstacles, volumes }: Planning, key: string): void {
  const volume = desired.volumes[key];
  const changed = volumes.get(key);
  if (changed) planChangedVolume(plan, key, changed);
  if (!volume || changed) return;
  const { name } = volume;
  const found = observed.volumes.find((one) => one.name === name);
  if (volume.external) {
    if (!found) obstacles.set(`volume/${key}`, missingExternal('volume', name));
  } else if (!found) {
    plan.add({ id: `volume/${key}:create`, kind: 'create-volume', cause: { kind: 'absent' }, volume: key });
  } else if (found.labels[LABEL.volume] === undefined) {
    plan.notes.push(`volume ${name} exists without our labels: it is used as it is (declare it external to say so)`);
  }
}

function missingExternal(kind: 'network' | 'volume', name: string): string {
  return `${kind} ${name} is declared external and does not exist: create it with "docker ${kind} create ${name}"`;
}
