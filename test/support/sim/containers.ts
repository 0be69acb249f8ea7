/** Containers made, renamed, updated and removed on the simulated engine; starts and ends are in lifecycle.ts. */
import type { Execs } from './execs.ts';
import type { Images } from './images.ts';
import { commandOf, type Lifecycle } from './lifecycle.ts';
import { BY_ENGINE, type By } from './log.ts';
import { mountsOf } from './mounts.ts';
import { refuseMixture } from './networks.ts';
import { ProcessTimers } from './process-timers.ts';
import { conflict, failure, invalid } from './refusal.ts';
import type { EngineState } from './state.ts';
import {
  isUp,
  type CreateBody,
  type HostConfigBody,
  type SimContainer,
  type SimEndpoint,
  type SimFile,
} from './things.ts';
import type { Volumes } from './volumes.ts';

export interface ContainersParts {
  readonly state: EngineState;
  readonly lifecycle: Lifecycle;
  readonly execs: Execs;
  readonly images: Images;
  readonly volumes: Volumes;
}

export interface RemoveOptions {
  readonly force?: boolean;
  /** Anonymous volumes too. */
  readonly volumes?: boolean;
}

/** Members of HostConfig that an update can change. */
const UPDATABLE = [
  'BlkioWeight',
  'CpuPeriod',
  'CpuQuota',
  'CpuRealtimePeriod',
  'CpuRealtimeRuntime',
  'CpuShares',
  'CpusetCpus',
  'CpusetMems',
  'Memory',
  'MemoryReservation',
  'MemorySwap',
  'NanoCpus',
  'PidsLimit',
  'RestartPolicy',
];

export class Containers {
  readonly #parts: ContainersParts;
  readonly #state: EngineState;
  /** From the beginning of a removal to its end. */
  removalMs = 0;

  constructor(parts: ContainersParts) {
    this.#parts = parts;
    this.#state = parts.state;
    parts.lifecycle.onAutoRemove = (container) => this.#erase(container, BY_ENGINE, true);
  }

