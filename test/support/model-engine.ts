/**
 * An engine in memory that keeps the port's promises: containers with their state machine, execs by script, networks,
 * volumes, images, events. No clock and no I/O: what takes time takes turns of the event loop, so a run of it is the
 * same each time. It decides nothing for reeve; tests look at what became of its world, and at its log of deeds.
 */
import { createHash } from 'node:crypto';
import { setImmediate as turn } from 'node:timers/promises';
import type {
  ConnectRequest,
  ContainerRequest,
  Engine,
  EngineInfo,
  EngineNotice,
  ExecEnd,
  ExecRequest,
  ExecState,
  NetworkRequest,
  ObserveRequest,
  OutputSink,
  OutputStream,
  PullRequest,
  VolumeRequest,
} from '../../src/engine/engine.ts';
import { EngineError, type EngineErrorCode } from '../../src/model/errors.ts';
import type {
  ContainerState,
  Health,
  ObservedContainer,
  ObservedImage,
  ObservedNetwork,
  ObservedProject,
  ObservedVolume,
} from '../../src/model/observed.ts';
import { readHooks } from '../../src/model/carried-hook.ts';
import { LABEL, containerName, readContents, readDependsOn } from '../../src/model/owner.ts';
import type { Service } from '../../src/model/project.ts';
import { restartPolicyOf } from '../../src/model/restart-policy.ts';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** A container as the engine keeps it. */
export interface ModelContainer {
  readonly id: string;
  name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly createdAt: string;
  readonly imageId: string;
  readonly imageRef: string;
  readonly networks: Map<string, { readonly networkId: string; readonly aliases: readonly string[] }>;
  readonly mounts: ObservedContainer['mounts'];
  /** Whose namespaces it lives in: it cannot start while that one does not run. */
  readonly lenders: readonly string[];
  restartPolicy: { readonly name: string; readonly maximumRetryCount: number };
  readonly state: Mutable<ContainerState>;
  /** A client stopped it: its restart policy does not bring it back. */
  stoppedByClient: boolean;
}

export interface ModelExec {
  readonly id: string;
  readonly containerId: string;
  /** The start of the container that it runs in. */
  startedAt: string;
  readonly request: ExecRequest;
  state: 'created' | 'running' | 'ended';
  exitCode: number | undefined;
}

/** What a command does; by default it succeeds at once and says nothing. */
export interface ExecScript {
  readonly exitCode?: number;
  readonly output?: readonly (readonly [OutputStream, string])[];
  /** Turns of the event loop until it ends; Infinity: until it is killed, ended by the test, or its container ends. */
  readonly lasts?: number;
  /** The engine refuses to run it, in these words. */
  readonly refused?: string;
  /** What it does to its container, just before it ends. */
  readonly ends?: 'container' | 'container-with-exec';
}

/** What the main process of a container does; by default it runs on, and has no healthcheck. */
export interface ProcessScript {
  /** Turns until it ends by itself. */
  readonly endsAfter?: number;
  readonly exitCode?: number;
  /** What a healthcheck finds, a turn or two after the start. */
  readonly health?: Health;
}

/** One thing that happened to a container or in it, in order. */
export interface Deed {
  readonly what: 'create' | 'start' | 'stop' | 'die' | 'remove' | 'rename' | 'exec-start' | 'exec-end' | 'touch';
  readonly by: 'reeve' | 'others' | 'itself';
  readonly containerId: string;
  /** The start that it belongs to. */
  readonly startedAt: string;
  readonly execId?: string;
  readonly command?: readonly string[];
  readonly exitCode?: number;
}

/** A call that changes something. */
export interface Call {
  readonly name: string;
  /** Id of a container or exec, or name of another thing. */
  readonly subject: string;
}

const UP = new Set(['running', 'paused']);
const KILLED = 137;

