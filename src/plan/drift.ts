/**
 * Drift: what differs between a desired replica and an inspected container, each with a typed cause.
 *
 * Three heaps: what only a new container mends, what a restart does, and what is changed in place. The hash alone is not enough:
 * somebody may have disconnected a network or run `docker update`. Names are compared by the caller (replicas.ts),
 * since a temporary name is part of a replacement.
 */

import type { Hook } from '../model/hook.ts';
import type { ObservedContainer, ObservedEndpoint, ObservedProject } from '../model/observed.ts';
import type { Project, Service } from '../model/project.ts';
import { borrowedServices, containerHash } from '../model/config-hash.ts';
import { isAtLeast } from '../model/api-version.ts';
import {
  bareNetworkMode,
  canonicalMac,
  endpointDriverOptions,
  endpointMac,
  linkedNames,
  networkKeys,
} from '../model/endpoint.ts';
import { LABEL, containerName, imageRef } from '../model/owner.ts';
import { isImageFor } from '../model/platform.ts';
import { resourceDifferences, type ResourceDifference } from '../model/resources.ts';
import { renderRestartPolicy, restartPolicyOf } from '../model/restart-policy.ts';
import type { Drift } from './cause.ts';
import { contentDrift } from './content.ts';
import { isTemporaryName } from './names.ts';
import { serviceDrift } from './service-drift.ts';

export interface ContainerDrift {
  readonly recreate: readonly Drift[];
  /** Mended by a restart of the same container. */
  readonly restart: readonly Drift[];
  readonly inPlace: readonly Drift[];
}

/** What one service's containers are compared with; made once for all its replicas. */
export interface ServiceTarget {
  readonly project: Project;
  readonly service: Service;
  /** undefined: a container that the service borrows from does not exist yet. */
  readonly configHash: string | undefined;
  /** The service whose container is missing or about to change, when there is one. */
  readonly borrowsFromChanged: string | undefined;
  readonly imageId: string | undefined;
  /** Engine names of volumes that are replaced, and their containers with them. */
  readonly replacedVolumes: ReadonlySet<string>;
  readonly apiVersion: string;
  readonly uncontrolled: ReadonlySet<string>;
  /** Engine name -> network id; '' when the network is not there yet. */
  readonly networks: ReadonlyMap<string, string>;
  /** Engine name -> key in the model. */
  readonly networkKeys: ReadonlyMap<string, string>;
}

/** The id of a service's first container, or undefined when it is not there or not there to stay. */
export type StayingContainer = (service: string) => string | undefined;

export interface TargetSurroundings extends Pick<ServiceTarget, 'replacedVolumes' | 'apiVersion' | 'uncontrolled'> {
  readonly staying: StayingContainer;
}

export function serviceTarget(
  project: Project,
  service: Service,
  observed: ObservedProject,
  { staying, replacedVolumes, apiVersion, uncontrolled }: TargetSurroundings,
): ServiceTarget {
  const changed = borrowedServices(service).find((name) => staying(name) === undefined);
  const image = observed.images.get(imageRef(project, service));
  const ids = new Map(observed.networks.map((network) => [network.name, network.id]));
  const keys = networkKeys(project, service);
  const named = keys.map((key) => [project.networks[key]?.name ?? key, key] as const);
  return {
    project,
    service,
    borrowsFromChanged: changed,
    configHash:
      changed === undefined
        ? containerHash(project, service, { containerIdOf: (name) => staying(name) ?? '' })
        : undefined,
    imageId: image && isImageFor(image, service.platform ?? project.defaultPlatform) ? image.id : undefined,
    replacedVolumes,
    apiVersion,
    uncontrolled,
    networks: new Map(named.map(([name]) => [name, ids.get(name) ?? ''])),
    networkKeys: new Map(named),
  };
}

/** The reference that a `pre_start` hook's container is made from: its own, or that of the service's containers. */
export function hookImageRef(project: Project, service: Service, hook: Pick<Hook, 'image'>): string {
  return hook.image ?? imageRef(project, service);
}

/** All references that the containers of a service are made from, those of its hooks included. */
export function imageRefs(project: Project, service: Service): string[] {
  const ofHooks = (service.pre_start ?? []).map((hook) => hookImageRef(project, service, hook));
  return [...new Set([imageRef(project, service), ...ofHooks])];
}

export const NO_DRIFT: ContainerDrift = { recreate: [], restart: [], inPlace: [] };

