/**
 * Which parts of a project some of its services need: for dropping what is unused, and for looking at a few services.
 */

import type { Mapping, Project, Service } from '../model/project.ts';
import { pick } from './project-builder.ts';

/** Names of networks, volumes, secrets and configs. */
export interface UsedResources {
  readonly networks: ReadonlySet<string>;
  readonly volumes: ReadonlySet<string>;
  readonly secrets: ReadonlySet<string>;
  readonly configs: ReadonlySet<string>;
}

/** Names of what services use. */
export function usedResources(services: Iterable<Service>): UsedResources {
  const networks = new Set<string>();
  const volumes = new Set<string>();
  const secrets = new Set<string>();
  const configs = new Set<string>();
  for (const service of services) {
    for (const network of Object.keys(service.networks ?? {})) networks.add(network);
    for (const mount of service.volumes ?? []) if (mount.type === 'volume' && mount.source) volumes.add(mount.source);
    for (const secret of [...(service.secrets ?? []), ...(service.build?.secrets ?? [])]) secrets.add(secret.source);
    for (const config of service.configs ?? []) configs.add(config.source);
  }
  return { networks, volumes, secrets, configs };
}

/** The project with only the named services, what they depend on, and what those use. */
export function selectServices(project: Project, names: readonly string[]): Project {
  const services = pick(project.services, withDependencies(project.services, names));
  const used = usedResources(Object.values(services));
  return {
    ...project,
    services,
    networks: pick(project.networks, used.networks),
    volumes: pick(project.volumes, used.volumes),
    secrets: pick(project.secrets, used.secrets),
    configs: pick(project.configs, used.configs),
  };
}

function withDependencies(services: Mapping<Service>, names: readonly string[]): ReadonlySet<string> {
  const found = new Set<string>();
  const open = [...names];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (found.has(name)) continue;
    found.add(name);
    open.push(...Object.keys(services[name]?.depends_on ?? {}));
  }
  return found;
}
