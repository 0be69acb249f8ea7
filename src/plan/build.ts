/**
 * The one pure function that decides: (desired, observed, ledger, policy) -> Plan.
 *
 * It makes no call, reads no clock, logs nothing. A part that cannot converge becomes a problem of the plan and takes
 * its dependents with it; everything else goes on. Planning again after the plan was executed gives an empty plan.
 */

import type { LedgerView } from '../model/hook.ts';
import type { ObservedProject } from '../model/observed.ts';
import type { Project, ServiceName } from '../model/project.ts';
import { withoutBlocked } from './blocked.ts';
import { PlanBuilder } from './builder.ts';
import { decideServices } from './decide.ts';
import type { Emission } from './emission.ts';
import { addEarlyStops } from './gate.ts';
import { desiredOrder, withDependencies } from './order.ts';
import { planOrphans } from './orphans.ts';
import { indexLedger } from './owed.ts';
import type { Plan } from './plan.ts';
import type { PlanPolicy } from './policy.ts';
import { planResources } from './resources.ts';
import { addService } from './service-actions.ts';

export interface PlanInput {
  readonly desired: Project;
  readonly observed: ObservedProject;
  readonly ledger: LedgerView;
  readonly policy: PlanPolicy;
}

export function buildPlan({ desired, observed, ledger, policy }: PlanInput): Plan {
  const plan = new PlanBuilder();
  if (policy.held === 'all') {
    plan.notes.push('suspended: nothing is done until it is resumed');
    return plan.build(desired.name);
  }
  const order = selectServices(desired, policy);
  const decisions = decideServices(desired, observed, policy, order);
  const services = order.flatMap((name) => desired.services[name] ?? []);
  const resources = planResources({ plan, desired, observed, policy, services });
  const able = withoutBlocked({ plan, decisions, resources, policy });
  const emission: Emission = {
    plan,
    desired,
    history: indexLedger(ledger),
    policy,
    force: policy.force,
    volumes: false,
    resources,
    decisions: able,
    readyActions: new Map(),
    earlyStops: new Map(),
  };
  const named = order.flatMap((name) => able.get(name) ?? []);
  for (const decision of named.toReversed()) addEarlyStops(emission, decision);
  for (const decision of named) addService(emission, decision);
  if (policy.services === undefined && !policy.existingOnly) planOrphans(emission, observed);
  return plan.build(desired.name);
}

/** Services this plan looks at, dependencies first: named ones with their dependencies, less those that are held. */
function selectServices(desired: Project, policy: PlanPolicy): ServiceName[] {
  const { services: named, held } = policy;
  const chosen = named === undefined ? undefined : policy.noDeps ? named : withDependencies(desired, named);
  return desiredOrder(desired).filter(
    (name) => (chosen === undefined || chosen.has(name)) && (held === 'all' || !held.has(name)),
  );
}
