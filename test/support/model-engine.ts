/**
 * The engine's port on a world in memory. Keeps the port's promises (what is so already succeeds, the rest is refused by
 * code) and decides nothing for reeve; tests look at what became of the world, and at its log.
 */
import { setImmediate as turn } from 'node:timers/promises';
import type {
  ConnectRequest,
  ContainerRequest,
  Engine,
  EngineInfo,
  ExecEnd,
  ExecRequest,
  ExecState,
  FileToCopy,
  NetworkRequest,
  ObserveRequest,
  OutputSink,
  BuildRequest,
  PullRequest,
  SharedThing,
  VolumeRequest,
} from '../../src/engine/engine.ts';
import type {
  ContainerState,
  NameHolder,
  ObservedContainer,
  ObservedImage,
  ObservedNetwork,
  ObservedProject,
  ObservedVolume,
} from '../../src/model/observed.ts';
import { containerHash, networkHash } from '../../src/model/config-hash.ts';
import { networkKeys } from '../../src/model/endpoint.ts';
import { LABEL, containerLabels, containerName } from '../../src/model/owner.ts';
import type { Project, Service } from '../../src/model/project.ts';
import { updatableResources } from '../../src/model/resources.ts';
import { restartPolicyOf } from '../../src/model/restart-policy.ts';
import { unlessAborted } from '../../src/unless-aborted.ts';
import {
  KILLED,
  modelNetwork,
  modelVolume,
  ModelWorld,
  refusal,
  UP,
  type Deed,
  type ModelContainer,
} from './model-world.ts';

/** A call that changes something. */
export interface Call {
  readonly name: string;
  /** Id of a container or exec, or name of another thing. */
  readonly subject: string;
}

export class ModelEngine extends ModelWorld implements Engine {
  canKillExecs = true;
  /** What it says that it leaves out of each new container. */
  warnings: readonly string[] = [];
  /** Before a call that changes something takes effect: may change the world, or throw what the caller is to see. */
  before: (call: Call) => void = () => {};
  /** After it took effect: what it throws is an answer that was lost. */
  after: (call: Call) => void = () => {};
  /** How long the download of an image takes. */
  downloads: (ref: string) => Promise<void> = () => Promise.resolve();

  readonly info = (): EngineInfo => ({
    id: 'model',
    apiVersion: '1.44',
    version: 'model',
    name: 'model',
    os: 'linux',
    uncontrolled: new Set(),
    host: 'memory',
    local: true,
  });

  async observeProject(request: ObserveRequest, signal: AbortSignal): Promise<ObservedProject> {
    signal.throwIfAborted();
    this.before({ name: 'observe', subject: request.project });
    return this.look(request);
  }

  async listProjects(signal: AbortSignal): Promise<string[]> {
    signal.throwIfAborted();
    const owned = [...this.containers.values(), ...this.networks.values(), ...this.volumes.values()];
    return [...new Set(owned.flatMap(({ labels }) => labels[LABEL.project] ?? []))].toSorted();
  }

