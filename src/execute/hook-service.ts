/**
 * The container of a `pre_start` hook, as a service of its own: what it takes from the service that it prepares and what it
 * does not.
 *
 * Volumes are those of the service's container itself (`volumes_from`), so anonymous ones and files bound as configs and
 * secrets are there too. It is on the same networks, but never under the service's own names and addresses: who asks for
 * the service must not reach a hook. Limits, capabilities, ports, healthcheck and restart policy are the service's alone.
 */

import { imageRef } from '../model/owner.ts';
import type { CarriedHook } from '../model/carried-hook.ts';
import type { Project, Service, ServiceNetwork } from '../model/project.ts';
import { hookImageRef } from '../plan/drift.ts';
import type { HookWords } from './hook-request.ts';

export interface HookServiceInput {
  readonly project: Project;
  readonly service: Service;
  readonly hook: CarriedHook;
  readonly index: number;
  readonly words: HookWords;
  /** Id of the service's container. */
  readonly containerId: string;
}

/** What the hook's container is made from. */
export function hookService({ project, service, hook, index, words, containerId }: HookServiceInput): Service {
  const image = hookImageRef(project, service, hook);
  return {
    name: `${service.name}-pre_start-${index}`,
    image,
    command: hook.command === null ? null : words.command,
    // The service's own entrypoint belongs to its main process; the image's holds.
    entrypoint: null,
    environment: { ...service.environment, ...hook.environment, ...words.environment },
    privileged: hook.privileged ?? false,
    volumes_from: [`container:${containerId}`],
    replicas: 1,
    policy: { onUnhealthy: 'ignore' },
    ...processOf(service, hook, image === imageRef(project, service)),
    ...connectionsOf(service),
  };
}

/** Another image has users and platforms of its own. */
function processOf(service: Service, hook: CarriedHook, isOwnImage: boolean): Partial<Service> {
  const user = hook.user ?? (isOwnImage ? service.user : undefined);
  const workingDir = hook.working_dir ?? service.working_dir;
  return {
    ...(user === undefined ? {} : { user }),
    ...(workingDir === undefined ? {} : { working_dir: workingDir }),
    ...(isOwnImage && service.platform !== undefined ? { platform: service.platform } : {}),
    ...(service.userns_mode === undefined ? {} : { userns_mode: service.userns_mode }),
  };
}

function connectionsOf(service: Service): Partial<Service> {
  const { networks, network_mode, extra_hosts, dns, dns_opt, dns_search } = service;
  return {
    ...(networks === undefined ? {} : { networks: withoutNames(networks) }),
    ...(network_mode === undefined ? {} : { network_mode }),
    ...(extra_hosts === undefined ? {} : { extra_hosts }),
    ...(dns === undefined ? {} : { dns }),
    ...(dns_opt === undefined ? {} : { dns_opt }),
    ...(dns_search === undefined ? {} : { dns_search }),
  };
}

/** Which of them come first, and nothing that tells two containers apart. */
function withoutNames(
  networks: Readonly<Record<string, ServiceNetwork | null>>,
): Record<string, ServiceNetwork | null> {
  return Object.fromEntries(
    Object.entries(networks).map(([key, settings]) => [
      key,
      settings && {
        ...(settings.priority === undefined ? {} : { priority: settings.priority }),
        ...(settings.gw_priority === undefined ? {} : { gw_priority: settings.gw_priority }),
      },
    ]),
  );
}
