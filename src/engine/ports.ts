/** Exposed and published ports of a service, as the engine's create request names them. */

import type { Port, Service } from '../model/project.ts';

/** Published and exposed ports; `expose` items are sent as written, the engine reads them. */
export function exposedPorts(service: Service): Record<string, object> {
  const names = [...(service.expose ?? []), ...(service.ports ?? []).map(portKey)];
  return Object.fromEntries(names.map((name) => [name, {}]));
}

/** Container port -> where it is published; an empty HostPort lets the engine choose. */
export function portBindings(service: Service): Record<string, object[]> {
  const bindings: Record<string, object[]> = {};
  for (const port of service.ports ?? []) {
    (bindings[portKey(port)] ??= []).push({ HostIp: port.host_ip ?? '', HostPort: port.published ?? '' });
  }
  return bindings;
}

function portKey(port: Port): string {
  return `${port.target}/${port.protocol ?? 'tcp'}`;
}
