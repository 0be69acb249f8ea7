/**
 * Networks, volumes and images: what has to be there before a container can be made.
 *
 * A network whose definition changed is replaced: every container of the project is disconnected from the old one and
 * connected to the new one, running ones without a stop. A volume is never replaced here: its data is not ours.
 */

import { networkHash, volumeHash } from '../model/config-hash.ts';
import type { ObservedProject } from '../model/observed.ts';
import { LABEL } from '../model/owner.ts';
import type { Project, Service } from '../model/project.ts';
import { renderDrift } from './cause.ts';
import { imageRef } from './drift.ts';
import type { PlanBuilder } from './builder.ts';
import type { ActionId } from './plan.ts';
import type { PlanPolicy } from './policy.ts';
import { stayingRef } from './sequences.ts';

/** What services can build on: ids of the actions that make a resource, and why one cannot be had. */
export interface Resources {
  readonly network: (key: string) => ActionId | undefined;
  readonly volume: (key: string) => ActionId | undefined;
  readonly image: (ref: string) => ActionId | undefined;
  /** A sentence for the first thing that this service needs and cannot have. */
  readonly obstacle: (service: Service) => string | undefined;
}

export function planResources(
  plan: PlanBuilder,
  desired: Project,
  observed: ObservedProject,
  policy: PlanPolicy,
  services: readonly Service[],
): Resources {
  const obstacles = new Map<string, string>();
  const used = usedKeys(services);
  const names = new Set(services.map((service) => service.name));
  for (const key of used.networks) planNetwork(plan, desired, observed, key, obstacles, names);
  for (const key of used.volumes) planVolume(plan, desired, observed, key, obstacles);
  for (const service of services) planImage(plan, desired, observed, policy, service, obstacles);
  const known = (id: ActionId): ActionId | undefined => (plan.has(id) ? id : undefined);
  return {
    network: (key) => known(`network/${key}:create`),
    volume: (key) => known(`volume/${key}:create`),
    image: (ref) => known(`image/${ref}:pull`),
    obstacle: (service) =>
      [
        `image/${imageRef(desired, service)}`,
        ...Object.keys(service.networks ?? {}).map((key) => `network/${key}`),
        ...volumeKeys(service).map((key) => `volume/${key}`),
      ]
        .map((subject) => obstacles.get(subject))
        .find((message) => message !== undefined),
  };
}

function usedKeys(services: readonly Service[]): { networks: string[]; volumes: string[] } {
  const networks = new Set(services.flatMap((service) => Object.keys(service.networks ?? {})));
  const volumes = new Set(services.flatMap(volumeKeys));
  return { networks: [...networks].sort(), volumes: [...volumes].sort() };
}

function volumeKeys(service: Service): string[] {
  return (service.volumes ?? []).flatMap((volume) =>
    volume.type === 'volume' && volume.source !== undefined ? [volume.source] : [],
  );
}

