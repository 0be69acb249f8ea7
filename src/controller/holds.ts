/**
 * Holds of a person on a project: services that were stopped by hand, or suspended, and are left as they are until they are
 * wanted again.
 */

import type { Project, ServiceName } from '../model/project.ts';
import type { Suspended } from '../plan/down.ts';
import { withDependencies } from '../plan/order.ts';
import type { PlanPolicy } from '../plan/policy.ts';
import type { State } from '../state/state.ts';

/** What a plan of this project leaves as it is. */
export function heldServices(state: State, desired: Project): PlanPolicy['held'] {
  const held = new Map<ServiceName, 'stopped' | 'suspended'>();
  for (const { service, kind } of state.inventory.holds(desired.name)) {
    if (service === undefined && kind === 'suspended') return 'all';
    const names = service === undefined ? Object.keys(desired.services) : [service];
    for (const name of names) if (held.get(name) !== 'suspended') held.set(name, kind);
  }
  return held;
}

/** What of a project was suspended by a person. */
export function suspendedOf(state: State, project: string): Suspended {
  const holds = state.inventory.holds(project).filter(({ kind }) => kind === 'suspended');
  if (holds.some(({ service }) => service === undefined)) return 'all';
  return new Set(holds.flatMap(({ service }) => service ?? []));
}

/** Only these services are acted on; what they wait for has to be so by itself. */
export function allBut(desired: Project, services: ReadonlySet<ServiceName>, state: State): PlanPolicy['held'] {
  const held = heldServices(state, desired);
  if (held === 'all') return held;
  const others = Object.keys(desired.services).filter((name) => !services.has(name));
  return new Map([...others.map((name) => [name, 'suspended'] as const), ...held]);
}

/** These services, and what they need, are wanted again; undefined: all of them. */
export function releaseStopped(
  state: State,
  desired: Project,
  services: ReadonlySet<ServiceName> | undefined,
  noDeps: boolean | undefined,
): void {
  const { inventory } = state;
  if (!inventory.holds(desired.name).some(({ kind }) => kind === 'stopped')) return;
  if (services === undefined) {
    inventory.release({ project: desired.name, service: undefined, kind: 'stopped' });
    return;
  }
  for (const service of releasedServices(desired, services, noDeps)) {
    inventory.release({ project: desired.name, service, kind: 'stopped' });
  }
}

/** Services that a run which releases wants again. */
export function releasedServices(
  desired: Project,
  services: ReadonlySet<ServiceName> | undefined,
  noDeps: boolean | undefined,
): ReadonlySet<ServiceName> {
  if (services === undefined) return new Set(Object.keys(desired.services));
  return noDeps ? services : new Set(withDependencies(desired, services));
}
