/**
 * `--wait`: until every replica is ready and has stayed so for a second. Looks again when the engine says that something
 * happened, never on a timer. A replica that no waiting can make ready ends it at once. What happens meanwhile (a restart
 * by the restart policy, whose hooks are owed then) is converged again: at once the first time, then with growing pauses.
 */

import { Backoff } from '../controller/backoff.ts';
import { status } from '../controller/operations.ts';
import type { ReconcileResult, ReconcilerPorts } from '../controller/reconciler.ts';
import type { EngineNotice } from '../engine/engine.ts';
import type { Project, ServiceName } from '../model/project.ts';
import { withDependencies } from '../plan/order.ts';
import type { ReplicaStatus } from '../plan/readiness.ts';

export interface ReadyRequest {
  readonly desired: Project;
  /** undefined: all of them. */
  readonly services: ReadonlySet<ServiceName> | undefined;
  readonly noDeps: boolean;
  /** Converges; called once at first, and again when the world moved. */
  readonly converge: (round: number) => Promise<ReconcileResult>;
  readonly drain: AbortSignal;
  readonly signal: AbortSignal;
}

const STABLE_MS = 1000;
/** A container that the restart policy started so often meanwhile will not stay up. */
const MOST_RESTARTS = 3;
/** Two that want different things of one project would else undo each other's work for ever. */
const MOST_ROUNDS = 5;
const CONTESTED = `it was changed by others each of the ${MOST_ROUNDS} times that it was converged: does another reeve want something else?`;

export async function convergeUntilReady(ports: ReconcilerPorts, request: ReadyRequest): Promise<ReconcileResult> {
  const bell = new Bell();
  const unsubscribe = ports.engine.subscribe((notice) => {
    if (concerns(notice, request.desired.name)) bell.ring();
  });
  try {
    return await untilReady(ports, request, bell);
  } finally {
    unsubscribe();
  }
}

async function untilReady(ports: ReconcilerPorts, request: ReadyRequest, bell: Bell): Promise<ReconcileResult> {
  const { clock } = ports;
  const ended = AbortSignal.any([request.drain, request.signal]);
  const firstRestarts = new Map<string, number>();
  const pauses = new Backoff({ clock, random: Math.random });
  let actions = 0;
  for (let round = 1; ; round += 1) {
    if (round > 2) await clock.delay(pauses.next('round'), ended);
    const result = await request.converge(round);
    actions += result.actions;
    if (result.kind !== 'converged') return { ...result, actions };
    if (round > MOST_ROUNDS && result.actions > 0) return { ...result, kind: 'failed', actions, failures: [CONTESTED] };
    let since: { readonly what: string; readonly atMs: number } | undefined;
    for (let look = 1; ; look += 1) {
      const statuses = await lookAt(ports, request);
      const hopeless = statuses.flatMap((one) => reasonToGiveUp(one, firstRestarts));
      if (hopeless.length > 0) return { ...result, kind: 'failed', actions, failures: hopeless };
      // A run has just found nothing more to do: only when something happened since can another one help.
      if (look > 1 && statuses.some(needsWork)) break;
      const what = fingerprint(statuses);
      if (statuses.some(({ unready }) => unready !== undefined)) since = undefined;
      else if (since?.what !== what) since = { what, atMs: clock.monotonic() };
      const leftMs = since === undefined ? Infinity : since.atMs + STABLE_MS - clock.monotonic();
      if (leftMs <= 0) return { ...result, actions };
      await bell.next(clock, leftMs, ended);
    }
  }
}

/** Lines about what is not ready, for a wait that ran out of time. */
export async function unreadyLines(ports: ReconcilerPorts, request: Omit<ReadyRequest, 'converge'>): Promise<string[]> {
  const statuses = await lookAt(ports, request);
  return statuses.flatMap((one) => (one.unready === undefined ? [] : [`${nameOf(one)}: ${one.unready}`]));
}

async function lookAt(ports: ReconcilerPorts, request: Omit<ReadyRequest, 'converge'>): Promise<ReplicaStatus[]> {
  const { desired, services, noDeps, signal } = request;
  const wanted = services === undefined || noDeps ? services : new Set(withDependencies(desired, services));
  const statuses = await status(ports, { project: desired.name, desired, signal });
  const held = ports.state.inventory.holds(desired.name).map(({ service }) => service);
  return statuses.filter(({ role, service }) => {
    if (role !== 'desired' || held.includes(undefined) || held.includes(service)) return false;
    return wanted?.has(service) ?? Object.hasOwn(desired.services, service);
  });
}

/** Of a container that nobody starts or lets go on but a run of ours. */
const AT_REST: ReadonlySet<string> = new Set(['created', 'paused']);

/** Waiting alone does not help, another run does. */
function needsWork({ container, drift, hooks, unready }: ReplicaStatus): boolean {
  if (unready === undefined) return false;
  return container === undefined || drift.length > 0 || hooks.kind === 'owed' || AT_REST.has(container.state.status);
}

function reasonToGiveUp(one: ReplicaStatus, firstRestarts: Map<string, number>): string[] {
  if (one.hopeless) return [`${nameOf(one)}: ${one.unready ?? 'not ready'}`];
  const { container } = one;
  if (container === undefined) return [];
  const first = firstRestarts.get(container.id) ?? container.state.restartCount;
  firstRestarts.set(container.id, first);
  const restarts = container.state.restartCount - first;
  return restarts < MOST_RESTARTS
    ? []
    : [`${nameOf(one)}: does not stay up, restarted ${restarts} times (last exit code ${container.state.exitCode})`];
}

function fingerprint(statuses: readonly ReplicaStatus[]): string {
  return statuses.map(({ container }) => `${container?.id ?? ''} ${container?.state.startedAt ?? ''}`).join('\n');
}

function nameOf({ service, number }: ReplicaStatus): string {
  return `${service}/${number}`;
}

function concerns(notice: EngineNotice, project: string): boolean {
  if (notice.kind === 'connected') return true;
  return notice.kind === 'container' && notice.project === project && !notice.action.startsWith('exec_');
}

/** Remembers a ring until somebody waits for it. */
class Bell {
  #rung = false;
  #wake: () => void = () => {};

  ring(): void {
    this.#rung = true;
    this.#wake();
  }

  /** Resolves at the next ring or after `ms`; rejects when the signal is aborted. */
  async next(clock: ReconcilerPorts['clock'], ms: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (!this.#rung) {
      const woken = Promise.withResolvers<void>();
      const abort = (): void => woken.reject(signal.reason);
      this.#wake = woken.resolve;
      signal.addEventListener('abort', abort, { once: true });
      const cancel = ms === Infinity ? () => {} : clock.setTimer(ms, woken.resolve);
      try {
        await woken.promise;
      } finally {
        cancel();
        signal.removeEventListener('abort', abort);
      }
    }
    this.#rung = false;
  }
}
