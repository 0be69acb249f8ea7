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
import type { ServiceDecision } from './decide.ts';
import { decideNothing, decideServices } from './decide.ts';
import type { Emission } from './emission.ts';
import { addEarlyStops } from './gate.ts';
import { desiredOrder, inOrder, withDependencies } from './order.ts';
import { isOrphaned, orphansOf, planOrphans } from './orphans.ts';
import { indexLedger } from './owed.ts';
import type { Plan } from './plan.ts';
import type { PlanPolicy } from './policy.ts';
import { addLeftovers, isFirstStart, leftoverHookContainers, preStartsOf } from './pre-start.ts';
import { planRenames } from './renames.ts';
import { planResources } from './resources.ts';
import { addService } from './service-actions.ts';
import { changedVolumes, replacedNames, unremovable } from './volumes.ts';

export interface PlanInput {
  readonly desired: Project;
  readonly observed: ObservedProject;
  readonly ledger: LedgerView;
  readonly policy: PlanPolicy;
}

/** A volume of which a container turns out to stay is not replaced: all that hangs on it is then planned anew. */
export function buildPlan(input: PlanInput): Plan {
  const staying = new Map<string, string>();
  for (;;) {
    const attempt = attemptPlan({ ...input, observed: inOrder(input.observed) }, staying);
    if ('project' in attempt) return attempt;
    staying.set(attempt.volume, attempt.container);
  }
}

interface Unremovable {
  /** Key in the model. */
  readonly volume: string;
  readonly container: string;
}

function attemptPlan(input: PlanInput, staying: ReadonlyMap<string, string>): Plan | Unremovable {
  const { desired, observed, ledger, policy } = input;
  const plan = new PlanBuilder();
  if (policy.held === 'all') {
    plan.notes.push('suspended: nothing is done until it is resumed');
    return plan.build(desired.name);
  }
  const chosen = selectServices(desired, policy);
  const followers = followersOf(desired, policy, chosen);
  const order = desiredOrder(desired).filter((name) => chosen.has(name) || followers.has(name));
  const orphans = orphansOf(desired, observed, policy);
  const removed = policy.removeOrphans ? orphans : [];
  const volumes = changedVolumes({ desired, observed, policy, chosen, orphans: removed, staying });
  const replacedVolumes = replacedNames(volumes);
  const decisions = decideServices({ desired, observed, policy, order, followers, replacedVolumes });
  const left = decideNothing(desired, observed, policy.noDeps ? [] : policy.held.keys());
  const creating = creatingServices(decisions);
  const present = policy.existingOnly ? notePresent(plan, chosen, decisions, policy) : chosen;
  const services = order.flatMap((name) => (present.has(name) ? (desired.services[name] ?? []) : []));
  const beginning = beginningServices(decisions, policy);
  const resources = planResources({ plan, desired, observed, policy, services, creating, beginning, volumes });
  const { containers } = observed;
  const renames = planRenames({ observed, decisions, orphans: removed });
  const able = withoutBlocked({ plan, desired, decisions, left, resources, renames, policy });
  const history = indexLedger(ledger);
  const { reconnections } = resources;
  const removal = { plan, desired, history, force: policy.force, volumes: false, reconnections };
  const preStarts = new Map(
    [...able].map(([name, one]) => [name, preStartsOf({ desired, history, observed, policy, resources }, one)]),
  );
  const isMeant = (name: ServiceName): boolean => able.has(name) || isOrphaned(desired, policy, name);
  const leftovers = leftoverHookContainers({ observed, policy, isMeant, decisions, able, preStarts });
  const stays = unremovable(volumes, able, [...removed, ...leftovers]);
  if (stays) return { volume: stays[0], container: stays[1] };
  resources.forgo(emptied(decisions, able));
  const emission: Emission = {
    ...removal,
    containers,
    policy,
    resources,
    renames,
    decisions: able,
    left,
    readyActions: new Map(),
    earlyStops: new Map(),
    shared: new Map(),
    preStarts,
    hookRemovals: addLeftovers(removal, leftovers),
  };
  const planned = order.flatMap((name) => able.get(name) ?? []);
  for (const decision of planned.toReversed()) addEarlyStops(emission, decision);
  for (const decision of planned) addService(emission, decision);
  planOrphans(emission, orphans);
  return plan.build(desired.name);
}

/** Services this plan looks at: all or named ones with their dependencies, less those that are held. */
function selectServices(desired: Project, { services: named, noDeps, held }: PlanPolicy): Set<ServiceName> {
  const all = new Set(Object.keys(desired.services));
  const chosen = named === undefined ? all : noDeps ? named : withDependencies(desired, named);
  return new Set([...chosen].filter((name) => all.has(name) && (held === 'all' || !held.has(name))));
}

/** Of services of which only what is there is started: those that have something, the others are said. */
function notePresent(
  plan: PlanBuilder,
  chosen: ReadonlySet<ServiceName>,
  decisions: ReadonlyMap<ServiceName, ServiceDecision>,
  { noStart }: PlanPolicy,
): Set<ServiceName> {
  const present = [...chosen].filter((name) => decisions.get(name)?.replicas.length !== 0);
  const absent = [...chosen].filter((name) => !present.includes(name) && decisions.get(name)?.service.replicas !== 0);
  for (const name of noStart ? [] : absent.toSorted())
    plan.notes.push(`${name} has no container that could be started (reeve apply makes one)`);
  return new Set(present);
}

/** Services that were not named, and are restarted with one that was (`restart: true`). */
function followersOf(desired: Project, policy: PlanPolicy, chosen: ReadonlySet<ServiceName>): Set<ServiceName> {
  const followers = new Set<ServiceName>();
  if (policy.services === undefined || policy.held === 'all' || !policy.followers) return followers;
  // Else nothing is restarted that could be followed.
  if (policy.restart.size === 0 && (policy.noDeps || policy.existingOnly)) return followers;
  for (const name of desiredOrder(desired)) {
    if (chosen.has(name) || policy.held.has(name)) continue;
    const dependencies = Object.entries(desired.services[name]?.depends_on ?? {});
    const follows = dependencies.some(
      ([other, { restart }]) => restart === true && (chosen.has(other) || followers.has(other)),
    );
    if (follows) followers.add(name);
  }
  return followers;
}

/** Services of which nothing is left to do because they cannot be started now. */
function emptied(
  decisions: ReadonlyMap<ServiceName, ServiceDecision>,
  able: ReadonlyMap<ServiceName, ServiceDecision>,
): Set<ServiceName> {
  const names = [...decisions].filter(
    ([name, { replicas }]) => replicas.length > 0 && able.get(name)?.replicas.length === 0,
  );
  return new Set(names.map(([name]) => name));
}

function creatingServices(decisions: ReadonlyMap<ServiceName, ServiceDecision>): Set<ServiceName> {
  const creating = [...decisions.values()].filter(({ replicas }) => replicas.some(({ ref }) => ref.id === undefined));
  return new Set(creating.map(({ service }) => service.name));
}

/** Services of which a container is started for the first time, which is when `pre_start` hooks run. */
function beginningServices(decisions: ReadonlyMap<ServiceName, ServiceDecision>, policy: PlanPolicy): Set<ServiceName> {
  const beginning = policy.noStart ? [] : [...decisions.values()].filter((one) => one.replicas.some(isFirstStart));
  return new Set(beginning.map(({ service }) => service.name));
}