  async listContainers(project: string, signal: AbortSignal): Promise<ObservedContainer[]> {
    return await this.#read({ name: 'list-containers', subject: project }, signal, () => [
      ...this.look({ project, images: [], networks: [], volumes: [] }).containers,
    ]);
  }

  async inspectContainer(id: string, signal: AbortSignal): Promise<ObservedContainer | undefined> {
    return await this.#read({ name: 'inspect', subject: id }, signal, () => this.seen(id));
  }

  async listNetworks(signal: AbortSignal): Promise<ObservedNetwork[]> {
    return await this.#read({ name: 'list-networks', subject: '' }, signal, () => [...this.networks.values()]);
  }

  async inspectNetwork(nameOrId: string, signal: AbortSignal): Promise<ObservedNetwork | undefined> {
    return await this.#read({ name: 'inspect-network', subject: nameOrId }, signal, () =>
      [...this.networks.values()].find(({ id, name }) => id === nameOrId || name === nameOrId),
    );
  }

  async listVolumes(signal: AbortSignal): Promise<ObservedVolume[]> {
    return await this.#read({ name: 'list-volumes', subject: '' }, signal, () => [...this.volumes.values()]);
  }

  async inspectVolume(name: string, signal: AbortSignal): Promise<ObservedVolume | undefined> {
    return await this.#read({ name: 'inspect-volume', subject: name }, signal, () => this.volumes.get(name));
  }

  async usersOf(thing: SharedThing, project: string, signal: AbortSignal): Promise<string[]> {
    const isUsed = ({ networks, mounts }: ModelContainer): boolean =>
      'volume' in thing
        ? mounts.some(({ volume }) => volume === thing.volume)
        : [...networks.values()].some(({ networkId }) => networkId === thing.network);
    return await this.#read({ name: 'users', subject: project }, signal, () =>
      [...this.containers.values()]
        .filter((container) => container.labels[LABEL.project] !== project && isUsed(container))
        .map(({ name }) => name)
        .toSorted(),
    );
  }

  async holdersOf(
    names: readonly string[],
    project: string,
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, NameHolder>> {
    return await this.#read({ name: 'holders', subject: project }, signal, () => this.holders(names, project));
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
      this.networks.set(network.name, modelNetwork(this.newId(), network, labels));
      this.tellOfNetwork('create', network.name);
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
      this.tellOfNetwork('destroy', found.name);
      this.networks.delete(found.name);
    });
  }

  async connectNetwork(request: ConnectRequest, signal: AbortSignal): Promise<void> {
    const { project, service, number, containerId, networkKey } = request;
    await this.#call({ name: 'connect-network', subject: containerId }, signal, () => {
      const container = this.require(containerId);
      const network = this.requireNetwork(project.networks[networkKey]?.name ?? networkKey);
      this.touch(container);
      const aliases = [
        containerName(project, service, number),
        service.name,
        ...(service.networks?.[networkKey]?.aliases ?? []),
      ];
      if (container.networks.has(network.name)) return;
      container.networks.set(network.name, { networkId: network.id, aliases });
      this.tellOfNetwork('connect', network.name, containerId);
    });
  }

  async disconnectNetwork(network: string, containerId: string, signal: AbortSignal): Promise<void> {
    await this.#call({ name: 'disconnect-network', subject: containerId }, signal, () => {
      const container = this.containers.get(containerId);
      if (!container) return;
      this.touch(container);
      container.networks.delete(network);
      this.tellOfNetwork('disconnect', network, containerId);
    });
  }

  async createVolume({ volume, labels }: VolumeRequest, signal: AbortSignal): Promise<void> {
    await this.#call({ name: 'create-volume', subject: volume.name }, signal, () => {
      if (this.volumes.has(volume.name)) return;
      this.volumes.set(volume.name, modelVolume(volume, labels));
      this.tellOf('volume', 'create', volume.name);
    });
  }

  async removeVolume(name: string, signal: AbortSignal): Promise<void> {
    await this.#call({ name: 'remove-volume', subject: name }, signal, () => {
      const isUsed = [...this.containers.values()].some(({ mounts }) => mounts.some((mount) => mount.volume === name));
      if (isUsed) throw refusal('conflict', `volume ${name} is in use`);
      this.volumes.delete(name);
      this.tellOf('volume', 'destroy', name);
    });
  }

  async inspectImage(ref: string, signal: AbortSignal): Promise<ObservedImage | undefined> {
    return await this.#read({ name: 'inspect-image', subject: ref }, signal, () => this.images.get(ref));
  }

  async buildImage({ ref }: BuildRequest, signal: AbortSignal): Promise<void> {
    await this.#call({ name: 'build-image', subject: ref }, signal, () => {
      this.images.set(ref, this.registry.get(ref) ?? { id: `sha256:${ref}`, volumes: [] });
      this.tellOf('image', 'tag', ref);
    });
  }

  async pullImage({ ref }: PullRequest, signal: AbortSignal): Promise<void> {
    await unlessAborted(this.downloads(ref), signal);
    await this.#call({ name: 'pull-image', subject: ref }, signal, () => {
      const found = this.registry.get(ref);
      if (!found) throw refusal('rejected', `no registry has ${ref}`);
      this.images.set(ref, found);
      this.tellOf('image', 'pull', ref);
    });
  }

  async createContainer(request: ContainerRequest, signal: AbortSignal): Promise<string> {
    return await this.#call({ name: 'create-container', subject: request.name }, signal, () => {
      for (const text of this.warnings) request.onWarning?.(text);
      return this.#newContainer(request, 'reeve').id;
    });
  }

  /** What `docker compose up` makes of a service of which there is nothing yet: running, and without our labels. */
  composeUp(project: Project, service: Service): void {
    if (this.find(`${service.name}/1`) || service.replicas === 0) return;
    for (const key of networkKeys(project, service)) {
      const network = project.networks[key];
      if (!network || this.networks.has(network.name)) continue;
      const labels = {
        [LABEL.project]: project.name,
        [LABEL.network]: key,
        [LABEL.configHash]: networkHash(network),
      };
      this.networks.set(network.name, modelNetwork(this.newId(), network, labels));
      this.tellOfNetwork('create', network.name);
    }
    const containerIdOf = (): string => '';
    const configHash = containerHash(project, service, { containerIdOf });
    const owner = { project, service, number: 1, configHash, imageId: undefined, replaces: false };
    const labels = Object.fromEntries(
      Object.entries(containerLabels(owner)).filter(([key]) => !key.startsWith('io.reeve.')),
    );
    const name = containerName(project, service, 1);
    if (this.find(name)) return;
    const request = { project, service, number: 1, name, labels, containerIdOf, carriedVolumes: new Map() };
    this.bringUp(this.#newContainer(request, 'others'), 'others');
  }

  #newContainer(request: ContainerRequest, by: Deed['by']): ModelContainer {
    const { project, service, number, name, labels, carriedVolumes } = request;
    if (service.provider) throw refusal('rejected', 'a provider service has no container');
    const ref = service.image ?? `${project.name}-${service.name}`;
    if (!this.images.has(ref)) throw refusal('not-found', `no such image: ${ref}`);
    const networks = networkKeys(project, service).map((key) => {
      const own = service.networks?.[key];
      const network = this.requireNetwork(project.networks[key]?.name ?? key);
      const aliases = [containerName(project, service, number), service.name, ...(own?.aliases ?? [])];
      return [network.name, { networkId: network.id, aliases }] as const;
    });
    const declared = (service.volumes ?? []).map(({ type, source, target }) => ({
      type,
      volume:
        type === 'volume' ? (project.volumes[source ?? '']?.name ?? carriedVolumes.get(target) ?? this.newId()) : '',
      source: source ?? '',
      target,
      readOnly: false,
    }));
    const borrowed = (service.volumes_from ?? []).flatMap(
      (from) => this.require(from.replace('container:', '')).mounts,
    );
    const lenders = (service.network_mode ?? '').startsWith('service:')
      ? [request.containerIdOf((service.network_mode ?? '').slice('service:'.length))]
      : [];
    const container = this.makeContainer({
      name,
      labels,
      networks,
      mounts: [...declared, ...borrowed],
      lenders,
      by,
      ref,
      service,
    });
    container.restartPolicy = restartPolicyOf(service);
    return container;
  }

  async copyFiles(containerId: string, files: readonly FileToCopy[], signal: AbortSignal): Promise<void> {
    await this.#call({ name: 'copy-files', subject: containerId }, signal, () => {
      const container = this.require(containerId);
      this.touch(container);
      for (const file of files) container.files.set(file.path, file);
    });
  }

  async hasPath(containerId: string, path: string, signal: AbortSignal): Promise<boolean> {
    signal.throwIfAborted();
    return this.require(containerId).files.has(path);
  }

  async followOutput(containerId: string, sink: OutputSink, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    this.before({ name: 'follow-output', subject: containerId });
    const { output } = this.require(containerId);
    let shown = 0;
    await this.#until(() => {
      for (const [stream, text] of output.slice(shown)) sink(stream, new TextEncoder().encode(text));
      shown = output.length;
      return UP.has(this.containers.get(containerId)?.state.status ?? '') ? undefined : { value: true };
    }, signal);
  }

  async startContainer(containerId: string, signal: AbortSignal): Promise<void> {
    await this.#call({ name: 'start-container', subject: containerId }, signal, () => {
      const container = this.require(containerId);
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
      this.bringUp(container, 'reeve');
    });
  }

  async stopContainer(containerId: string, _graceMs: number | undefined, signal: AbortSignal): Promise<void> {
    await this.#call({ name: 'stop-container', subject: containerId }, signal, () => {
      const container = this.containers.get(containerId);
      if (!container) return;
      if (container.state.status === 'paused') throw refusal('conflict', 'the container is paused');
      this.takeDown(container, 'reeve');
    });
  }

  async removeContainer(containerId: string, _options: unknown, signal: AbortSignal): Promise<void> {
    await this.#call({ name: 'remove-container', subject: containerId }, signal, () => {
      const container = this.containers.get(containerId);
      if (!container) return;
      if (UP.has(container.state.status) || container.state.status === 'restarting') {
        throw refusal('conflict', 'cannot remove a running container');
      }
      this.erase(container, 'reeve');
    });
  }

  async renameContainer(containerId: string, name: string, signal: AbortSignal): Promise<void> {
    await this.#call({ name: 'rename-container', subject: containerId }, signal, () => {
      const container = this.require(containerId);
      if (container.name === name) return;
      if (this.named(name)) throw refusal('conflict', `the name ${name} is already in use`);
      container.name = name;
      this.tell('rename', containerId);
      this.note('rename', 'reeve', containerId);
    });
  }

  async updateContainer(containerId: string, service: Service, signal: AbortSignal): Promise<void> {
    await this.#call({ name: 'update-container', subject: containerId }, signal, () => {
      const container = this.require(containerId);
      this.touch(container);
      container.restartPolicy = restartPolicyOf(service);
      // What an update does not say stays.
      const said = Object.entries(updatableResources(service)).filter(([, limit]) => limit !== undefined && limit);
      container.resources = { ...container.resources, ...Object.fromEntries(said) };
      this.tell('update', containerId);
    });
  }

  async pauseContainer(containerId: string, signal: AbortSignal): Promise<void> {
    await this.#call({ name: 'pause-container', subject: containerId }, signal, () => this.pause(containerId));
  }

  async unpauseContainer(containerId: string, signal: AbortSignal): Promise<void> {
    await this.#call({ name: 'unpause-container', subject: containerId }, signal, () => {
      this.touch(this.require(containerId));
      this.unpause(containerId);
    });
  }

  async signalContainer(containerId: string, name: string, signal: AbortSignal): Promise<void> {
    await this.#call({ name: 'signal-container', subject: containerId }, signal, () => {
      const container = this.require(containerId);
      this.touch(container);
      if (!UP.has(container.state.status)) throw refusal('conflict', 'the container is not running');
      if (name === 'SIGKILL') this.die(container, KILLED, 'reeve');
    });
  }

  async createExec(containerId: string, request: ExecRequest, signal: AbortSignal): Promise<string> {
    return await this.#call({ name: 'create-exec', subject: containerId }, signal, () => {
      const container = this.require(containerId);
      if (container.state.status !== 'running') throw refusal('conflict', `the container is ${container.state.status}`);
      const id = this.newId();
      const { startedAt } = container.state;
      this.execs.set(id, { id, containerId, startedAt, request, state: 'created', exitCode: undefined });
      return id;
    });
  }

  async runExec(execId: string, sink: OutputSink, signal: AbortSignal): Promise<ExecEnd> {
    await this.#call({ name: 'start-exec', subject: execId }, signal, () => this.startExec(execId, sink));
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
      if (!this.canKillExecs || this.execs.get(execId)?.state !== 'running') return false;
      this.endExec(execId, KILLED);
      return true;
    });
  }

  async close(): Promise<void> {
    this.listeners.clear();
  }

  /** What was so when it was asked; the answer takes a while. */
  async #read<T>(call: Call, signal: AbortSignal, ask: () => T): Promise<T> {
    signal.throwIfAborted();
    this.before(call);
    const answer = ask();
    await turn();
    return answer;
  }

  async #call<T>(call: Call, signal: AbortSignal, effect: () => T): Promise<T> {
    signal.throwIfAborted();
    this.before(call);
    const value = effect();
    this.after(call);
    // An answer takes a while: others may act in between.
    await turn();
    return value;
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
}
