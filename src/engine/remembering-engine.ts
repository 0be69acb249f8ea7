/**
 * An engine that remembers what it told (observed-world.ts): for those who look often and mostly find little new, `watch`
 * at rest and a run that waits.
 *
 * A decorator of the port, so that it goes before any engine. It remembers from the moment on at which somebody listens to
 * the engine, for a memory without notices is worth nothing; who looks twice and never listens asks twice. Looks are then
 * answered from memory; everything else is asked of the engine, the state that a precondition rests on too. Each call that
 * changes something names what it changed, when it has ended and however it ended.
 */

import type { Clock } from '../clock.ts';
import type {
  ContainerState,
  NameHolder,
  ObservedContainer,
  ObservedImage,
  ObservedNetwork,
  ObservedProject,
  ObservedVolume,
} from '../model/observed.ts';
import type { Service } from '../model/project.ts';
import type {
  BuildRequest,
  ConnectRequest,
  ContainerRequest,
  Engine,
  EngineInfo,
  EngineNotice,
  ExecEnd,
  ExecRequest,
  ExecState,
  FileToCopy,
  NetworkRequest,
  ObserveRequest,
  OutputSink,
  PullRequest,
  SharedThing,
  VolumeRequest,
} from './engine.ts';
import { ObservedWorld } from './observed-world.ts';
import { SharedPulls } from './shared-pulls.ts';

export interface RememberingOptions {
  readonly clock: Pick<Clock, 'monotonic' | 'setTimer'>;
  /** Longest time for which the engine is not asked although nothing was heard of it; default 150 s. */
  readonly maxAgeMs?: number | undefined;
}

export class RememberingEngine implements Engine {
  readonly #engine: Engine;
  readonly #world: ObservedWorld;
  /** Execs that were created and have not ended: a command may end its container. */
  readonly #execs = new Map<string, string>();
  readonly #pulls: SharedPulls;
  #unsubscribe: (() => void) | undefined;

