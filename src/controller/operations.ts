/**
 * What the commands do to one project, as plans for the reconciler. Each is a planner and a few notes in the inventory;
 * `watch` uses the same ones, so a person and the controller can never differ in what converging means.
 */

import type { RunOptions } from '../execute/run-context.ts';
import type { ObservedProject } from '../model/observed.ts';
import type { Project, ServiceName } from '../model/project.ts';
import { buildPlan } from '../plan/build.ts';
import type { DownPolicy } from '../plan/down.ts';
import { buildDownPlan, buildStopPlan, isSparing } from '../plan/down.ts';
import type { Plan } from '../plan/plan.ts';
import type { PlanPolicy } from '../plan/policy.ts';
import { DEFAULT_POLICY } from '../plan/policy.ts';
import type { ReplicaStatus } from '../plan/readiness.ts';
import { replicaStatuses } from '../plan/readiness.ts';
import type { FailedWork } from './failed-work.ts';
import { allBut, heldServices, releasedServices, releaseStopped, suspendedOf } from './holds.ts';
import { look } from './observe.ts';
import type { ReconcileRequest, ReconcileResult, ReconcilerPorts, Snapshot } from './reconciler.ts';
import { reconcile } from './reconciler.ts';
import type { Renewal } from './renewal.ts';
import { newRenewal } from './renewal.ts';
import type { Tenures } from './tenures.ts';

/** What a person may ask of `apply` beyond the files. */
export type ApplyPolicy = Pick<
  PlanPolicy,
  | 'services'
  | 'noDeps'
  | 'removeOrphans'
  | 'forceRecreate'
  | 'renewVolumes'
  | 'recreateVolumes'
  | 'noStart'
  | 'existingOnly'
  | 'pull'
  | 'build'
  | 'restart'
  | 'followers'
  | 'force'
>;

/** How a run may be ended, and how long its parts may take. */
export interface RunControl {
  readonly options: RunOptions;
  readonly drain: AbortSignal;
  readonly signal: AbortSignal;
  /** Leases and hooks that runs of one program hand on to each other; default: none. */
  readonly tenures?: Tenures;
}

export interface ApplyRequest extends RunControl {
  readonly desired: Project;
  readonly policy: Partial<ApplyPolicy>;
  /** `apply`, `watch`, `start`, `restart`: for the lease and the history. */
  readonly command: string;
  /** The directory of projects it came from. */
  readonly directory?: string | undefined;
  /** Services that were stopped by hand are wanted again. */
  readonly releaseStopped: boolean;
  /** Images that are to be renewed once in several runs; default: in this one. */
  readonly renewal?: Renewal;
  /** What failed in the runs before, where somebody comes back after a while. */
  readonly failed?: FailedWork;
  /** Aborted, with `drain`: hooks that run are left to a next run of the same tenures. */
  readonly leave?: AbortSignal;
  /** Told how it stands while something that failed rests and others go on. */
  readonly onResting?: (result: ReconcileResult) => void;
}

/** Converges one project. */
export function apply(ports: ReconcilerPorts, request: ApplyRequest): Promise<ReconcileResult> {
  const { desired, command, renewal = newRenewal(ports.clock) } = request;
  const { inventory } = ports.state;
  const once = { renewed: renewal.images, askedAtMs: renewal.askedAtMs };
  let askedOf: PlanPolicy['askedOf'];
  return reconcile(ports, {
    ...runOf(request, desired.name, command),
    desired,
    renewal,
    ...(request.failed ? { failed: request.failed } : {}),
    ...(request.onResting ? { onResting: request.onResting } : {}),
    ...(request.leave ? { leave: request.leave } : {}),
    makePlan: (snapshot) => {
      if (!askedOf) {
        askedOf = new Map(snapshot.observed.containers.map(({ id, state }) => [id, state.startedAt]));
        if (request.releaseStopped)
          releaseStopped(ports.state, desired, request.policy.services, request.policy.noDeps);
        inventory.record({
          project: desired.name,
          workingDir: desired.workingDir,
          configFiles: desired.configFiles,
          directory: request.directory,
        });
      }
      const { apiVersion, uncontrolled } = ports.engine.info();
      const held = heldServices(ports.state, desired);
      return planApply(desired, { ...request.policy, ...once, askedOf, apiVersion, uncontrolled, held }, snapshot);
    },
    planBack: (snapshot, services) => {
      const able = withReadyDependencies(desired, services, snapshot);
      return planApply(desired, { existingOnly: true, held: allBut(desired, able, ports.state) }, snapshot);
    },
  });
}

function planApply(desired: Project, asked: Partial<PlanPolicy>, snapshot: Snapshot): Plan {
  const { observed, ledger, notBefore, pendingStarts, nowMs } = snapshot;
  const policy: PlanPolicy = {
    ...DEFAULT_POLICY,
    ...asked,
    removeOrphans: asked.removeOrphans === true || desired.orphans === 'removed',
    notBefore,
    pendingStarts,
    nowMs,
  };
  return buildPlan({ desired, observed, ledger, policy });
}

