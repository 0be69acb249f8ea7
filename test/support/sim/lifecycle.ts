/**
 * Starts and ends of containers: by clients, by themselves, by restart policies. As Docker Engine 20.10 does it, to the
 * order of its events; a restart policy waits 100 ms, twice as long each time, at most a minute, and from the beginning
 * again once the container ran for ten seconds.
 */
import type { Execs } from './execs.ts';
import { KILLED } from './execs.ts';
import type { HealthChecks } from './health.ts';
import { BY_ENGINE, BY_POLICY, BY_PROCESS, type By } from './log.ts';
import type { Networks } from './networks.ts';
import type { ProcessBehaviour } from './program.ts';
import { conflict, failure, invalid, notFound, Refusal, UNCHANGED } from './refusal.ts';
import { signalName, signalNumber } from './signals.ts';
import type { EngineState } from './state.ts';
import { isUp, type SimContainer } from './things.ts';
import type { Volumes } from './volumes.ts';

const FIRST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 60_000;
const STABLE_MS = 10_000;
const DEFAULT_GRACE_S = 10;
/** Exit code of a main process that does not exist. */
const NO_COMMAND = 127;

export interface LifecycleParts {
  readonly state: EngineState;
  readonly networks: Networks;
  readonly volumes: Volumes;
  readonly execs: Execs;
  readonly health: HealthChecks;
}

type Watcher = () => void;

export class Lifecycle {
  readonly #parts: LifecycleParts;
  readonly #state: EngineState;
  /** Told after each change of status. */
  readonly #watchers = new Map<string, Set<Watcher>>();
  /** Of each one's latest start. */
  readonly #behaviours = new WeakMap<SimContainer, ProcessBehaviour>();
  /** A client waits for their end. */
  readonly #stopping = new WeakSet<SimContainer>();
  /** Whose stop has been told before their end. */
  readonly #toldStops = new WeakSet<SimContainer>();
  /** Of stops under way: after them, SIGKILL. */
  readonly #graces = new Set<() => void>();
  /** Takes away what asked to go with its end. */
  onAutoRemove: (container: SimContainer) => void = () => {};

  constructor(parts: LifecycleParts) {
    this.#parts = parts;
    this.#state = parts.state;
    parts.execs.onContainerEnd = (container, exitCode) => this.die(container, exitCode, BY_PROCESS);
  }

  start(which: string, by: By): void {
    const container = this.#state.container(which);
    if (container.status === 'paused') throw conflict('cannot start a paused container, try unpause instead');
    if (container.status === 'running' || container.status === 'restarting') throw new Refusal(UNCHANGED, '');
    if (container.isBeingRemoved) throw conflict('container is marked for removal and cannot be started');
    this.#resetPolicy(container);
    container.stoppedByHand = false;
    this.#bringUp(container, by);
  }