export class ModelEngine implements Engine {
  readonly containers = new Map<string, ModelContainer>();
  readonly networks = new Map<string, ObservedNetwork>();
  readonly volumes = new Map<string, ObservedVolume>();
  readonly images = new Map<string, ObservedImage>([['app', { id: 'sha256:app', volumes: [] }]]);
  /** What a pull finds. */
  readonly registry = new Map<string, ObservedImage>();
  readonly execs = new Map<string, ModelExec>();
  readonly log: Deed[] = [];
  /** What commands do, by the command and the container that they run in. */
  script: (command: readonly string[], container: ModelContainer) => ExecScript = () => ({});
  process: (container: ModelContainer) => ProcessScript = () => ({});
  canKillExecs = true;
  /** Before a call that changes something takes effect: may change the world, or throw what the caller is to see. */
  before: (call: Call) => void = () => {};
  /** After it took effect: what it throws is an answer that was lost. */
  after: (call: Call) => void = () => {};
  readonly #listeners = new Set<(notice: EngineNotice) => void>();
  #count = 0;
  #starts = 0;

  readonly info = (): EngineInfo => ({
    id: 'model',
    apiVersion: '1.44',
    version: 'model',
    name: 'model',
    os: 'linux',
    host: 'memory',
    local: true,
  });

  // What others see and do.

  /** By service and number, or by name; the oldest of several. */
  find(which: string): ModelContainer | undefined {
    return [...this.containers.values()].find(
      ({ name, labels }) => name === which || `${labels[LABEL.service]}/${labels[LABEL.number]}` === which,
    );
  }

  get(which: string): ModelContainer {
    const found = this.containers.get(which) ?? this.find(which);
    if (!found) throw new Error(`there is no container ${which}`);
    return found;
  }

  /** A container that nobody told reeve of. */
  addContainer(name: string, labels: Readonly<Record<string, string>>, running = true): ModelContainer {
    const container = this.#makeContainer({ name, labels, networks: [], mounts: [], lenders: [], by: 'others' });
    if (running) this.#start(container, 'others');
    return container;
  }

  kill(id: string): void {
    const container = this.get(id);
    if (container.state.status === 'restarting') container.stoppedByClient = true;
    this.#die(container, KILLED, 'others');
  }

  stop(id: string): void {
    this.#stop(this.get(id), 'others');
  }

  start(id: string): void {
    const container = this.get(id);
    if (!UP.has(container.state.status)) this.#start(container, 'others');
  }

  restart(id: string): void {
    this.stop(id);
    this.start(id);
  }

  pause(id: string): void {
    const { state } = this.get(id);
    if (state.status === 'running') state.status = 'paused';
    this.#tell('pause', id);
  }

  unpause(id: string): void {
    const { state } = this.get(id);
    if (state.status === 'paused') state.status = 'running';
    this.#tell('unpause', id);
  }

  rename(id: string, name: string): void {
    if (!this.find(name)) this.get(id).name = name;
  }

  /** `docker rm -f`. */
  remove(id: string): void {
    this.#remove(this.get(id), 'others');
  }

  disconnect(id: string, network: string): void {
    this.get(id).networks.delete(network);
  }

  setHealth(id: string, health: Health): void {
    this.get(id).state.health = health;
    this.#tell('health_status', id);
  }

  endExec(execId: string, exitCode: number): void {
    const exec = this.execs.get(execId);
    if (exec?.state !== 'running') return;
    exec.state = 'ended';
    exec.exitCode = exitCode;
    this.#note('exec-end', 'itself', exec.containerId, { execId, command: exec.request.command, exitCode });
    this.#tell('exec_die', exec.containerId, execId);
  }

  /** What reeve sees of a project. */
  look(request: ObserveRequest): ObservedProject {
    const ofProject = (labels: Readonly<Record<string, string>>): boolean => labels[LABEL.project] === request.project;
    return {
      name: request.project,
      containers: [...this.containers.values()].filter(({ labels }) => ofProject(labels)).map(observedContainer),
      networks: [...this.networks.values()].filter(
        ({ name, labels }) => ofProject(labels) || request.networks.includes(name),
      ),
      volumes: [...this.volumes.values()].filter(
        ({ name, labels }) => ofProject(labels) || request.volumes.includes(name),
      ),
      images: new Map([...this.images].filter(([ref]) => request.images.includes(ref))),
    };
  }