/** A plan, and the world that it was made for. */
export interface Planned {
  readonly plan: Plan;
  readonly observed: ObservedProject;
}

/** What `apply` would do, which wants again what was stopped by hand; writes nothing anywhere. */
export async function planOnly(
  ports: Pick<ReconcilerPorts, 'engine' | 'state' | 'clock'>,
  request: { readonly desired: Project; readonly policy: Partial<ApplyPolicy>; readonly signal: AbortSignal },
): Promise<Planned> {
  const { desired, policy, signal } = request;
  const seen = await look(ports, { project: desired.name, desired, signal });
  const released = releasedServices(desired, policy.services, policy.noDeps);
  const held = heldServices(ports.state, desired);
  const stillHeld =
    held === 'all' ? held : new Map([...held].filter(([name, kind]) => kind !== 'stopped' || !released.has(name)));
  const { apiVersion, uncontrolled } = ports.engine.info();
  const nowMs = ports.clock.now();
  const asked = { ...policy, apiVersion, uncontrolled, held: stillHeld, askedAtMs: nowMs };
  const plan = planApply(desired, asked, {
    ...seen,
    round: 1,
    notBefore: new Map(),
    pendingStarts: ports.state.inventory.expectedStarts(desired.name),
    nowMs,
  });
  return { plan, observed: seen.observed };
}

export interface DownRequest extends RunControl {
  readonly project: string;
  readonly desired: Project | undefined;
  readonly policy: DownPolicy;
  /** Nobody asked for this project by its name: what is suspended of it is left alone. Default false. */
  readonly sparesSuspended?: boolean;
}

/** Takes a project down, or some of its services. What is left of it because it is suspended is still known of. */
export async function down(ports: ReconcilerPorts, request: DownRequest): Promise<ReconcileResult> {
  const { project, desired, sparesSuspended = false } = request;
  const removeOrphans = request.policy.removeOrphans || desired?.orphans === 'removed';
  let isSpared = false;
  const result = await reconcile(ports, {
    ...runOf(request, project, request.policy.command),
    desired,
    makePlan: ({ observed, ledger }) => {
      const suspended = sparesSuspended ? { suspended: suspendedOf(ports.state, project) } : {};
      const policy = { ...request.policy, removeOrphans, ...suspended };
      isSpared = isSparing(observed, policy);
      return buildDownPlan({ desired, observed, ledger, policy });
    },
  });
  if (result.kind !== 'converged' || request.policy.services !== undefined || isSpared) return result;
  ports.state.inventory.forget(project);
  if (request.policy.volumes) ports.state.hooks.forgetDelivered(project);
  return result;
}

/** Stops services and keeps them stopped until `start` or `apply`. */
export function stop(ports: ReconcilerPorts, request: DownRequest): Promise<ReconcileResult> {
  const { project, desired, policy } = request;
  return reconcile(ports, {
    ...runOf(request, project, 'stop'),
    desired,
    makePlan: ({ observed, ledger, round }) => {
      if (round === 1) {
        const present = observed.containers.map((container) => container.service);
        const names = policy.services ?? new Set([...Object.keys(desired?.services ?? {}), ...present]);
        for (const service of names) ports.state.inventory.hold({ project, service, kind: 'stopped' });
      }
      return buildStopPlan({ desired, observed, ledger, policy });
    },
  });
}

/** Desired beside observed. */
export async function status(
  ports: Pick<ReconcilerPorts, 'engine' | 'state'>,
  request: { readonly project: string; readonly desired: Project | undefined; readonly signal: AbortSignal },
): Promise<ReplicaStatus[]> {
  const { observed, ledger } = await look(ports, request);
  return replicaStatuses(request.desired, observed, ledger);
}

function runOf(control: RunControl, project: string, command: string): Omit<ReconcileRequest, 'desired' | 'makePlan'> {
  const { options, drain, signal, tenures } = control;
  return { project, command, options, drain, signal, ...(tenures ? { tenures } : {}) };
}

/** Those whose dependencies are all there, and have had their post_start hooks: others are given none here, and none is made. */
function withReadyDependencies(
  desired: Project,
  services: ReadonlySet<ServiceName>,
  { observed, ledger }: Snapshot,
): Set<ServiceName> {
  const isMissing = ({ role, container }: ReplicaStatus): boolean => role === 'desired' && container === undefined;
  const isOwed = ({ service, hooks }: ReplicaStatus): boolean =>
    !services.has(service) && (hooks.kind === 'owed' || (hooks.kind === 'failed' && hooks.phase === 'post_start'));
  const replicas = replicaStatuses(desired, observed, ledger);
  const unready = new Set(replicas.filter((one) => isMissing(one) || isOwed(one)).map(({ service }) => service));
  const isAble = (name: ServiceName): boolean =>
    Object.entries(desired.services[name]?.depends_on ?? {}).every(
      ([other, { required }]) => !required || !unready.has(other),
    );
  return new Set([...services].filter(isAble));
}