  /** Resolves when it is down; 304 where it was. */
  async stop(which: string, graceS: number | undefined, by: By): Promise<void> {
    const container = this.#state.container(which);
    if (!isUp(container) && container.status !== 'restarting') throw new Refusal(UNCHANGED, '');
    await this.#stop(container, graceS ?? container.body.StopTimeout ?? DEFAULT_GRACE_S, by);
    if (!this.#toldStops.delete(container)) this.#state.tellContainer(container, 'stop');
  }

  async restart(which: string, graceS: number | undefined, by: By): Promise<void> {
    const container = this.#state.container(which);
    if (isUp(container) || container.status === 'restarting') await this.stop(which, graceS, by);
    this.start(container.id, by);
    this.#state.tellContainer(container, 'restart');
  }

  kill(which: string, signal: string, by: By): void {
    const container = this.#state.container(which);
    const { id } = container;
    if (!isUp(container) && container.status !== 'restarting') {
      throw conflict(`Cannot kill container: ${which}: Container ${id} is not running`);
    }
    if (signalNumber(signal) === undefined)
      throw invalid(
        this.#state.isModern
          ? `cannot kill container: ${which}: invalid signal: ${signal}`
          : `Invalid signal: ${signal}`,
      );
    this.#signal(container, signalName(signal), by);
  }

  pause(which: string, by: By): void {
    const container = this.#state.container(which);
    const { id, status } = container;
    if (status === 'paused') throw conflict(`Container ${id} is already paused`);
    if (status === 'restarting') throw conflict(`Container ${id} is restarting, wait until the container is running`);
    if (status !== 'running') throw conflict(`Container ${id} is not running`);
    container.timers.freeze();
    this.#become(container, 'paused');
    this.#state.logContainer(by, container, 'container-paused');
    this.#state.tellContainer(container, 'pause');
  }

  unpause(which: string, by: By): void {
    const container = this.#state.container(which);
    if (container.status !== 'paused') throw failure(`Container ${container.id} is not paused`);
    this.#thaw(container, by);
  }

  /** Its main process ends, whoever ended it. */
  die(container: SimContainer, exitCode: number, by: By, oomKilled = false): void {
    if (!isUp(container)) return;
    const { execs, health } = this.#parts;
    execs.endAllIn(container, by);
    const comesBack = this.#comesBack(container, exitCode);
    container.timers.clear();
    health.end(container);
    Object.assign(container, { exitCode, finishedAt: this.#state.moment(), pid: 0 });
    this.#state.log.add(by, { what: 'container-exited', ...this.#state.incarnation(container), exitCode, comesBack });
    if (comesBack) container.restartCount += 1;
    if (this.#state.isModern) this.#leave(container);
    this.#tellStop(container);
    if (oomKilled) this.#state.tellContainer(container, 'oom');
    this.#state.tellContainer(container, 'die', { exitCode: String(exitCode) });
    if (!this.#state.isModern) this.#leave(container);
    this.#become(container, comesBack ? 'restarting' : 'exited');
    if (comesBack) this.#awaitRestart(container);
    else if (container.hostConfig.AutoRemove) this.onAutoRemove(container);
  }

  /** The engine ends: what it had begun to stop is killed no more. */
  forgetStops(): void {
    for (const cancel of this.#graces) cancel();
    this.#graces.clear();
  }

  /**
   * The engine ends it for reasons of its own: when it shuts down, and when it comes back after a crash and finds it
   * running, which counts as a stop by hand (as 20.10 does it).
   */
  endByEngine(container: SimContainer, isByHand: boolean): void {
    if (!isUp(container)) return;
    container.restart.isCancelled = true;
    if (isByHand) container.stoppedByHand = true;
    if (container.status === 'paused') this.#thaw(container, BY_ENGINE);
    this.#state.tellContainer(container, 'kill', { signal: String(signalNumber(stopSignal(container))) });
    const onStop = this.#onStop(container);
    this.die(container, onStop === 'ignored' || isKill(container) ? KILLED : onStop.exitCode, BY_ENGINE);
    this.#state.tellContainer(container, 'stop');
  }

  /** What an engine finds when it starts: is it to be brought back? */
  restore(container: SimContainer): void {
    this.#resetPolicy(container);
    const { name } = policyOf(container);
    const asksForIt =
      name === 'always' ||
      (name === 'unless-stopped' && !container.stoppedByHand) ||
      (name === 'on-failure' && container.exitCode !== 0);
    if (isUp(container) || container.status === 'created' || !asksForIt) return;
    this.#restart(container);
  }

  /** Its process and all that runs in it are gone, and nobody was there to see it. */
  loseProcess(container: SimContainer, exitCode: number, by: By): void {
    this.forgetRestart(container);
    if (!isUp(container)) return;
    this.#parts.execs.endAllIn(container, by);
    container.timers.clear();
    this.#parts.health.end(container);
    for (const endpoint of container.endpoints.values()) endpoint.address = '';
    Object.assign(container, { exitCode, finishedAt: this.#state.moment(), pid: 0 });
    const comesBack = false;
    this.#state.log.add(by, { what: 'container-exited', ...this.#state.incarnation(container), exitCode, comesBack });
    this.#become(container, 'exited');
  }

  /** The engine that would have brought it back is gone. */
  forgetRestart(container: SimContainer): void {
    container.restart.cancelWait?.();
    container.restart.cancelWait = undefined;
    if (container.status === 'restarting') this.#become(container, 'exited');
  }

  /** Calls back at once and after each change, until it returns true or is let go. */
  watch(containerId: string, look: () => boolean): () => void {
    if (look()) return () => {};
    const watchers = this.#watchers.get(containerId) ?? new Set();
    this.#watchers.set(containerId, watchers);
    const watcher = (): void => {
      if (look()) watchers.delete(watcher);
    };
    watchers.add(watcher);
    return () => watchers.delete(watcher);
  }

  changed(containerId: string): void {
    for (const watcher of Array.from(this.#watchers.get(containerId) ?? [])) watcher();
  }

  #bringUp(container: SimContainer, by: By): void {
    this.#refuseImpossible(container);
    const { networks, volumes, health } = this.#parts;
    const words = commandOf(container);
    container.starts += 1;
    const behaviour = this.#state.program.process(words, container, container.starts);
    this.#behaviours.set(container, behaviour);
    networks.join(container);
    volumes.mount(container);
    if (behaviour.refused !== undefined) {
      networks.leave(container);
      volumes.unmount(container);
      container.exitCode = NO_COMMAND;
      container.error = behaviour.refused;
      if (container.status === 'restarting') this.#become(container, 'exited');
      const message = behaviour.refused;
      this.#state.log.add(by, { what: 'start-refused', ...this.#state.incarnation(container), message });
      throw invalid(message);
    }
    const startedAt = this.#state.moment();
    const pid = this.#state.newPid();
    const startedMs = this.#state.time.elapsedMs;
    Object.assign(container, { startedAt, startedMs, pid, error: '', exitCode: 0 });
    this.#state.log.add(by, { what: 'container-started', ...this.#state.incarnation(container), name: container.name });
    this.#become(container, 'running');
    health.begin(container);
    for (const [stream, text] of behaviour.output ?? []) this.write(container, stream, text);
    this.#state.tellContainer(container, 'start');
    const { endsAfterMs = Infinity, exitCode = 0 } = behaviour;
    container.timers.after(endsAfterMs, () => this.die(container, exitCode, BY_PROCESS));
  }

  write(container: SimContainer, stream: 'stdout' | 'stderr', text: string): void {
    container.output.push({ stream, text, ns: this.#state.time.stampNs() });
    this.changed(container.id);
  }

  /** Whose namespaces it is to share must be up. */
  #refuseImpossible(container: SimContainer): void {
    for (const key of ['NetworkMode', 'IpcMode', 'PidMode']) {
      const mode = container.hostConfig[key];
      const [, which] = typeof mode === 'string' ? (/^container:(.*)$/.exec(mode) ?? []) : [];
      if (which === undefined) continue;
      const lender = this.#state.findContainer(which);
      if (!lender) throw notFound(`No such container: ${which}`);
      if (lender.status === 'restarting') {
        throw conflict(`Container ${lender.id} is restarting, wait until the container is running`);
      }
      if (!isUp(lender)) throw conflict(`cannot join network of a non running container: ${lender.id}`);
    }
  }

  async #stop(container: SimContainer, graceS: number, by: By): Promise<void> {
    const down = Promise.withResolvers<void>();
    const isDown = (): boolean => !isUp(container) && container.status !== 'restarting';
    this.#stopping.add(container);
    this.#state.log.add(by, { what: 'stop-begun', ...this.#state.incarnation(container), graceS });
    this.#signal(container, stopSignal(container), by);
    let cancel = (): void => {};
    const unwatch = this.watch(container.id, () => {
      if (!isDown()) return false;
      down.resolve();
      return true;
    });
    if (!isDown() && graceS >= 0) {
      cancel = this.#state.time.after(graceS * 1000, () => {
        if (!isDown()) this.#signal(container, 'SIGKILL', by);
      });
      this.#graces.add(cancel);
    }
    await down.promise;
    cancel();
    this.#graces.delete(cancel);
    unwatch();
  }

  #signal(container: SimContainer, signal: string, by: By): void {
    const isStop = [9, signalNumber(stopSignal(container))].includes(signalNumber(signal));
    // Where a container names no stop signal, the engine takes every signal for its end.
    const isEnd = isStop || container.body.StopSignal === undefined || container.body.StopSignal === '';
    container.stoppedByHand = true;
    if (isEnd) container.restart.isCancelled = true;
    if (container.status === 'restarting') {
      // The waiting policy is told to give up; there is no process that could get a signal.
      if (isEnd) this.#giveUp(container, by);
      return;
    }
    if (isEnd && container.status === 'paused') this.#thaw(container, BY_ENGINE);
    this.#state.log.add(by, { what: 'signal-sent', ...this.#state.incarnation(container), signal });
    this.#state.tellContainer(container, 'kill', { signal: String(signalNumber(signal)) });
    if (signalNumber(signal) === 9) return this.die(container, KILLED, by);
    if (!isStop) return;
    const onStop = this.#onStop(container);
    if (onStop === 'ignored') return;
    if (onStop.afterMs === 0) this.die(container, onStop.exitCode, by);
    else container.timers.after(onStop.afterMs, () => this.die(container, onStop.exitCode, by));
  }

  #leave(container: SimContainer): void {
    this.#parts.networks.leave(container);
    this.#parts.volumes.unmount(container);
  }

  #onStop(container: SimContainer): NonNullable<ProcessBehaviour['onStop']> {
    return this.#behaviours.get(container)?.onStop ?? { afterMs: 0, exitCode: 0 };
  }

  #thaw(container: SimContainer, by: By): void {
    container.timers.thaw();
    this.#become(container, 'running');
    this.#state.logContainer(by, container, 'container-unpaused');
    this.#state.tellContainer(container, 'unpause');
  }

  #comesBack(container: SimContainer, exitCode: number): boolean {
    const { restart, stoppedByHand } = container;
    const { name, maximum } = policyOf(container);
    // An engine that is not there finds out when it comes.
    if (!this.#state.isEngineUp || restart.isCancelled || name === '' || name === 'no') return false;
    if (this.#state.time.elapsedMs - container.startedMs >= STABLE_MS) restart.waitMs = 0;
    restart.waitMs = restart.waitMs === 0 ? FIRST_WAIT_MS : Math.min(2 * restart.waitMs, LONGEST_WAIT_MS);
    const asks =
      name === 'always' ||
      (name === 'unless-stopped' && !stoppedByHand) ||
      (name === 'on-failure' && exitCode !== 0 && (maximum === 0 || restart.count < maximum));
    if (asks) restart.count += 1;
    return asks;
  }

  #resetPolicy(container: SimContainer): void {
    container.restart.isCancelled = false;
    container.restart.waitMs = 0;
    container.restart.count = 0;
    container.restartCount = 0;
  }

  /** Newer engines tell of a stop a moment before the end that it brought. */
  #tellStop(container: SimContainer): void {
    if (!this.#stopping.delete(container) || !this.#state.isModern) return;
    this.#state.tellContainer(container, 'stop');
    this.#toldStops.add(container);
  }

  #awaitRestart(container: SimContainer): void {
    container.restart.cancelWait = this.#state.time.after(container.restart.waitMs, () => {
      container.restart.cancelWait = undefined;
      this.#restart(container);
    });
  }