  // The port.

  async observeProject(request: ObserveRequest, signal: AbortSignal): Promise<ObservedProject> {
    signal.throwIfAborted();
    this.before({ name: 'observe', subject: request.project });
    return this.look(request);
  }

  async listProjects(): Promise<string[]> {
    const owned = [...this.containers.values(), ...this.networks.values(), ...this.volumes.values()];
    return [...new Set(owned.flatMap(({ labels }) => labels[LABEL.project] ?? []))].toSorted();
  }

  async inspectState(containerId: string, signal: AbortSignal): Promise<ContainerState | undefined> {
    signal.throwIfAborted();
    this.before({ name: 'inspect', subject: containerId });
    const container = this.containers.get(containerId);
    return container && { ...container.state };
  }

  async awaitState<T>(
    containerId: string,
    accept: (state: ContainerState | undefined) => T | undefined,
    signal: AbortSignal,
  ): Promise<T> {
    return await this.#until(() => {
      const container = this.containers.get(containerId);
      const value = accept(container && { ...container.state });
      return value === undefined ? undefined : { value };
    }, signal);
  }

  async createNetwork({ network, labels }: NetworkRequest, signal: AbortSignal): Promise<void> {
    await this.#call({ name: 'create-network', subject: network.name }, signal, () => {
      if (this.networks.has(network.name)) throw refusal('conflict', `network ${network.name} already exists`);
      const found = { id: this.#id(), name: network.name, driver: network.driver ?? 'bridge', labels };
      this.networks.set(network.name, found);
    });
  }

  async removeNetwork(nameOrId: string, signal: AbortSignal): Promise<void> {
    await this.#call({ name: 'remove-network', subject: nameOrId }, signal, () => {
      const found = [...this.networks.values()].find(({ id, name }) => id === nameOrId || name === nameOrId);
      if (!found) return;
      const isBusy = [...this.containers.values()].some(
        ({ state, networks }) => UP.has(state.status) && networks.get(found.name)?.networkId === found.id,
      );
      if (isBusy) throw refusal('conflict', `network ${found.name} has active endpoints`);
      this.networks.delete(found.name);
    });
  }

  async connectNetwork(request: ConnectRequest, signal: AbortSignal): Promise<void> {
    const { project, service, number, containerId, networkKey } = request;
    await this.#call({ name: 'connect-network', subject: containerId }, signal, () => {
      const container = this.#require(containerId);
      const network = this.#requireNetwork(project.networks[networkKey]?.name ?? networkKey);
      this.#touch(container);
      const aliases = [
        containerName(project, service, number),
        service.name,
        ...(service.networks?.[networkKey]?.aliases ?? []),
      ];
      if (!container.networks.has(network.name))
        container.networks.set(network.name, { networkId: network.id, aliases });
    });
  }

  async disconnectNetwork(network: string, containerId: string, signal: AbortSignal): Promise<void> {
    await this.#call({ name: 'disconnect-network', subject: containerId }, signal, () => {
      const container = this.containers.get(containerId);
      if (!container) return;
      this.#touch(container);
      container.networks.delete(network);
    });
  }

  async createVolume({ volume, labels }: VolumeRequest, signal: AbortSignal): Promise<void> {
    await this.#call({ name: 'create-volume', subject: volume.name }, signal, () => {
      if (!this.volumes.has(volume.name)) this.volumes.set(volume.name, { name: volume.name, driver: 'local', labels });
    });
  }

  async removeVolume(name: string, signal: AbortSignal): Promise<void> {
    await this.#call({ name: 'remove-volume', subject: name }, signal, () => {
      const isUsed = [...this.containers.values()].some(({ mounts }) => mounts.some((mount) => mount.volume === name));
      if (isUsed) throw refusal('conflict', `volume ${name} is in use`);
      this.volumes.delete(name);
    });
  }

  async inspectImage(ref: string, signal: AbortSignal): Promise<ObservedImage | undefined> {
    signal.throwIfAborted();
    return this.images.get(ref);
  }

  async pullImage({ ref }: PullRequest, signal: AbortSignal): Promise<void> {
    await this.#call({ name: 'pull-image', subject: ref }, signal, () => {
      const found = this.registry.get(ref);
      if (!found) throw refusal('rejected', `no registry has ${ref}`);
      this.images.set(ref, found);
    });
  }

  async createContainer(request: ContainerRequest, signal: AbortSignal): Promise<string> {
    const { project, service, number, name, labels, carriedVolumes } = request;
    return await this.#call({ name: 'create-container', subject: name }, signal, () => {
      const ref = service.image ?? `${project.name}-${service.name}`;
      if (!this.images.has(ref)) throw refusal('not-found', `no such image: ${ref}`);
      const networks = Object.entries(service.networks ?? {}).map(([key, own]) => {
        const network = this.#requireNetwork(project.networks[key]?.name ?? key);
        const aliases = [containerName(project, service, number), service.name, ...(own?.aliases ?? [])];
        return [network.name, { networkId: network.id, aliases }] as const;
      });
      const declared = (service.volumes ?? []).map(({ type, source, target }) => ({
        type,
        volume:
          type === 'volume' ? (project.volumes[source ?? '']?.name ?? carriedVolumes.get(target) ?? this.#id()) : '',
        source: source ?? '',
        target,
        readOnly: false,
      }));
      const lenders = (service.network_mode ?? '').startsWith('service:')
        ? [request.containerIdOf((service.network_mode ?? '').slice('service:'.length))]
        : [];
      const container = this.#makeContainer({ name, labels, networks, mounts: declared, lenders, by: 'reeve', ref });
      container.restartPolicy = restartPolicyOf(service);
      return container.id;
    });
  }

  async copyFiles(containerId: string, _files: unknown, signal: AbortSignal): Promise<void> {
    await this.#call({ name: 'copy-files', subject: containerId }, signal, () => {
      this.#touch(this.#require(containerId));
    });
  }

  async startContainer(containerId: string, signal: AbortSignal): Promise<void> {
    await this.#call({ name: 'start-container', subject: containerId }, signal, () => {
      const container = this.#require(containerId);
      if (container.state.status === 'paused') throw refusal('conflict', 'cannot start a paused container');
      if (container.state.status === 'running') return;
      for (const id of container.lenders) {
        if (!UP.has(this.containers.get(id)?.state.status ?? '')) {
          throw refusal('conflict', 'cannot join the namespaces of a container that does not run');
        }
      }
      for (const [name, { networkId }] of container.networks) {
        if (this.networks.get(name)?.id !== networkId) throw refusal('not-found', `network ${name} not found`);
      }
      this.#start(container, 'reeve');
    });
  }

  async stopContainer(containerId: string, _graceMs: number | undefined, signal: AbortSignal): Promise<void> {
    await this.#call({ name: 'stop-container', subject: containerId }, signal, () => {
      const container = this.containers.get(containerId);
      if (!container) return;
      if (container.state.status === 'paused') throw refusal('conflict', 'the container is paused');
      this.#stop(container, 'reeve');
    });
  }

  async removeContainer(containerId: string, _options: unknown, signal: AbortSignal): Promise<void> {
    await this.#call({ name: 'remove-container', subject: containerId }, signal, () => {
      const container = this.containers.get(containerId);
      if (!container) return;
      if (UP.has(container.state.status) || container.state.status === 'restarting') {
        throw refusal('conflict', 'cannot remove a running container');
      }
      this.#remove(container, 'reeve');
    });
  }

  async renameContainer(containerId: string, name: string, signal: AbortSignal): Promise<void> {
    await this.#call({ name: 'rename-container', subject: containerId }, signal, () => {
      const container = this.#require(containerId);
      if (container.name === name) return;
      if (this.#named(name)) throw refusal('conflict', `the name ${name} is already in use`);
      container.name = name;
      this.#note('rename', 'reeve', containerId);
    });
  }

  async updateContainer(containerId: string, service: Service, signal: AbortSignal): Promise<void> {
    await this.#call({ name: 'update-container', subject: containerId }, signal, () => {
      const container = this.#require(containerId);
      this.#touch(container);
      container.restartPolicy = restartPolicyOf(service);
    });
  }

  async pauseContainer(containerId: string, signal: AbortSignal): Promise<void> {
    await this.#call({ name: 'pause-container', subject: containerId }, signal, () => this.pause(containerId));
  }

  async unpauseContainer(containerId: string, signal: AbortSignal): Promise<void> {
    await this.#call({ name: 'unpause-container', subject: containerId }, signal, () => {
      this.#touch(this.#require(containerId));
      this.unpause(containerId);
    });
  }

  async signalContainer(containerId: string, _name: string, signal: AbortSignal): Promise<void> {
    await this.#call({ name: 'signal-container', subject: containerId }, signal, () => {
      this.#touch(this.#require(containerId));
    });
  }

  async createExec(containerId: string, request: ExecRequest, signal: AbortSignal): Promise<string> {
    return await this.#call({ name: 'create-exec', subject: containerId }, signal, () => {
      const container = this.#require(containerId);
      if (container.state.status !== 'running') throw refusal('conflict', `the container is ${container.state.status}`);
      const id = this.#id();
      const { startedAt } = container.state;
      this.execs.set(id, { id, containerId, startedAt, request, state: 'created', exitCode: undefined });
      return id;
    });
  }

  async runExec(execId: string, sink: OutputSink, signal: AbortSignal): Promise<ExecEnd> {
    await this.#call({ name: 'start-exec', subject: execId }, signal, () => this.#startExec(execId, sink));
    const end = await this.awaitExec(execId, this.execs.get(execId)?.containerId ?? '', signal);
    if (!end) throw refusal('not-found', `no record of exec ${execId}`);
    this.after({ name: 'end-exec', subject: execId });
    return end;
  }

  async inspectExec(execId: string, signal: AbortSignal): Promise<ExecState | undefined> {
    signal.throwIfAborted();
    this.before({ name: 'inspect-exec', subject: execId });
    const exec = this.execs.get(execId);
    return exec && { running: exec.state === 'running', exitCode: exec.exitCode };
  }

  async awaitExec(execId: string, _containerId: string, signal: AbortSignal): Promise<ExecEnd | undefined> {
    const { end } = await this.#until(() => {
      const exec = this.execs.get(execId);
      if (exec?.state === 'running') return undefined;
      return { value: { end: exec?.exitCode === undefined ? undefined : { exitCode: exec.exitCode } } };
    }, signal);
    return end;
  }

  async killExec(execId: string, _containerId: string, signal: AbortSignal): Promise<boolean> {
    return await this.#call({ name: 'kill-exec', subject: execId }, signal, () => {
      if (this.canKillExecs) this.endExec(execId, KILLED);
      return this.canKillExecs;
    });
  }

  subscribe(listener: (notice: EngineNotice) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async close(): Promise<void> {
    this.#listeners.clear();
  }

  // The state machine.

  async #call<T>(call: Call, signal: AbortSignal, effect: () => T): Promise<T> {
    signal.throwIfAborted();
    this.before(call);
    const value = effect();
    this.after(call);
    // An answer takes a while: others may act in between.
    await turn();
    return value;
  }

  #makeContainer(parts: {
    readonly name: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly networks: readonly (readonly [
      string,
      { readonly networkId: string; readonly aliases: readonly string[] },
    ])[];
    readonly mounts: ObservedContainer['mounts'];
    readonly lenders: readonly string[];
    readonly by: Deed['by'];
    readonly ref?: string;
  }): ModelContainer {
    const { name, labels, networks, mounts, lenders, by, ref = 'app' } = parts;
    if (this.#named(name)) throw refusal('conflict', `the name ${name} is already in use`);
    const state: ContainerState = {
      status: 'created',
      startedAt: '',
      finishedAt: '',
      exitCode: 0,
      oomKilled: false,
      health: 'none',
      restartCount: 0,
      error: '',
    };
    const container: ModelContainer = {
      id: this.#id(),
      name,
      labels,
      createdAt: `2026-01-01T00:00:00.${String(this.#count).padStart(9, '0')}Z`,
      imageId: this.images.get(ref)?.id ?? '',
      imageRef: ref,
      networks: new Map(networks),
      mounts,
      lenders,
      restartPolicy: { name: 'no', maximumRetryCount: 0 },
      state,
      stoppedByClient: false,
    };
    this.containers.set(container.id, container);
    this.#note('create', by, container.id);
    this.#tell('create', container.id);
    return container;
  }

  #start(container: ModelContainer, by: Deed['by']): void {
    const { state } = container;
    this.#starts += 1;
    const startedAt = `2026-01-01T00:00:00.${String(this.#starts).padStart(9, '0')}Z`;
    container.stoppedByClient = false;
    const { endsAfter, exitCode = 0, health = 'none' } = this.process(container);
    Object.assign(state, { status: 'running', startedAt, health: health === 'none' ? 'none' : 'starting' });
    this.#note('start', by, container.id);
    this.#tell('start', container.id);
    const isSame = (): boolean => state.startedAt === startedAt && UP.has(state.status);
    if (health !== 'none') {
      void after(2, () => {
        if (isSame()) this.setHealth(container.id, health);
      });
    }
    if (endsAfter !== undefined) {
      void after(endsAfter, () => {
        if (isSame()) this.#die(container, exitCode, 'itself');
      });
    }
  }

  #stop(container: ModelContainer, by: Deed['by']): void {
    const { state } = container;
    container.stoppedByClient = true;
    if (state.status === 'restarting') {
      state.status = 'exited';
      this.#tell('die', container.id);
    }
    if (!UP.has(state.status)) return;
    this.#note('stop', by, container.id);
    this.#die(container, 0, by);
  }

  #die(container: ModelContainer, exitCode: number, by: Deed['by']): void {
    const { state, restartPolicy, id } = container;
    if (!UP.has(state.status)) return;
    for (const exec of this.execs.values()) if (exec.containerId === id) this.endExec(exec.id, KILLED);
    const { name } = restartPolicy;
    const comesBack =
      !container.stoppedByClient &&
      (name === 'always' || name === 'unless-stopped' || (name === 'on-failure' && exitCode !== 0));
    Object.assign(state, { status: comesBack ? 'restarting' : 'exited', exitCode, finishedAt: state.startedAt });
    this.#note('die', by, id);
    this.#tell('die', id);
    if (!comesBack) return;
    void after(3, () => {
      if (this.containers.get(id) !== container || state.status !== 'restarting') return;
      state.restartCount += 1;
      this.#start(container, 'itself');
    });
  }

  #remove(container: ModelContainer, by: Deed['by']): void {
    container.stoppedByClient = true;
    this.#die(container, KILLED, by);
    for (const exec of this.execs.values()) if (exec.containerId === container.id) this.execs.delete(exec.id);
    this.#note('remove', by, container.id);
    this.containers.delete(container.id);
    this.#tell('destroy', container.id);
  }

  #startExec(execId: string, sink: OutputSink): void {
    const exec = this.execs.get(execId);
    const container = exec && this.containers.get(exec.containerId);
    if (!exec || container?.state.status !== 'running') throw refusal('conflict', 'the container is not running');
    const { exitCode = 0, output = [], lasts = 0, refused, ends } = this.script(exec.request.command, container);
    if (refused !== undefined) throw refusal('rejected', refused);
    exec.state = 'running';
    exec.startedAt = container.state.startedAt;
    this.#note('exec-start', 'reeve', container.id, { execId, command: exec.request.command });
    for (const [stream, text] of output) sink(stream, new TextEncoder().encode(text));
    const end = (): void => {
      if (exec.state !== 'running') return;
      if (ends === 'container-with-exec') this.#die(container, 0, 'itself');
      this.endExec(execId, exitCode);
      if (ends === 'container') this.#die(container, 0, 'itself');
    };
    if (lasts === 0) end();
    else if (Number.isFinite(lasts)) void after(lasts, end);
  }

  /** Asked at once and after every notice. */
  #until<T>(ask: () => { readonly value: T } | undefined, signal: AbortSignal): Promise<T> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) {
        reject(signal.reason);
        return;
      }
      const look = (): void => {
        const answer = ask();
        if (answer === undefined) return;
        stop();
        resolve(answer.value);
      };
      const abort = (): void => {
        stop();
        reject(signal.reason);
      };
      const unsubscribe = this.subscribe(look);
      const stop = (): void => {
        unsubscribe();
        signal.removeEventListener('abort', abort);
      };
      signal.addEventListener('abort', abort, { once: true });
      look();
    });
  }

  #require(id: string): ModelContainer {
    const container = this.containers.get(id);
    if (!container) throw refusal('not-found', `no such container: ${id}`);
    return container;
  }

  #requireNetwork(name: string): ObservedNetwork {
    const network = this.networks.get(name);
    if (!network) throw refusal('not-found', `network ${name} not found`);
    return network;
  }

  #named(name: string): ModelContainer | undefined {
    return [...this.containers.values()].find((container) => container.name === name);
  }

  #touch(container: ModelContainer): void {
    this.#note('touch', 'reeve', container.id);
  }

  #note(
    what: Deed['what'],
    by: Deed['by'],
    containerId: string,
    rest: Pick<Deed, 'execId' | 'command' | 'exitCode'> = {},
  ): void {
    const startedAt = this.containers.get(containerId)?.state.startedAt ?? '';
    this.log.push({ what, by, containerId, startedAt, ...rest });
  }

  #tell(action: string, containerId: string, execId?: string): void {
    const labels = this.containers.get(containerId)?.labels ?? {};
    const [project, service] = [labels[LABEL.project], labels[LABEL.service]];
    const notice = { kind: 'container', action, containerId, project, service, execId, timeNs: '0' } as const;
    for (const listener of this.#listeners) listener(notice);
  }

  #id(): string {
    this.#count += 1;
    return createHash('sha256').update(`model ${this.#count}`).digest('hex');
  }
}

