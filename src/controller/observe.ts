/** Sees a project and what is known of its hooks; containers made by others are noted at first sight. */

import type { Engine } from '../engine/engine.ts';
import type { LedgerView } from '../model/hook.ts';
import type { ObservedProject } from '../model/observed.ts';
import type { Project } from '../model/project.ts';
import { imageRef } from '../plan/drift.ts';
import type { State } from '../state/state.ts';

export interface Observation {
  readonly observed: ObservedProject;
  readonly ledger: LedgerView;
}

interface Request {
  readonly project: string;
  readonly desired: Project | undefined;
  readonly signal: AbortSignal;
}

/** Looks, and writes nothing: for `plan`, `ps` and their like. */
export async function look(ports: { readonly engine: Engine; readonly state: State }, request: Request): Promise<Observation> {
  const { project, desired, signal } = request;
  const services = Object.values(desired?.services ?? {});
  const observed = await ports.engine.observeProject(
    {
      project,
      images: desired ? [...new Set(services.map((service) => imageRef(desired, service)))] : [],
      networks: Object.values(desired?.networks ?? {}).map((network) => network.name),
      volumes: Object.values(desired?.volumes ?? {}).map((volume) => volume.name),
    },
    signal,
  );
  return { observed, ledger: ports.state.hooks.view(project) };
}

/** Looks, and notes containers that reeve did not make: their present start is taken as served by their maker. */
export async function observe(ports: { readonly engine: Engine; readonly state: State }, request: Request): Promise<Observation> {
  const observation = await look(ports, request);
  const { observed, ledger } = observation;
  const unknown = observed.containers.filter(
    (container) => !container.ours && !container.oneoff && !ledger.adopted.has(container.id),
  );
  if (unknown.length === 0) return observation;
  ports.state.hooks.adopt(
    request.project,
    unknown.map((container) => ({ containerId: container.id, startedAt: container.state.startedAt })),
  );
  return { observed, ledger: ports.state.hooks.view(request.project) };
}
