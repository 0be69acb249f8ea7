/** Sees a project and what is known of its hooks; containers made by others are noted at first sight. */

import type { Engine } from '../engine/engine.ts';
import { networkHash, volumeHash } from '../model/config-hash.ts';
import type { LedgerView } from '../model/hook.ts';
import type { ObservedProject } from '../model/observed.ts';
import type { Project } from '../model/project.ts';
import { imageRefs } from '../plan/drift.ts';
import type { State } from '../state/state.ts';

export interface Observation {
  readonly observed: ObservedProject;
  readonly ledger: LedgerView;
}

interface Request {
  readonly project: string;
  readonly desired: Project | undefined;
  /** How old what the engine remembers may be; default: as old as it keeps it. */
  readonly maxAgeMs?: number;
  readonly signal: AbortSignal;
}

/** Looks, and writes nothing: for `plan`, `ps` and their like. */
export async function look(
  ports: { readonly engine: Engine; readonly state: State },
  request: Request,
): Promise<Observation> {
  const { project, desired, maxAgeMs, signal } = request;
  const services = Object.values(desired?.services ?? {});
  const observed = await ports.engine.observeProject(
    {
      project,
      images: desired ? [...new Set(services.flatMap((service) => imageRefs(desired, service)))] : [],
      networks: Object.values(desired?.networks ?? {}).map((network) => network.name),
      volumes: Object.values(desired?.volumes ?? {}).map((volume) => volume.name),
      ...(desired ? { definitions: definitionsOf(desired) } : {}),
      maxAgeMs,
    },
    signal,
  );
  const given = ports.state.contents.view(project);
  const containers = observed.containers.map((container) => ({
    ...container,
    contents: given.get(container.id) ?? container.contents,
  }));
  return { observed: { ...observed, containers }, ledger: ports.state.hooks.view(project) };
}

function definitionsOf({ networks, volumes }: Project): Set<string> {
  return new Set([...Object.values(networks).map(networkHash), ...Object.values(volumes).map(volumeHash)]);
}

/**
 * Looks, and notes which containers exist, and of those that others made the present start and the present bytes of their
 * configs and secrets: their maker served them.
 */
export async function observe(
  ports: { readonly engine: Engine; readonly state: State },
  request: Request,
): Promise<Observation> {
  const { project, desired } = request;
  const { hooks, contents } = ports.state;
  const { observed } = await look(ports, request);
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
  return { observed, ledger: hooks.view(project) };
}