function refusal(code: EngineErrorCode, message: string): EngineError {
  return new EngineError(code, message);
}

/** After so many turns of the event loop. */
async function after(turns: number, deed: () => void): Promise<void> {
  for (let left = turns; left > 0; left -= 1) await turn();
  deed();
}

function observedContainer(container: ModelContainer): ObservedContainer {
  const { id, name, labels, state, networks, mounts, restartPolicy, imageId, imageRef } = container;
  const number = Number(labels[LABEL.number]);
  return {
    id,
    name,
    project: labels[LABEL.project] ?? '',
    service: labels[LABEL.service] ?? '',
    number: Number.isInteger(number) ? number : 0,
    oneoff: labels[LABEL.oneoff]?.toLowerCase() === 'true',
    hookContainer: labels[LABEL.hookContainer] !== undefined,
    createdAt: container.createdAt,
    labels,
    configHash: labels[LABEL.configHash] ?? '',
    ours: labels[LABEL.hooks] !== undefined,
    hooks: readHooks(labels[LABEL.hooks]),
    contents: readContents(labels[LABEL.content]),
    dependsOn: readDependsOn(labels[LABEL.dependsOn]),
    state: { ...state },
    imageId,
    imageRef,
    networkMode: '',
    networks: [...networks].map(([network, { networkId, aliases }]) => ({
      network,
      networkId,
      aliases,
      ipv4: '',
      ipv6: '',
      macAddress: '',
    })),
    mounts,
    restartPolicy,
    resources: {},
    stopTimeoutS: undefined,
  };
}