  #restart(container: SimContainer): void {
    try {
      this.#bringUp(container, BY_POLICY);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      container.error = error.message;
      this.#become(container, 'exited');
    }
  }

  #giveUp(container: SimContainer, by: By): void {
    container.restart.cancelWait?.();
    container.restart.cancelWait = undefined;
    this.#state.logContainer(by, container, 'restart-cancelled');
    this.#become(container, 'exited');
  }

  #become(container: SimContainer, status: SimContainer['status']): void {
    container.status = status;
    this.changed(container.id);
  }
}

/** The whole command line of the main process. */
export function commandOf({ body, image }: SimContainer): readonly string[] {
  const own = wordsOf(body.Entrypoint);
  const command = wordsOf(body.Cmd);
  // An entrypoint of its own does away with the image's command.
  if (own.length > 0) return [...own, ...command];
  return [...image.entrypoint, ...(command.length > 0 ? command : image.command)];
}

function stopSignal({ body: { StopSignal = '' } }: SimContainer): string {
  return StopSignal === '' ? 'SIGTERM' : StopSignal;
}

function wordsOf(given: readonly string[] | string | null | undefined): readonly string[] {
  return typeof given === 'string' ? [given] : (given ?? []);
}

function isKill(container: SimContainer): boolean {
  return signalNumber(stopSignal(container)) === 9;
}

function policyOf({ hostConfig }: SimContainer): { readonly name: string; readonly maximum: number } {
  const { Name = '', MaximumRetryCount = 0 } = hostConfig.RestartPolicy ?? {};
  return { name: Name, maximum: MaximumRetryCount };
}
