/**
 * The world of an engine in memory: containers with their state machine, execs by script, networks, volumes, images, and
 * a log of all that happened to containers. No clock and no I/O: what takes time takes turns of the event loop, so a run
 * of it is the same each time. What others than reeve do is here; what reeve may do is in model-engine.ts.
 */
import { createHash } from 'node:crypto';
import { setImmediate as turn } from 'node:timers/promises';
import type {
  EngineNotice,
  ExecRequest,
  FileToCopy,
  ObserveRequest,
  OutputSink,
  OutputStream,
} from '../../src/engine/engine.ts';
import { readHooks } from '../../src/model/carried-hook.ts';
import { EngineError, type EngineErrorCode } from '../../src/model/errors.ts';
import type {
  ContainerState,
  Health,
  NameHolder,
  ObservedContainer,
  ObservedImage,
  ObservedNetwork,
  ObservedProject,
  ObservedVolume,
} from '../../src/model/observed.ts';
import { isHookContainer, LABEL, readDigests, readDependsOn } from '../../src/model/owner.ts';
import type { Network, Service, Volume } from '../../src/model/project.ts';

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
  /** What it was made from; undefined where others made it. */
  readonly service: Service | undefined;
  /** Copied in, by path. */
  readonly files: Map<string, FileToCopy>;
  /** What its main process printed. */
  readonly output: (readonly [OutputStream, string])[];
  resources: ObservedContainer['resources'];
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
  /** The engine cannot start it, in these words. */
  readonly refused?: string;
  /** Turns until it ends by itself. */
  readonly endsAfter?: number;
  readonly exitCode?: number;
  /** What a healthcheck finds, a turn or two after the start. */
  readonly health?: Health;
  readonly output?: readonly (readonly [OutputStream, string])[];
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

/** States in which processes of the container are there. */
export const UP = new Set(['running', 'paused']);
/** Exit code of what was killed. */
export const KILLED = 137;

/** A network as an engine shows it. */
export function modelNetwork(id: string, network: Network, labels: Readonly<Record<string, string>>): ObservedNetwork {
  return {
    id,
    name: network.name,
    driver: network.driver ?? 'bridge',
    options: network.driver_opts ?? {},
    internal: network.internal ?? false,
    attachable: network.attachable ?? false,
    ipv6: network.enable_ipv6 ?? false,
    pools: network.ipam.config ?? [],
    labels,
    usedBy: [],
  };
}

/** A volume as an engine shows it. */
export function modelVolume(volume: Volume, labels: Readonly<Record<string, string>>): ObservedVolume {
  const { name, driver = 'local', driver_opts: options = {} } = volume;
  return { name, driver, options, labels, usedBy: [] };
}