  constructor(engine: Engine, { clock, maxAgeMs = 150_000 }: RememberingOptions) {
    this.#engine = engine;
    this.#world = new ObservedWorld(engine, { clock, maxAgeMs });
    this.#pulls = new SharedPulls(clock, (request, signal) =>
      this.#changeImages(() => engine.pullImage(request, signal)),
    );
  }

  readonly info = (): EngineInfo => this.#engine.info();

  observeProject(request: ObserveRequest, signal: AbortSignal): Promise<ObservedProject> {
    return this.#world.isLive ? this.#world.observe(request, signal) : this.#engine.observeProject(request, signal);
  }

  listProjects(signal: AbortSignal): Promise<string[]> {
    return this.#engine.listProjects(signal);
  }

  listContainers(project: string, signal: AbortSignal): Promise<ObservedContainer[]> {
    return this.#engine.listContainers(project, signal);
  }

  inspectContainer(containerId: string, signal: AbortSignal): Promise<ObservedContainer | undefined> {
    return this.#engine.inspectContainer(containerId, signal);
  }

  listNetworks(signal: AbortSignal): Promise<ObservedNetwork[]> {
    return this.#engine.listNetworks(signal);
  }

  inspectNetwork(nameOrId: string, signal: AbortSignal): Promise<ObservedNetwork | undefined> {
    return this.#engine.inspectNetwork(nameOrId, signal);
  }

  listVolumes(signal: AbortSignal): Promise<ObservedVolume[]> {
    return this.#engine.listVolumes(signal);
  }

  inspectVolume(name: string, signal: AbortSignal): Promise<ObservedVolume | undefined> {
    return this.#engine.inspectVolume(name, signal);
  }

  usersOf(thing: SharedThing, project: string, signal: AbortSignal): Promise<string[]> {
    return this.#engine.usersOf(thing, project, signal);
  }

  holdersOf(names: readonly string[], project: string, signal: AbortSignal): Promise<ReadonlyMap<string, NameHolder>> {
    return this.#engine.holdersOf(names, project, signal);
  }

  inspectImage(ref: string, signal: AbortSignal): Promise<ObservedImage | undefined> {
    return this.#engine.inspectImage(ref, signal);
  }

  inspectState(containerId: string, signal: AbortSignal): Promise<ContainerState | undefined> {
    return this.#engine.inspectState(containerId, signal);
  }

  awaitState<T>(
    containerId: string,
    accept: (state: ContainerState | undefined) => T | undefined,
    signal: AbortSignal,
  ): Promise<T> {
    return this.#engine.awaitState(containerId, accept, signal);
  }

  createNetwork(request: NetworkRequest, signal: AbortSignal): Promise<void> {
    const { project, network } = request;
    return this.#change(() => this.#engine.createNetwork(request, signal), {
      touched: () => this.#world.nameNetwork(network.name),
      failed: () => this.#world.doubtProject(project.name),
    });
  }

  removeNetwork(nameOrId: string, signal: AbortSignal): Promise<void> {
    return this.#change(() => this.#engine.removeNetwork(nameOrId, signal), {
      touched: () => this.#world.nameNetwork(nameOrId),
      failed: () => this.#world.doubtNetwork(nameOrId),
    });
  }

  connectNetwork(request: ConnectRequest, signal: AbortSignal): Promise<void> {
    return this.#changeContainer(request.containerId, () => this.#engine.connectNetwork(request, signal));
  }

  disconnectNetwork(network: string, containerId: string, signal: AbortSignal): Promise<void> {
    return this.#changeContainer(containerId, () => this.#engine.disconnectNetwork(network, containerId, signal));
  }

  createVolume(request: VolumeRequest, signal: AbortSignal): Promise<void> {
    const { project, volume } = request;
    return this.#change(() => this.#engine.createVolume(request, signal), {
      touched: () => this.#world.nameVolume(volume.name),
      failed: () => this.#world.doubtProject(project.name),
    });
  }

  removeVolume(name: string, signal: AbortSignal): Promise<void> {
    return this.#change(() => this.#engine.removeVolume(name, signal), {
      touched: () => this.#world.nameVolume(name),
      failed: () => this.#world.doubtVolume(name),
    });
  }

  pullImage(request: PullRequest, signal: AbortSignal): Promise<void> {
    return this.#pulls.join(request, signal);
  }

  buildImage(request: BuildRequest, signal: AbortSignal): Promise<void> {
    return this.#changeImages(() => this.#engine.buildImage(request, signal));
  }

  createContainer(request: ContainerRequest, signal: AbortSignal): Promise<string> {
    const { name } = request.project;
    return this.#change(() => this.#engine.createContainer(request, signal), {
      touched: (id) => this.#world.nameContainer(id, name),
      failed: () => this.#world.doubtProject(name),
    });
  }

  copyFiles(containerId: string, files: readonly FileToCopy[], signal: AbortSignal): Promise<void> {
    return this.#changeContainer(containerId, () => this.#engine.copyFiles(containerId, files, signal));
  }

  followOutput(containerId: string, sink: OutputSink, signal: AbortSignal): Promise<void> {
    return this.#engine.followOutput(containerId, sink, signal);
  }

  startContainer(containerId: string, signal: AbortSignal): Promise<void> {
    return this.#changeContainer(containerId, () => this.#engine.startContainer(containerId, signal));
  }

  stopContainer(containerId: string, graceMs: number | undefined, signal: AbortSignal): Promise<void> {
    return this.#changeContainer(containerId, () => this.#engine.stopContainer(containerId, graceMs, signal));
  }

  removeContainer(containerId: string, options: { readonly volumes: boolean }, signal: AbortSignal): Promise<void> {
    return this.#changeContainer(containerId, () => this.#engine.removeContainer(containerId, options, signal));
  }

  renameContainer(containerId: string, name: string, signal: AbortSignal): Promise<void> {
    return this.#changeContainer(containerId, () => this.#engine.renameContainer(containerId, name, signal));
  }

  updateContainer(containerId: string, service: Service, signal: AbortSignal): Promise<void> {
    return this.#changeContainer(containerId, () => this.#engine.updateContainer(containerId, service, signal));
  }

  pauseContainer(containerId: string, signal: AbortSignal): Promise<void> {
    return this.#changeContainer(containerId, () => this.#engine.pauseContainer(containerId, signal));
  }

  unpauseContainer(containerId: string, signal: AbortSignal): Promise<void> {
    return this.#changeContainer(containerId, () => this.#engine.unpauseContainer(containerId, signal));
  }

  signalContainer(containerId: string, name: string, signal: AbortSignal): Promise<void> {
    return this.#changeContainer(containerId, () => this.#engine.signalContainer(containerId, name, signal));
  }

  async createExec(containerId: string, exec: ExecRequest, signal: AbortSignal): Promise<string> {
    const execId = await this.#engine.createExec(containerId, exec, signal);
    this.#execs.set(execId, containerId);
    return execId;
  }

  async runExec(execId: string, sink: OutputSink, signal: AbortSignal): Promise<ExecEnd> {
    const containerId = this.#execs.get(execId);
    this.#execs.delete(execId);
    if (containerId === undefined) return this.#engine.runExec(execId, sink, signal);
    return this.#changeContainer(containerId, () => this.#engine.runExec(execId, sink, signal));
  }

  hasPath(containerId: string, path: string, signal: AbortSignal): Promise<boolean> {
    return this.#engine.hasPath(containerId, path, signal);
  }

  inspectExec(execId: string, signal: AbortSignal): Promise<ExecState | undefined> {
    return this.#engine.inspectExec(execId, signal);
  }

  awaitExec(execId: string, containerId: string, signal: AbortSignal): Promise<ExecEnd | undefined> {
    return this.#changeContainer(containerId, () => this.#engine.awaitExec(execId, containerId, signal));
  }

  killExec(execId: string, containerId: string, signal: AbortSignal): Promise<boolean> {
    return this.#changeContainer(containerId, () => this.#engine.killExec(execId, containerId, signal));
  }

  subscribe(listener: (notice: EngineNotice) => void): () => void {
    // Before the listener: who is woken by a notice finds it heard.
    this.#unsubscribe ??= this.#engine.subscribe((notice) => this.#world.hear(notice));
    return this.#engine.subscribe(listener);
  }

  async close(): Promise<void> {
    this.#unsubscribe?.();
    this.#pulls.close();
    await this.#engine.close();
  }

  #changeContainer<T>(containerId: string, call: () => Promise<T>): Promise<T> {
    return this.#change(call, {
      touched: () => this.#world.nameContainer(containerId),
      failed: () => this.#world.doubtContainer(containerId),
    });
  }

  #changeImages(call: () => Promise<void>): Promise<void> {
    const touched = (): void => this.#world.doubtImages();
    return this.#change(call, { touched, failed: touched });
  }

  /** A call that fails may have had its effect all the same, and a conflict tells that the memory is wrong somewhere. */
  async #change<T>(
    call: () => Promise<T>,
    then: { readonly touched: (value: T) => void; readonly failed: () => void },
  ): Promise<T> {
    try {
      const value = await call();
      then.touched(value);
      return value;
    } catch (error) {
      then.failed();
      throw error;
    }
  }
}