  create(name: string | undefined, body: CreateBody, by: By, isManyNetworks: boolean): SimContainer {
    const imageRef = body.Image ?? '';
    const image = this.#parts.images.get(imageRef);
    const id = this.#state.newId();
    const ownName = (name ?? `sim_${id.slice(0, 8)}`).replace(/^\//, '');
    if (!/^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/.test(ownName)) {
      throw invalid(`Invalid container name (${ownName}), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed`);
    }
    this.#state.refuseTakenName(ownName);
    const container: SimContainer = {
      id,
      name: ownName,
      created: this.#state.moment(),
      createdMs: this.#state.time.engineNowMs(),
      body,
      image,
      imageRef,
      labels: { ...image.labels, ...body.Labels },
      hostConfig: body.HostConfig ?? {},
      endpoints: this.#endpoints(body, isManyNetworks),
      mounts: mountsOf(body, image, this.#parts, by),
      files: new Map(),
      output: [],
      status: 'created',
      startedAt: '',
      finishedAt: '',
      startedMs: 0,
      exitCode: 0,
      error: '',
      pid: 0,
      health: undefined,
      restartCount: 0,
      starts: 0,
      stoppedByHand: false,
      isBeingRemoved: false,
      restart: { waitMs: 0, count: 0, isCancelled: false, cancelWait: undefined },
      timers: new ProcessTimers(this.#state.time),
    };
    if (commandOf(container).length === 0) throw invalid('No command specified');
    this.#state.containers.set(id, container);
    const { labels } = container;
    this.#state.log.add(by, {
      what: 'container-created',
      containerId: id,
      startedAt: '',
      name: ownName,
      labels,
      image: imageRef,
    });
    this.#state.tellContainer(container, 'create');
    return container;
  }

  rename(which: string, name: string, by: By): void {
    const container = this.#state.container(which);
    const from = container.name;
    const to = name.replace(/^\//, '');
    if (to === '') throw invalid('Neither old nor new names may be empty');
    if (to === from) throw invalid('Renaming a container with the same name as its current name');
    this.#state.refuseTakenName(to);
    container.name = to;
    this.#state.log.add(by, { what: 'container-renamed', ...this.#state.incarnation(container), from, to });
    this.#state.tellContainer(container, 'rename', { oldName: `/${from}` });
  }

  update(which: string, body: HostConfigBody, by: By): void {
    const container = this.#state.container(which);
    if (container.isBeingRemoved) {
      throw conflict(
        `Cannot update container ${container.id}: Container is marked for removal and cannot be "update".`,
      );
    }
    const changed = Object.entries(body).filter(([key, value]) => UPDATABLE.includes(key) && isSet(key, value));
    container.hostConfig = { ...container.hostConfig, ...Object.fromEntries(changed) };
    this.#state.logContainer(by, container, 'container-updated');
    this.#state.tellContainer(container, 'update');
  }

  /** Resolves when it is gone. */
  async remove(which: string, { force = false, volumes = false }: RemoveOptions, by: By): Promise<void> {
    const container = this.#state.container(which);
    const { id, status } = container;
    if (container.isBeingRemoved) throw conflict(`removal of container ${id} is already in progress`);
    const wasUp = isUp(container);
    if (wasUp || status === 'restarting') {
      if (!force) throw conflict(isUpWords(container, this.#state.isModern));
      this.#parts.lifecycle.kill(id, 'SIGKILL', by);
    }
    if (!this.#state.containers.has(id)) return;
    container.isBeingRemoved = true;
    if (this.removalMs > 0) {
      const done = Promise.withResolvers<void>();
      this.#state.time.after(this.removalMs, done.resolve);
      await done.promise;
    }
    this.#erase(container, by, volumes, wasUp);
  }

  copyFiles(which: string, files: ReadonlyMap<string, SimFile>, by: By): void {
    const container = this.#state.container(which);
    if (container.hostConfig['ReadonlyRootfs'] === true && isUp(container)) {
      throw failure('container rootfs is marked read-only');
    }
    for (const [path, file] of files) container.files.set(path, file);
    const paths = [...files.keys()];
    this.#state.log.add(by, { what: 'files-copied', ...this.#state.incarnation(container), paths });
    this.#state.tellContainer(container, 'extract-to-dir');
  }

  #erase(container: SimContainer, by: By, volumes: boolean, wasUp = false): void {
    const { id, name } = container;
    if (!this.#state.containers.delete(id)) return;
    container.restart.cancelWait?.();
    container.timers.clear();
    container.status = 'dead';
    this.#parts.execs.dropAllOf(id);
    if (volumes) this.#parts.volumes.removeAnonymous(container);
    this.#state.log.add(by, { what: 'container-removed', ...this.#state.incarnation(container), name, wasUp });
    this.#state.tellContainer(container, 'destroy');
    this.#parts.lifecycle.changed(id);
  }

  #endpoints(body: CreateBody, isManyNetworks: boolean): Map<string, SimEndpoint> {
    const mode = body.HostConfig?.NetworkMode ?? 'default';
    const given = Object.entries(body.NetworkingConfig?.EndpointsConfig ?? {});
    if (given.length > 1 && !isManyNetworks) {
      const names = given
        .map(([name]) => name)
        .toSorted()
        .join(', ');
      throw invalid(`Container cannot be connected to network endpoints: ${names}`);
    }
    refuseMixture(given.map(([name]) => name));
    const endpoints = new Map<string, SimEndpoint>();
    if (mode.startsWith('container:')) return endpoints;
    const first = mode === 'default' || mode === '' ? 'bridge' : mode;
    if (given.length === 0) given.push([first, {}]);
    for (const [name, endpoint] of given) {
      const network = this.#state.findNetwork(name);
      endpoints.set(network?.name ?? name, { networkId: network?.id ?? '', body: endpoint ?? {}, address: '' });
    }
    return endpoints;
  }
}

/** What an update leaves out or sends as zero stays as it is. */
function isSet(key: string, value: unknown): boolean {
  if (key === 'RestartPolicy')
    return typeof value === 'object' && value !== null && 'Name' in value && value.Name !== '';
  return value !== null && value !== 0 && value !== '';
}

function isUpWords({ id, status }: SimContainer, isModern: boolean): string {
  const way = status === 'paused' ? 'unpause and then stop' : 'stop';
  if (isModern)
    return `cannot remove container "${id}": container is ${status}: ${way} the container before removing or force remove`;
  const Way = way.replace(/^./, (first) => first.toUpperCase());
  return `You cannot remove a ${status} container ${id}. ${Way} the container before attempting removal or force remove`;
}
