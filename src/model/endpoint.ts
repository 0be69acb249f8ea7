/**
 * What a service asks of its endpoints on networks, whatever the engine. Here rather than in engine/, because the plan
 * compares it and the adapter sends it: one reading for both.
 */

import { joinedName } from './owner.ts';
import type { Project, Service } from './project.ts';

const INTERFACE_OPTION = 'com.docker.network.endpoint.ifname';

/** Keys of a service's networks: falling priority, then by bytes. The first is the container's own (`NetworkMode`). */
export function networkOrder(service: Service): string[] {
  const priority = (key: string): number => service.networks?.[key]?.priority ?? 0;
  return Object.keys(service.networks ?? {}).toSorted(
    (a, b) => priority(b) - priority(a) || Buffer.compare(Buffer.from(a), Buffer.from(b)),
  );
}

/** Keys of the networks that its containers are on: one that names none is on the default network, where there is one. */
export function networkKeys({ networks }: Pick<Project, 'networks'>, service: Service): string[] {
  if (service.network_mode !== undefined) return [];
  const keys = networkOrder(service);
  return keys.length === 0 && Object.hasOwn(networks, 'default') ? ['default'] : keys;
}

/** What a container that is on no network of the model is on, in the engine's words. */
export function bareNetworkMode({ networks }: Pick<Project, 'networks'>, { network_mode }: Service): string {
  // Odd, but so it is in Compose: without a network of its own it is on the engine's, unless the project has none at all.
  return network_mode ?? (Object.keys(networks).length === 0 ? 'none' : 'default');
}

/** The names under which a container with this number finds those of a service that it links to by `alias`. */
export function linkNames(project: Project, target: string, alias: string, number: number): string[] {
  return [alias, joinedName(project, target, number), joinedName(project, project.name, target, number)];
}

/** All names that its `links` and `external_links` give a container; those to services outside the model are the engine's to tell. */
export function linkedNames(project: Project, service: Service, number: number): string[] {
  const links = (service.links ?? []).flatMap((link) => {
    const [target = '', alias = target] = link.split(':');
    return (project.services[target]?.replicas ?? 0) > 0 ? linkNames(project, target, alias, number) : [];
  });
  const external = (service.external_links ?? []).map((link) => link.slice(link.indexOf(':') + 1));
  return [...new Set([...links, ...external])];
}

/** Driver options of one endpoint; the name of its interface is one of them. */
export function endpointDriverOptions(service: Service, key: string): Readonly<Record<string, string>> | undefined {
  const settings = service.networks?.[key];
  if (settings?.interface_name === undefined) return settings?.driver_opts;
  return { ...settings.driver_opts, [INTERFACE_OPTION]: settings.interface_name };
}

/** The MAC address of one endpoint: its own, and on the first network the service's. */
export function endpointMac(service: Service, key: string): string | undefined {
  const own = service.networks?.[key]?.mac_address;
  return (networkOrder(service)[0] ?? 'default') === key ? (own ?? service.mac_address) : own;
}

/** One text for all ways to write a MAC address: `02-42-AC-11-00-09`, `0242.ac11.0009`. */
export function canonicalMac(address: string): string {
  const digits = address.toLowerCase().replaceAll(/[-:.]/g, '');
  return digits.match(/../g)?.join(':') ?? '';
}
