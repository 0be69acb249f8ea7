/**
 * What a service asks of its endpoints on networks, whatever the engine. Here rather than in engine/, because the plan
 * compares it and the adapter sends it: one reading for both.
 */

import type { Service } from './project.ts';

const INTERFACE_OPTION = 'com.docker.network.endpoint.ifname';

/** Keys of a service's networks: falling priority, then by bytes. The first is the container's own (`NetworkMode`). */
export function networkOrder(service: Service): string[] {
  const priority = (key: string): number => service.networks?.[key]?.priority ?? 0;
  return Object.keys(service.networks ?? {}).toSorted(
    (a, b) => priority(b) - priority(a) || Buffer.compare(Buffer.from(a), Buffer.from(b)),
  );
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
