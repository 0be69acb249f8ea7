/** Another number of containers than the files say, as `--scale` asks for; the number is in no hash, so nothing else changes. */

import { UsageError } from './errors.ts';
import type { Project, ServiceName } from './project.ts';

/** The project with these numbers of replicas. Throws UsageError for a service it does not have. */
export function withScale(project: Project, scale: ReadonlyMap<ServiceName, number>): Project {
  const services = { ...project.services };
  for (const [name, replicas] of scale) {
    const service = Object.hasOwn(services, name) ? services[name] : undefined;
    if (service === undefined) throw new UsageError(`--scale: project ${project.name} has no service ${name}`);
    if (replicas > 1 && service.container_name !== undefined) {
      throw new UsageError(
        `--scale: service ${name} has the container_name ${service.container_name}, which only one container can have`,
      );
    }
    services[name] = { ...service, replicas };
  }
  return { ...project, services };
}

/** Reads `web=3` items; throws UsageError for anything else. */
export function parseScale(items: readonly string[]): ReadonlyMap<ServiceName, number> {
  return new Map(
    items.map((item) => {
      const [, name, number] = /^([^=]+)=(\d{1,6})$/.exec(item) ?? [];
      if (name === undefined) throw new UsageError(`--scale ${item}: write SERVICE=NUMBER, as in --scale web=3`);
      return [name, Number(number)];
    }),
  );
}
