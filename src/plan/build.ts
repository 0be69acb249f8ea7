/**
 * The one pure function that decides: (desired, observed, ledger, policy) -> Plan.
 *
 * It makes no call, reads no clock, logs nothing. A part that cannot converge becomes a problem of the plan and takes
 * its dependents with it; everything else goes on. Planning again after the plan was executed gives an empty plan.
 */

import type { LedgerView } from '../model/hook.ts';
import type { ObservedProject } from '../model/observed.ts';
import type { Project, ServiceName } from '../model/project.ts';
import { PlanBuilder } from './builder.ts';
import type { ServiceDecision } from './decide.ts';
import { decideServices } from './decide.ts';
import { desiredOrder, withDependencies } from './order.ts';
import { planOrphans } from './orphans.ts';
import { indexLedger } from './owed.ts';
import type { Plan } from './plan.ts';
import type { PlanPolicy } from './policy.ts';
import type { Resources } from './resources.ts';
import { planResources } from './resources.ts';
import type { Emission } from './service-actions.ts';
import { addEarlyStops, addService } from './service-actions.ts';

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
  const resources = planResources(plan, desired, observed, policy, services);
  const able = withoutBlocked(plan, decisions, resources, desired, policy);
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

/** Takes out services that lack something, and those that would have to start on top of them. */
function withoutBlocked(
  plan: PlanBuilder,
  decisions: ReadonlyMap<ServiceName, ServiceDecision>,
  resources: Resources,
  desired: Project,
  policy: PlanPolicy,
): Map<ServiceName, ServiceDecision> {
  const able = new Map<ServiceName, ServiceDecision>();
  const blocked = new Map<ServiceName, 'problem' | 'deferred'>();
  for (const [name, decision] of decisions) {
    const obstacle = resources.obstacle(decision.service);
    const needsStart = decision.replicas.some(
      (replica) => replica.start !== undefined || replica.restart !== undefined,
    );
    const waitsFor = Object.entries(decision.service.depends_on ?? {}).find(
      ([dependency, { required }]) => required && (blocked.has(dependency) || isHeldDown(dependency, policy, desired)),
    )?.[0];
    if (obstacle !== undefined && needsStart) {
      blocked.set(name, 'problem');
      plan.problems.push({ subject: name, message: obstacle });
    } else if (waitsFor !== undefined && needsStart && !policy.noStart) {
      const deferred = blocked.get(waitsFor) === 'deferred';
      blocked.set(name, deferred ? 'deferred' : 'problem');
      if (!deferred)
        plan.problems.push({ subject: name, message: `depends on ${waitsFor}, which cannot be started now` });
    } else {
      able.set(name, decision);
      if (decision.replicas.some((replica) => replica.notBefore !== undefined)) blocked.set(name, 'deferred');
    }
  }
  return able;
}

function isHeldDown(name: ServiceName, policy: PlanPolicy, desired: Project): boolean {
  return policy.held !== 'all' && policy.held.get(name) === 'stopped' && Object.hasOwn(desired.services, name);
}
