/** Sees a project and what is known of its hooks; containers made by others are noted at first sight. */

import type { Engine } from '../engine/engine.ts';
import { networkHash, volumeHash } from '../model/config-hash.ts';
import type { LedgerView } from '../model/hook.ts';
import type { ObservedProject } from '../model/observed.ts';
import { containerName } from '../model/owner.ts';
import type { Project, Service } from '../model/project.ts';
import { imageRefs } from '../plan/drift.ts';
import type { State } from '../state/state.ts';

export interface Observation {
  readonly observed: ObservedProject;
  readonly ledger: LedgerView;
  /** The same in two looks at one desired state: a plan that came to nothing still does. undefined: that cannot be told. */
  readonly seen: string | undefined;
}

interface Request {
  readonly project: string;
  readonly desired: Project | undefined;
  /** How old what the engine remembers may be; default: as old as it keeps it. */
  readonly maxAgeMs?: number;
  readonly signal: AbortSignal;
}

interface Ports {
  readonly engine: Engine;
  readonly state: State;
}

/** Looks, and writes nothing: for `plan`, `ps` and their like. */
export async function look(ports: Ports, request: Request): Promise<Observation> {
  const seen = await withContents(ports, request);
  return { ...seen, ledger: ports.state.hooks.view(request.project) };
}

type Seen = Omit<Observation, 'ledger'>;

/** With what is known of the bytes that containers were given last. */
async function withContents(ports: Ports, request: Request): Promise<Seen> {
  const { project } = request;
  const { observed, seen } = await see(ports, request);
  const given = ports.state.contents.view(project);
  const containers = observed.containers.map((container) => ({
    ...container,
    contents: given.get(container.id) ?? container.contents,
  }));
  return { observed: { ...observed, containers }, seen };
}

/** Whether a look would show what that one showed. Costs nothing where the engine remembers and nothing happened. */
export async function isAsSeen(ports: Ports, request: Request, seen: string): Promise<boolean> {
  return (await see(ports, request)).seen === seen;
}

async function see(ports: Ports, { project, desired, maxAgeMs, signal }: Request): Promise<Seen> {
  const services = Object.values(desired?.services ?? {});
  // What is written from here on makes another look necessary.
  const revision = ports.state.revision();
  const observed = await ports.engine.observeProject(
    {
      project,
      images: desired ? [...new Set(services.flatMap((service) => imageRefs(desired, service)))] : [],
      networks: Object.values(desired?.networks ?? {}).map((network) => network.name),
      volumes: Object.values(desired?.volumes ?? {}).map((volume) => volume.name),
      ...(desired
        ? { definitions: definitionsOf(desired), names: services.flatMap((one) => namesOf(desired, one)) }
        : {}),
      maxAgeMs,
    },
    signal,
  );
  return { observed, seen: observed.version === undefined ? undefined : `${observed.version} ${revision}` };
}

function namesOf(project: Project, service: Service): string[] {
  return Array.from({ length: service.replicas }, (_, index) => containerName(project, service, index + 1));
}

function definitionsOf({ networks, volumes }: Project): Set<string> {
  return new Set([...Object.values(networks).map(networkHash), ...Object.values(volumes).map(volumeHash)]);
}

/**
 * Looks, and notes which containers exist, and of those that others made the present start and the present bytes of their
 * configs and secrets: their maker served them.
 */
export async function observe(ports: Ports, request: Request): Promise<Observation> {
  const { project, desired } = request;
  const { hooks, contents } = ports.state;
  const { observed, seen } = await withContents(ports, request);
  const others = observed.containers.filter(
    (container) => !container.ours && !container.oneoff && !container.hookContainer,
  );
  const ids = observed.containers.map((container) => container.id);
  hooks.retain(project, ids);
  contents.retain(project, ids);
  for (const { id, service, contents: given } of others) {
    const today = desired?.services[service]?.contents;
    if (given === undefined && today !== undefined) contents.deliver(project, id, today);
  }
  hooks.adopt(
    project,
    others.map((container) => ({ containerId: container.id, startedAt: container.state.startedAt })),
  );
  return { observed, ledger: hooks.view(project), seen };
}
