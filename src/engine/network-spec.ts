/**
 * Networks: which one is a container's first, what each of its endpoints is asked for, and the request for a
 * network itself.
 *
 * From API 1.44 on a create request holds all endpoints and each may have a MAC address; before, it holds the first
 * and the others are connected one by one, in order.
 */

import { EngineError } from '../model/errors.ts';
import { bareNetworkMode, endpointDriverOptions, endpointMac, linkNames, networkKeys } from '../model/endpoint.ts';
import { containerName } from '../model/owner.ts';
import type { Network, Project } from '../model/project.ts';
import { isAtLeast } from '../model/api-version.ts';
import type { CreateInput } from './create-input.ts';
import { sharedMode } from './create-input.ts';

export const ALL_NETWORKS_AT_CREATE = '1.44';

export interface NetworkSpec {
  readonly mode: string;
  /** By engine name; undefined with `network_mode` and for a container without networks. */
  readonly endpoints: Record<string, object> | undefined;
  /** `Config.MacAddress`, before API 1.44 only. */
  readonly macAddress: string | undefined;
  readonly links: readonly string[] | undefined;
}

type EndpointInput = Pick<CreateInput, 'project' | 'service' | 'number' | 'apiVersion' | 'containerNamesOf'>;

/** The network part of a create request. */
export function networkSpec(input: CreateInput): NetworkSpec {
  const { project, service, apiVersion } = input;
  const links = linksOf(input);
  const several = isAtLeast(apiVersion, ALL_NETWORKS_AT_CREATE);
  const macAddress = several ? undefined : service.mac_address;
  const keys = networkKeys(project, service);
  const [first] = keys;
  if (first === undefined) {
    const mode = sharedMode(bareNetworkMode(project, service), input.containerIdOf);
    return { mode, endpoints: undefined, macAddress, links };
  }
  const shown = several ? keys : [first];
  const endpoints = Object.fromEntries(shown.map((key) => [engineName(project, key), endpointSpec(input, key)]));
  return { mode: engineName(project, first), endpoints, macAddress, links };
}

/** What is asked of one endpoint. */
export function endpointSpec(input: EndpointInput, key: string): Record<string, unknown> {
  const { project, service, number, apiVersion } = input;
  const settings = service.networks?.[key] ?? undefined;
  return {
    Aliases: [containerName(project, service, number), service.name, ...(settings?.aliases ?? [])],
    Links: linksOf(input),
    IPAMConfig: settings && {
      IPv4Address: settings.ipv4_address,
      IPv6Address: settings.ipv6_address,
      LinkLocalIPs: settings.link_local_ips,
    },
    DriverOpts: endpointDriverOptions(service, key),
    MacAddress: isAtLeast(apiVersion, ALL_NETWORKS_AT_CREATE) ? endpointMac(service, key) : undefined,
    GwPriority: settings?.gw_priority,
  };
}

/** `links` to the containers that a service has, under its three names, and `external_links` as they are. */
function linksOf(input: EndpointInput): string[] | undefined {
  const { project, service, number } = input;
  const links = (service.links ?? []).flatMap((link) => {
    const [target = '', alias = target] = link.split(':');
    const aliases = linkNames(project, target, alias, number);
    return linkedContainers(input, target).flatMap((name) => aliases.map((one) => `${name}:${one}`));
  });
  const external = (service.external_links ?? []).map((link) => {
    const [container = '', alias = container] = link.split(':');
    return `${container}:${alias}`;
  });
  return links.length + external.length > 0 ? [...links, ...external] : undefined;
}

/** As the model has it, whether they are there yet or not: what a container links to must not hang on who was made first. */
function linkedContainers({ project, containerNamesOf }: EndpointInput, target: string): readonly string[] {
  const service = project.services[target];
  if (service === undefined) return containerNamesOf(target);
  return Array.from({ length: service.replicas }, (_, index) => containerName(project, service, index + 1));
}

/** Name on the engine of a network of the model. */
export function engineName(project: Project, key: string): string {
  const network = project.networks[key];
  if (network === undefined)
    throw new EngineError('rejected', `network ${key} is used but not declared in project ${project.name}`);
  return network.name;
}

/** Body of `POST /networks/create`. */
export function networkCreateSpec(network: Network, labels: Readonly<Record<string, string>>): Record<string, unknown> {
  const { driver, config } = network.ipam;
  const pools = config?.map((pool) => ({
    Subnet: pool.subnet,
    IPRange: pool.ip_range,
    Gateway: pool.gateway,
    AuxiliaryAddresses: pool.aux_addresses,
  }));
  return {
    Name: network.name,
    CheckDuplicate: true,
    Driver: network.driver ?? '',
    Options: network.driver_opts ?? null,
    Internal: network.internal ?? false,
    Attachable: network.attachable ?? false,
    EnableIPv4: network.enable_ipv4,
    EnableIPv6: network.enable_ipv6,
    Labels: labels,
    IPAM: driver || (pools && pools.length > 0) ? { Driver: driver ?? '', Config: pools ?? [] } : null,
  };
}