function planNetwork(
  plan: PlanBuilder,
  desired: Project,
  observed: ObservedProject,
  key: string,
  obstacles: Map<string, string>,
  services: ReadonlySet<string>,
): void {
  const network = desired.networks[key];
  if (!network) return;
  const found = observed.networks.find((one) => one.name === network.name || one.id === network.name);
  if (network.external) {
    if (!found && !['host', 'none', 'bridge'].includes(network.name)) {
      obstacles.set(
        `network/${key}`,
        `network ${network.name} is declared external and does not exist: create it with "docker network create ${network.name}"`,
      );
    }
    return;
  }
  const id = `network/${key}:create`;
  if (!found) {
    plan.add({ id, kind: 'create-network', cause: { kind: 'absent' }, network: key });
    return;
  }
  const label = found.labels[LABEL.network];
  if (
    found.labels[LABEL.project] !== undefined &&
    (found.labels[LABEL.project] !== desired.name || (label ?? key) !== key)
  ) {
    obstacles.set(
      `network/${key}`,
      `network ${network.name} exists and belongs to project ${found.labels[LABEL.project]}: give this one another name, or declare it external`,
    );
    return;
  }
  if (label === undefined) {
    plan.notes.push(
      `network ${network.name} exists without our labels: it is used as it is (declare it external to say so)`,
    );
    return;
  }
  const hash = found.labels[LABEL.configHash] ?? '';
  if (hash === '' || hash === networkHash(network)) return;
  const cause = { kind: 'drift', drift: [{ kind: 'config-changed' }] } as const;
  const attached = observed.containers.filter(
    (container) => container.networks.some((endpoint) => endpoint.networkId === found.id) && !container.oneoff,
  );
  const outside = attached.find((container) => !services.has(container.service));
  if (outside) {
    plan.notes.push(
      `network ${network.name} changed; it is replaced once ${outside.name}, which this run leaves alone, can be reconnected or is gone`,
    );
    return;
  }
  const disconnected = attached.map((container) =>
    plan.add({
      id: `network/${key}:disconnect ${container.name}`,
      kind: 'disconnect-network',
      cause,
      container: stayingRef(container),
      networkName: found.name,
      networkId: found.id,
    }),
  );
  const removed = plan.add(
    { id: `network/${key}:remove`, kind: 'remove-network', cause, name: found.name, networkId: found.id },
    { dependsOn: disconnected },
  );
  plan.add({ id, kind: 'create-network', cause, network: key }, { dependsOn: [removed] });
  plan.notes.push(
    `network ${network.name}: ${renderDrift({ kind: 'config-changed' })}, replaced with ${attached.length} containers reconnected`,
  );
}

function planVolume(
  plan: PlanBuilder,
  desired: Project,
  observed: ObservedProject,
  key: string,
  obstacles: Map<string, string>,
): void {
  const volume = desired.volumes[key];
  if (!volume) return;
  const found = observed.volumes.find((one) => one.name === volume.name);
  if (volume.external) {
    if (!found)
      obstacles.set(
        `volume/${key}`,
        `volume ${volume.name} is declared external and does not exist: create it with "docker volume create ${volume.name}"`,
      );
    return;
  }
  if (!found) {
    plan.add({ id: `volume/${key}:create`, kind: 'create-volume', cause: { kind: 'absent' }, volume: key });
    return;
  }
  if (found.labels[LABEL.volume] === undefined) {
    plan.notes.push(
      `volume ${volume.name} exists without our labels: it is used as it is (declare it external to say so)`,
    );
    return;
  }
  const hash = found.labels[LABEL.configHash] ?? '';
  if (hash !== '' && hash !== volumeHash(volume)) {
    plan.notes.push(
      `volume ${volume.name}: its definition changed; it holds data and is kept as it is (to renew it: take the project down with --volumes)`,
    );
  }
}

function planImage(
  plan: PlanBuilder,
  desired: Project,
  observed: ObservedProject,
  policy: PlanPolicy,
  service: Service,
  obstacles: Map<string, string>,
): void {
  const ref = imageRef(desired, service);
  const present = observed.images.has(ref);
  const wanted = policy.pull === 'policy' ? (service.pull_policy ?? 'missing') : policy.pull;
  if (present && (wanted !== 'always' || policy.pulled)) return;
  const subject = `image/${ref}`;
  if (!present && service.build) {
    obstacles.set(subject, `image ${ref} is not built: build it with "docker compose build ${service.name}"`);
  } else if (!present && (wanted === 'never' || wanted === 'build')) {
    obstacles.set(
      subject,
      `image ${ref} is not on the engine and the pull policy is ${wanted}: pull it, or change the policy`,
    );
  } else if (!service.build) {
    plan.add({
      id: `${subject}:pull`,
      kind: 'pull-image',
      cause: { kind: present ? 'pull-policy' : 'absent' },
      ref,
      platform: service.platform,
    });
  }
}