export class ModelWorld {
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
  /** What a hook's own container does is what its command does. */
  #processOf(container: ModelContainer): ProcessScript {
    if (!isHookContainer(container.labels)) return this.process(container);
    const { lasts = 0, ...rest } = this.script(container.service?.command ?? [], container);
    return Number.isFinite(lasts) ? { ...rest, endsAfter: lasts } : rest;
  }

  protected readonly listeners = new Set<(notice: EngineNotice) => void>();
  #count = 0;
  #starts = 0;

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
    const container = this.makeContainer({ name, labels, networks: [], mounts: [], lenders: [], by: 'others' });
    if (running) this.bringUp(container, 'others');
    return container;
  }

  kill(id: string): void {
    const container = this.get(id);
    if (container.state.status === 'restarting') container.stoppedByClient = true;
    this.die(container, KILLED, 'others');
  }

  stop(id: string): void {
    this.takeDown(this.get(id), 'others');
  }

  start(id: string): void {
    const container = this.get(id);
    if (!UP.has(container.state.status)) this.bringUp(container, 'others');
  }

  restart(id: string): void {
    this.stop(id);
    this.start(id);
  }

  pause(id: string): void {
    const { id: own, state } = this.get(id);
    if (state.status === 'running') state.status = 'paused';
    this.tell('pause', own);
  }

  unpause(id: string): void {
    const { id: own, state } = this.get(id);
    if (state.status === 'paused') state.status = 'running';
    this.tell('unpause', own);
  }

  rename(id: string, name: string): void {
    if (this.find(name)) return;
    this.get(id).name = name;
    this.tell('rename', id);
  }

  /** `docker rm -f`. */
  remove(id: string): void {
    this.erase(this.get(id), 'others');
  }

  disconnect(id: string, network: string): void {
    this.get(id).networks.delete(network);
    this.tellOfNetwork('disconnect', network, id);
  }

  setHealth(id: string, health: Health): void {
    const container = this.get(id);
    container.state.health = health;
    this.tell('health_status', container.id);
  }

  endExec(execId: string, exitCode: number): void {
    const exec = this.execs.get(execId);
    if (exec?.state !== 'running') return;
    exec.state = 'ended';
    exec.exitCode = exitCode;
    this.note('exec-end', 'itself', exec.containerId, { execId, command: exec.request.command, exitCode });
    this.tell('exec_die', exec.containerId, { execId });
  }

  /** A container as reeve sees it. */
  seen(id: string): ObservedContainer | undefined {
    const container = this.containers.get(id);
    return container && observedContainer(container);
  }

  /** Of these names those that containers of others have. */
  holders(names: readonly string[], project: string): ReadonlyMap<string, NameHolder> {
    const others = [...this.containers.values()].filter(({ labels }) => labels[LABEL.project] !== project);
    const holders = others.filter(({ name }) => names.includes(name));
    return new Map(holders.map(({ name, labels }) => [name, { project: labels[LABEL.project] }]));
  }

  /** What reeve sees of a project. */
  look(request: ObserveRequest): ObservedProject {
    const ofProject = (labels: Readonly<Record<string, string>>): boolean => labels[LABEL.project] === request.project;
    const others = [...this.containers.values()].filter(({ labels }) => !ofProject(labels));
    return {
      name: request.project,
      takenNames: this.holders(request.names ?? [], request.project),
      containers: [...this.containers.values()].filter(({ labels }) => ofProject(labels)).map(observedContainer),
      networks: [...this.networks.values()]
        .filter(({ name, labels }) => ofProject(labels) || request.networks.includes(name))
        .map((network) => ({
          ...network,
          usedBy: others.filter(({ networks }) => networks.has(network.name)).map(({ name }) => name),
        })),
      volumes: [...this.volumes.values()]
        .filter(({ name, labels }) => ofProject(labels) || request.volumes.includes(name))
        .map((volume) => ({
          ...volume,
          usedBy: others
            .filter(({ mounts }) => mounts.some((mount) => mount.volume === volume.name))
            .map(({ name }) => name),
        })),
      images: new Map([...this.images].filter(([ref]) => request.images.includes(ref))),
    };
  }

  subscribe(listener: (notice: EngineNotice) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  // The state machine.

  protected makeContainer(parts: {
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
    readonly service?: Service;
  }): ModelContainer {
    const { name, labels, networks, mounts, lenders, by, ref = 'app', service } = parts;
    if (this.named(name)) throw refusal('conflict', `the name ${name} is already in use`);
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
      id: this.newId(),
      name,
      labels,
      createdAt: `2026-01-01T00:00:00.${String(this.#count).padStart(9, '0')}Z`,
      imageId: this.images.get(ref)?.id ?? '',
      imageRef: ref,
      service,
      files: new Map(),
      output: [],
      resources: {},
      networks: new Map(networks),
      mounts,
      lenders,
      restartPolicy: { name: 'no', maximumRetryCount: 0 },
      state,
      stoppedByClient: false,
    };
    this.containers.set(container.id, container);
    this.note('create', by, container.id);
    this.tell('create', container.id);
    return container;
  }

  protected bringUp(container: ModelContainer, by: Deed['by']): void {
    const { state } = container;
    this.#starts += 1;
    const startedAt = `2026-01-01T00:00:00.${String(this.#starts).padStart(9, '0')}Z`;
    container.stoppedByClient = false;
    const { endsAfter, exitCode = 0, health = 'none', refused, output = [] } = this.#processOf(container);
    if (refused !== undefined) throw refusal('rejected', refused);
    Object.assign(state, { status: 'running', startedAt, health: health === 'none' ? 'none' : 'starting' });
    container.output.push(...output);
    this.note('start', by, container.id);
    this.tell('start', container.id);
    const isSame = (): boolean => state.startedAt === startedAt && UP.has(state.status);
    if (health !== 'none') {
      void after(2, () => {
        if (isSame()) this.setHealth(container.id, health);
      });
    }
    if (endsAfter !== undefined) {
      void after(endsAfter, () => {
        if (isSame()) this.die(container, exitCode, 'itself');
      });
    }
  }

  protected takeDown(container: ModelContainer, by: Deed['by']): void {
    const { state } = container;
    container.stoppedByClient = true;
    if (state.status === 'restarting') {
      state.status = 'exited';
      this.tell('die', container.id);
    }
    if (!UP.has(state.status)) return;
    this.note('stop', by, container.id);
    this.die(container, 0, by);
  }

  protected die(container: ModelContainer, exitCode: number, by: Deed['by']): void {
    const { state, restartPolicy, id } = container;
    if (!UP.has(state.status)) return;
    for (const exec of this.execs.values()) if (exec.containerId === id) this.endExec(exec.id, KILLED);
    const { name } = restartPolicy;
    const comesBack =
      !container.stoppedByClient &&
      (name === 'always' || name === 'unless-stopped' || (name === 'on-failure' && exitCode !== 0));
    Object.assign(state, { status: comesBack ? 'restarting' : 'exited', exitCode, finishedAt: state.startedAt });
    this.note('die', by, id, { exitCode });
    this.tell('die', id);
    if (!comesBack) return;
    void after(3, () => {
      if (this.containers.get(id) !== container || state.status !== 'restarting') return;
      state.restartCount += 1;
      this.bringUp(container, 'itself');
    });
  }

  protected erase(container: ModelContainer, by: Deed['by']): void {
    container.stoppedByClient = true;
    this.die(container, KILLED, by);
    for (const exec of this.execs.values()) if (exec.containerId === container.id) this.execs.delete(exec.id);
    this.note('remove', by, container.id);
    this.containers.delete(container.id);
    this.tell('destroy', container.id, { labels: container.labels });
  }

  protected startExec(execId: string, sink: OutputSink): void {
    const exec = this.execs.get(execId);
    const container = exec && this.containers.get(exec.containerId);
    if (!exec || container?.state.status !== 'running') throw refusal('conflict', 'the container is not running');
    const { exitCode = 0, output = [], lasts = 0, refused, ends } = this.script(exec.request.command, container);
    if (refused !== undefined) throw refusal('rejected', refused);
    exec.state = 'running';
    exec.startedAt = container.state.startedAt;
    this.note('exec-start', 'reeve', container.id, { execId, command: exec.request.command });
    for (const [stream, text] of output) sink(stream, new TextEncoder().encode(text));
    const end = (): void => {
      if (exec.state !== 'running') return;
      if (ends === 'container-with-exec') this.die(container, 0, 'itself');
      this.endExec(execId, exitCode);
      if (ends === 'container') this.die(container, 0, 'itself');
    };
    if (lasts === 0) end();
    else if (Number.isFinite(lasts)) void after(lasts, end);
  }

  protected require(id: string): ModelContainer {
    const container = this.containers.get(id);
    if (!container) throw refusal('not-found', `no such container: ${id}`);
    return container;
  }

  protected requireNetwork(name: string): ObservedNetwork {
    const network = this.networks.get(name);
    if (!network) throw refusal('not-found', `network ${name} not found`);
    return network;
  }

  protected named(name: string): ModelContainer | undefined {
    return [...this.containers.values()].find((container) => container.name === name);
  }

  protected touch(container: ModelContainer): void {
    this.note('touch', 'reeve', container.id);
  }

  protected note(
    what: Deed['what'],
    by: Deed['by'],
    containerId: string,
    rest: Pick<Deed, 'execId' | 'command' | 'exitCode'> = {},
  ): void {
    const startedAt = this.containers.get(containerId)?.state.startedAt ?? '';
    this.log.push({ what, by, containerId, startedAt, ...rest });
  }

  protected tell(
    action: string,
    containerId: string,
    about: { readonly execId?: string; readonly labels?: Readonly<Record<string, string>> } = {},
  ): void {
    const { execId, labels = this.containers.get(containerId)?.labels ?? {} } = about;
    const [project, service] = [labels[LABEL.project], labels[LABEL.service]];
    const timeNs = '1767225600000000000';
    this.notify({ kind: 'container', action, containerId, project, service, execId, timeNs });
  }

  protected tellOfNetwork(action: string, name: string, containerId?: string): void {
    const network = this.networks.get(name);
    if (network) this.notify({ kind: 'network', action, id: network.id, name, project: undefined, containerId });
  }

  protected tellOf(kind: 'volume' | 'image', action: string, name: string): void {
    this.notify({ kind, action, name, project: undefined });
  }

  /** Hands a notice to everybody who listens. */
  notify(notice: EngineNotice): void {
    for (const listener of this.listeners) listener(notice);
  }

  protected newId(): string {
    this.#count += 1;
    return createHash('sha256').update(`model ${this.#count}`).digest('hex');
  }
}