export function containerDrift(target: ServiceTarget, container: ObservedContainer, number: number): ContainerDrift {
  const update = updateDrift(target, container);
  const content = contentDrift(target.project, target.service, container);
  return {
    recreate: [
      ...definitionDrift(target, container, [...update.recreate, ...update.inPlace]),
      ...content.recreate,
      ...volumeDrift(target, container),
      ...macDrift(target, container),
      ...bridgeDrift(target, container, number),
      ...(container.configHash === target.configHash ? update.recreate : []),
    ],
    restart: content.restart,
    inPlace: [...networkDrift(target, container, number), ...update.inPlace, ...content.signal],
  };
}

function definitionDrift(target: ServiceTarget, container: ObservedContainer, update: readonly Drift[]): Drift[] {
  const drift: Drift[] = [];
  if (container.state.status === 'dead') drift.push({ kind: 'dead' });
  if (target.borrowsFromChanged !== undefined) drift.push({ kind: 'borrows-from', service: target.borrowsFromChanged });
  else if (container.configHash !== target.configHash) {
    const { project, service } = target;
    // It is made anew with them: nothing is changed in place.
    const anew = update.map((one): Drift => {
      if (one.kind === 'resource') return { ...one, inPlace: false };
      return one.kind === 'restart-policy' ? { ...one, kind: 'attribute', attribute: 'restart policy' } : one;
    });
    drift.push(...serviceDrift({ project, service, container, imageRef: imageRef(project, service), update: anew }));
  }
  const imageId = container.labels[LABEL.image] ?? container.imageId;
  if (target.imageId !== undefined && imageId !== target.imageId) {
    drift.push({ kind: 'image-changed', from: imageId, to: target.imageId });
  }
  return drift;
}

function volumeDrift(target: ServiceTarget, container: ObservedContainer): Drift[] {
  const mounted = new Set(container.mounts.filter((mount) => mount.type === 'volume').map((mount) => mount.volume));
  const changed = [...target.replacedVolumes].filter((name) => mounted.has(name));
  const missing = (target.service.volumes ?? []).flatMap((volume): Drift[] => {
    if (volume.type !== 'volume' || volume.source === undefined) return [];
    const name = target.project.volumes[volume.source]?.name ?? volume.source;
    return mounted.has(name) ? [] : [{ kind: 'volume-not-mounted', volume: name }];
  });
  return [...changed.map((volume): Drift => ({ kind: 'volume-changed', volume })), ...missing];
}

function networkDrift(target: ServiceTarget, container: ObservedContainer, number: number): Drift[] {
  const endpoints = new Map(container.networks.map((endpoint) => [endpoint.network, endpoint]));
  if (target.networks.size === 0) return addedBesideBare(target, [...endpoints.keys()]);
  const drift: Drift[] = [];
  for (const [network, id] of target.networks) {
    const endpoint = endpoints.get(network);
    const key = target.networkKeys.get(network) ?? network;
    // An external network that is missing: nothing can be connected to it, and what runs is left as it is.
    if (id === '' && target.project.networks[key]?.external) continue;
    if (!endpoint) drift.push({ kind: 'network-missing', network });
    else if (endpoint.networkId !== '' && endpoint.networkId !== id) drift.push({ kind: 'network-changed', network });
    else {
      const name = containerName(target.project, target.service, number);
      const wanted = [name, target.service.name, ...(target.service.networks?.[key]?.aliases ?? [])];
      // One reconnection mends all that is wrong with an endpoint.
      const wrong = [
        ...aliasDrift(wanted, container, endpoint),
        ...linkDrift(target, number, network, endpoint.links),
        ...endpointDrift(target.service, key, endpoint),
      ];
      drift.push(...wrong.slice(0, 1));
    }
  }
  for (const network of endpoints.keys()) {
    if (!target.networks.has(network)) drift.push({ kind: 'network-added', network });
  }
  return drift;
}

/** Names for other containers that it was made with and lost: whoever connects it by hand gives it none. */
function linkDrift(
  { project, service }: ServiceTarget,
  number: number,
  network: string,
  links: readonly string[] | undefined,
): Drift[] {
  const lost = links && linkedNames(project, service, number).filter((alias) => !links.includes(alias));
  return (lost ?? []).map((alias) => ({ kind: 'link-missing', network, alias }));
}

/**
 * A running container that was taken off the engine's own bridge, or lost its links there. Neither a restart nor a connection
 * brings the links back. An engine whose bridge has another name shows one.
 */
function bridgeDrift(target: ServiceTarget, container: ObservedContainer, number: number): Drift[] {
  const mode = bareNetworkMode(target.project, target.service);
  if (target.networks.size > 0 || (mode !== 'bridge' && mode !== 'default')) return [];
  if (container.configHash !== target.configHash || container.state.status !== 'running') return [];
  if (container.networks.length === 0) return [{ kind: 'network-missing', network: 'bridge' }];
  return linkDrift(target, number, 'bridge', container.links).slice(0, 1);
}