export function refusal(code: EngineErrorCode, message: string): EngineError {
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
    hookContainer: isHookContainer(labels),
    createdAt: container.createdAt,
    labels,
    configHash: labels[LABEL.configHash] ?? '',
    ours: labels[LABEL.hooks] !== undefined,
    hooks: readHooks(labels[LABEL.hooks]),
    contents: readDigests(labels[LABEL.content]),
    definition: readDigests(labels[LABEL.definition]),
    environment: {},
    dependsOn: readDependsOn(labels[LABEL.dependsOn]),
    state: { ...state },
    imageId,
    imageRef,
    hostname: '',
    networkMode: '',
    networks: [...networks].map(([network, { networkId, aliases }]) => ({
      network,
      networkId,
      aliases,
      ipv4: '',
      ipv6: '',
      macAddress: '',
      linkLocal: undefined,
      links: undefined,
      driverOptions: undefined,
      gatewayPriority: undefined,
    })),
    mounts,
    links: undefined,
    volumesFrom: [],
    restartPolicy,
    resources: container.resources,
    stopTimeoutS: stopTimeoutS(container.service),
  };
}

function stopTimeoutS(service: Service | undefined): number | undefined {
  const grace = service?.stop_grace_period;
  return grace === undefined ? undefined : grace / 1e9;
}