/** A container on a network of the engine itself, shown by its name, is on no other. Where it is shown so is up to the engine. */
function addedBesideBare({ project, service }: ServiceTarget, networks: readonly string[]): Drift[] {
  const mode = bareNetworkMode(project, service);
  const own = mode === 'default' ? 'bridge' : mode;
  if (!networks.includes(own)) return [];
  return networks.filter((network) => network !== own).map((network) => ({ kind: 'network-added', network }));
}

/** Names that an engine gives a container by itself are nobody's: those under which it was made, and its host name. */
function aliasDrift(wanted: readonly string[], container: ObservedContainer, endpoint: ObservedEndpoint): Drift[] {
  const { network, aliases } = endpoint;
  const [name = ''] = wanted;
  const isGiven = (alias: string): boolean =>
    alias === container.name || alias === container.hostname || isTemporaryName(alias, name);
  const missing = wanted.filter((alias) => !aliases.includes(alias));
  const added = aliases.filter((alias) => !wanted.includes(alias) && !isGiven(alias));
  return [
    ...missing.map((alias): Drift => ({ kind: 'alias-missing', network, alias })),
    ...added.map((alias): Drift => ({ kind: 'alias-added', network, alias })),
  ];
}

/**
 * What a file asks of an endpoint and the engine shows otherwise; one reconnection mends all of it. A container that does
 * not run has no addresses, and some engines do not tell of the rest: what is not shown is not compared.
 */
function endpointDrift(service: Service, key: string, endpoint: ObservedEndpoint): Drift[] {
  const settings = service.networks?.[key];
  const { network } = endpoint;
  const differs = (attribute: string, from: string | undefined, to: string | undefined): Drift[] =>
    from === undefined || from === '' || to === undefined || from === to
      ? []
      : [{ kind: 'endpoint', network, attribute, from, to }];
  const options = endpoint.driverOptions;
  const list = (ips: readonly string[] | undefined): string | undefined =>
    ips &&
    (ips
      .filter((ip) => ip !== '')
      .toSorted()
      .join(' ') ||
      'none');
  return [
    ...differs('address', endpoint.ipv4, settings?.ipv4_address),
    ...differs('IPv6 address', endpoint.ipv6 && canonicalIpv6(endpoint.ipv6), canonicalIpv6(settings?.ipv6_address)),
    ...differs('link-local addresses', list(endpoint.linkLocal), list(settings?.link_local_ips)),
    ...differs('gateway priority', endpoint.gatewayPriority?.toString(), settings?.gw_priority?.toString()),
    ...Object.entries(options ? (endpointDriverOptions(service, key) ?? {}) : {}).flatMap(([name, to]) =>
      differs(`driver option ${name}`, options?.[name] ?? 'none', to),
    ),
  ];
}

/**
 * From API 1.44 on a MAC address is given at creation only: a connect ignores it, so an endpoint that was made anew, by
 * somebody or with its network, has lost it. Before, it is the container's, and stays.
 */
function macDrift({ service, networkKeys: keys, apiVersion }: ServiceTarget, container: ObservedContainer): Drift[] {
  if (!isAtLeast(apiVersion, '1.44')) return [];
  return container.networks.flatMap(({ network, macAddress }): Drift[] => {
    const key = keys.get(network);
    const to = key === undefined ? '' : canonicalMac(endpointMac(service, key) ?? '');
    const from = canonicalMac(macAddress);
    if (to === '' || from === '' || from === to) return [];
    return [{ kind: 'endpoint', network, attribute: 'MAC address', from, to }];
  });
}

/** One text for all ways to write an IPv6 address. */
function canonicalIpv6(address: string | undefined): string | undefined {
  if (address === undefined || !URL.canParse(`http://[${address}]`)) return address;
  return new URL(`http://[${address}]`).hostname.slice(1, -1);
}

/** Restart policy and limits: changed in place, but for a limit that is to be lifted. */
function updateDrift(target: ServiceTarget, container: ObservedContainer): Omit<ContainerDrift, 'restart'> {
  const from = renderRestartPolicy(container.restartPolicy);
  const to = renderRestartPolicy(restartPolicyOf(target.service));
  const policy: Drift[] = from === to ? [] : [{ kind: 'restart-policy', from, to }];
  const limits = resourceDifferences(target.service, container.resources, {
    isSameDefinition: container.configHash === target.configHash,
    uncontrolled: target.uncontrolled,
  });
  const drift = (one: ResourceDifference): Drift => ({
    kind: 'resource',
    inPlace: one.inPlace,
    resource: one.name,
    from: one.from,
    to: one.to,
  });
  return {
    recreate: limits.filter((one) => !one.inPlace).map(drift),
    inPlace: [...policy, ...limits.filter((one) => one.inPlace).map(drift)],
  };
}
