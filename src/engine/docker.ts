/**
 * The port on a real engine. Thin: each method hands on to the file that knows the call and what its answer means.
 * Calls are idempotent by meaning (faults.ts): start on running, stop on stopped, remove on missing succeed.
 */

import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
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
import { networkOrder } from '../model/endpoint.ts';
import { imageRef } from '../model/owner.ts';
import type { Project, Service } from '../model/project.ts';
import type { Variables } from './address.ts';
import { isAtLeast } from '../model/api-version.ts';
import { waitFor } from './await-state.ts';
import * as containers from './containers.ts';
import { API_SOCKET_CONFIG, createSpec } from './create-spec.ts';
import { credentialsFile } from './credentials.ts';
import { buildImage } from './build.ts';
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
import { EventStream } from './events.ts';
import type { ExecPorts } from './exec.ts';
import { awaitExec, createExec, execPid, inspectExec, runExec } from './exec.ts';
import type { ProcessTable } from './exec-kill.ts';
import { killTree } from './exec-kill.ts';
import { isRemovalUnderWay } from './faults.ts';
import { ALL_NETWORKS_AT_CREATE, endpointSpec, engineName } from './network-spec.ts';
import * as networks from './networks.ts';
import * as observe from './observe.ts';
import { parseContainer, parseState } from './observed-container.ts';
import { pullImage } from './pull.ts';
import { updateSpec } from './resources.ts';
import { holdersOf } from './name-holders.ts';
import { usersOf } from './users.ts';
import type { Wire } from './wire.ts';

export interface DockerEngineParts {
  readonly wire: Wire;
  readonly closeSockets: () => void;
  readonly info: EngineInfo;
  readonly isPodman: boolean;
  readonly clock: Clock;
  /** How far the engine's clock is ahead of ours. */
  readonly clockOffsetMs: number;
  readonly processes: ProcessTable;
  /** For credentials: DOCKER_CONFIG, HOME, PATH. */
  readonly env: Variables;
  /** Of a `docker` that is to reach this engine. */
  readonly dockerEnv: Variables;
  readonly proxyEnvironment: Readonly<Record<string, string>>;
}

/** For putting right what a failed call left behind. */
const CLEAN_UP_MS = 30_000;

export class DockerEngine implements Engine {
  readonly #parts: DockerEngineParts;
  readonly #wire: Wire;
  readonly #events: EventStream;
  readonly #exec: ExecPorts;

  constructor(parts: DockerEngineParts) {
    this.#parts = parts;
    this.#wire = parts.wire;
    this.#events = new EventStream(parts.wire, parts.clockOffsetMs);
    this.#exec = { wire: parts.wire, subscribe: (listener) => this.subscribe(listener) };
  }

  readonly info = (): EngineInfo => this.#parts.info;

  observeProject(request: ObserveRequest, signal: AbortSignal): Promise<ObservedProject> {
    return observe.observeProject(this.#wire, request, signal);
  }

  listProjects(signal: AbortSignal): Promise<string[]> {
    return observe.listProjects(this.#wire, signal);
  }

  listContainers(project: string, signal: AbortSignal): Promise<ObservedContainer[]> {
    return observe.listContainers(this.#wire, project, signal);
  }

  async inspectContainer(containerId: string, signal: AbortSignal): Promise<ObservedContainer | undefined> {
    const answer = await containers.inspectContainer(this.#wire, containerId, signal);
    return answer && parseContainer(answer);
  }

  listNetworks(signal: AbortSignal): Promise<ObservedNetwork[]> {
    return observe.listNetworks(this.#wire, signal);
  }

  inspectNetwork(nameOrId: string, signal: AbortSignal): Promise<ObservedNetwork | undefined> {
    return observe.inspectNetwork(this.#wire, nameOrId, signal);
  }

  listVolumes(signal: AbortSignal): Promise<ObservedVolume[]> {
    return observe.listVolumes(this.#wire, undefined, signal);
  }

  inspectVolume(name: string, signal: AbortSignal): Promise<ObservedVolume | undefined> {
    return observe.inspectVolume(this.#wire, name, signal);
  }

  usersOf(thing: SharedThing, project: string, signal: AbortSignal): Promise<string[]> {
    return usersOf(this.#wire, thing, project, signal);
  }

  holdersOf(names: readonly string[], project: string, signal: AbortSignal): Promise<ReadonlyMap<string, NameHolder>> {
    return holdersOf(this.#wire, names, project, signal);
  }

  async inspectState(containerId: string, signal: AbortSignal): Promise<ContainerState | undefined> {
    const answer = await containers.inspectContainer(this.#wire, containerId, signal);
    return answer && parseState(answer);
  }

  async awaitState<T>(
    containerId: string,
    accept: (state: ContainerState | undefined) => T | undefined,
    signal: AbortSignal,
  ): Promise<T> {
    const { value } = await waitFor({
      subscribe: (listener) => this.subscribe(listener),
      matters: (notice) =>
        notice.kind === 'container' && notice.containerId === containerId && !notice.action.startsWith('exec_'),
      look: async () => {
        const accepted = accept(await this.inspectState(containerId, signal));
        return accepted === undefined ? undefined : { value: accepted };
      },
      clock: this.#parts.clock,
      signal,
    });
    return value;
  }

  createNetwork(request: NetworkRequest, signal: AbortSignal): Promise<void> {
    return networks.createNetwork(this.#wire, request, signal);
  }

  removeNetwork(nameOrId: string, signal: AbortSignal): Promise<void> {
    return networks.removeNetwork(this.#wire, nameOrId, signal);
  }

  async connectNetwork(request: ConnectRequest, signal: AbortSignal): Promise<void> {
    const { project, service, networkKey, containerId } = request;
    const { apiVersion } = this.info();
    const containerNamesOf = await this.#linkedNames(project, service, signal);
    const endpoint = endpointSpec({ ...request, apiVersion, containerNamesOf }, networkKey);
    const network = engineName(project, networkKey);
    await networks.connectNetwork(this.#wire, { network, containerId, endpoint }, signal);
  }

  disconnectNetwork(network: string, containerId: string, signal: AbortSignal): Promise<void> {
    return networks.disconnectNetwork(this.#wire, network, containerId, signal);
  }

  async createVolume({ volume, labels }: VolumeRequest, signal: AbortSignal): Promise<void> {
    await this.#wire.send({
      what: `create volume ${volume.name}`,
      method: 'POST',
      path: '/volumes/create',
      body: { Name: volume.name, Driver: volume.driver ?? '', DriverOpts: volume.driver_opts ?? null, Labels: labels },
      signal,
    });
  }

  removeVolume(name: string, signal: AbortSignal): Promise<void> {
    const path = `/volumes/${encodeURIComponent(name)}`;
    return this.#wire.reach('removed', { what: `remove volume ${name}`, method: 'DELETE', path, signal });
  }

  inspectImage(ref: string, signal: AbortSignal): Promise<ObservedImage | undefined> {
    return observe.inspectImage(this.#wire, ref, signal);
  }

  pullImage(request: PullRequest, signal: AbortSignal): Promise<void> {
    return pullImage(this.#wire, request, this.#parts.env, signal);
  }

  buildImage(request: BuildRequest, signal: AbortSignal): Promise<void> {
    return buildImage(this.#wire, request, this.#parts, signal);
  }

  async createContainer(request: ContainerRequest, signal: AbortSignal): Promise<string> {
    const { project, service } = request;
    const body = createSpec({
      ...request,
      apiVersion: this.info().apiVersion,
      containerNamesOf: await this.#linkedNames(project, service, signal),
      imageVolumes: request.carriedVolumes.size > 0 ? await this.#declaredVolumes(request, signal) : [],
      proxyEnvironment: this.#parts.proxyEnvironment,
      readProfile: (path) => readFileSync(resolve(project.workingDir, path), 'utf8'),
    });
    const { name, onWarning } = request;
    const platform = service.platform ?? project.defaultPlatform;
    const id = await containers.createContainer(this.#wire, { name, platform, body, onWarning }, signal);
    await this.#complete(request, id, signal);
    return id;
  }

  copyFiles(containerId: string, files: readonly FileToCopy[], signal: AbortSignal): Promise<void> {
    return containers.copyFiles(this.#wire, containerId, files, signal);
  }

  hasPath(containerId: string, path: string, signal: AbortSignal): Promise<boolean> {
    return containers.hasPath(this.#wire, containerId, path, signal);
  }

  followOutput(containerId: string, sink: OutputSink, signal: AbortSignal): Promise<void> {
    return containers.followOutput(this.#wire, containerId, sink, signal);
  }

  startContainer(containerId: string, signal: AbortSignal): Promise<void> {
    return containers.startContainer(this.#wire, containerId, signal);
  }

  stopContainer(containerId: string, graceMs: number | undefined, signal: AbortSignal): Promise<void> {
    return containers.stopContainer(this.#wire, containerId, graceMs, signal);
  }

  async removeContainer(
    containerId: string,
    options: { readonly volumes: boolean },
    signal: AbortSignal,
  ): Promise<void> {
    try {
      await containers.removeContainer(this.#wire, containerId, options.volumes, signal);
    } catch (error) {
      if (!isRemovalUnderWay(error)) throw error;
      await this.awaitState(containerId, (state) => (state === undefined ? true : undefined), signal);
    }
  }

  renameContainer(containerId: string, name: string, signal: AbortSignal): Promise<void> {
    return containers.renameContainer(this.#wire, containerId, name, signal);
  }

  updateContainer(containerId: string, service: Service, signal: AbortSignal): Promise<void> {
    return containers.updateContainer(this.#wire, containerId, updateSpec(service, this.#parts), signal);
  }

  pauseContainer(containerId: string, signal: AbortSignal): Promise<void> {
    return containers.pauseContainer(this.#wire, containerId, signal);
  }

  unpauseContainer(containerId: string, signal: AbortSignal): Promise<void> {
    return containers.unpauseContainer(this.#wire, containerId, signal);
  }

  signalContainer(containerId: string, name: string, signal: AbortSignal): Promise<void> {
    return containers.signalContainer(this.#wire, containerId, name, signal);
  }

  createExec(containerId: string, exec: ExecRequest, signal: AbortSignal): Promise<string> {
    return createExec(this.#wire, containerId, exec, signal);
  }

  runExec(execId: string, sink: OutputSink, signal: AbortSignal): Promise<ExecEnd> {
    return runExec(this.#exec, execId, sink, signal);
  }

  inspectExec(execId: string, signal: AbortSignal): Promise<ExecState | undefined> {
    return inspectExec(this.#wire, execId, signal);
  }

  awaitExec(execId: string, containerId: string, signal: AbortSignal): Promise<ExecEnd | undefined> {
    return awaitExec(this.#exec, execId, containerId, signal);
  }

  async killExec(execId: string, containerId: string, signal: AbortSignal): Promise<boolean> {
    if (!this.info().local) return false;
    const pid = await execPid(this.#wire, execId, signal);
    return pid !== undefined && (await killTree(pid, containerId, this.#parts.processes));
  }

  subscribe(listener: (notice: EngineNotice) => void): () => void {
    return this.#events.subscribe(listener);
  }

  async close(): Promise<void> {
    this.#events.close();
    this.#parts.closeSockets();
  }

  /** What a create request cannot hold. */
  async #complete(request: ContainerRequest, containerId: string, signal: AbortSignal): Promise<void> {
    try {
      await this.#connectFurther(request, containerId, signal);
      if (request.service.use_api_socket) await this.#giveCredentials(containerId, signal);
    } catch (error) {
      // Half made is not made, and the caller need not know of it. An abort brings us here too, hence the own signal.
      await this.#cleanUp(containerId);
      throw error;
    }
  }

  async #cleanUp(containerId: string): Promise<void> {
    const deadline = new AbortController();
    const cancel = this.#parts.clock.setTimer(CLEAN_UP_MS, () => deadline.abort());
    await this.removeContainer(containerId, { volumes: true }, deadline.signal).catch(() => {});
    cancel();
  }

  /** Before API 1.44 a container is made on its first network and put on the others one by one. */
  async #connectFurther(request: ContainerRequest, containerId: string, signal: AbortSignal): Promise<void> {
    if (isAtLeast(this.info().apiVersion, ALL_NETWORKS_AT_CREATE) || request.service.network_mode !== undefined) return;
    for (const networkKey of networkOrder(request.service).slice(1)) {
      await this.connectNetwork({ ...request, containerId, networkKey }, signal);
    }
  }

  async #giveCredentials(containerId: string, signal: AbortSignal): Promise<void> {
    const bytes = Buffer.from(await credentialsFile(this.#parts.env, signal));
    const file = { path: `${API_SOCKET_CONFIG}/config.json`, bytes, mode: 0o444, uid: 0, gid: 0 };
    await this.copyFiles(containerId, [file], signal);
  }

  async #declaredVolumes({ project, service }: ContainerRequest, signal: AbortSignal): Promise<readonly string[]> {
    return (await this.inspectImage(imageRef(project, service), signal))?.volumes ?? [];
  }

  /** Names of the containers that links to services outside the model lead to, asked for beforehand. */
  async #linkedNames(
    project: Project,
    service: Service,
    signal: AbortSignal,
  ): Promise<(target: string) => readonly string[]> {
    const linked = new Set((service.links ?? []).map((link) => link.split(':', 1)[0] ?? link));
    const targets = [...linked].filter((target) => !Object.hasOwn(project.services, target));
    const names = await Promise.all(
      targets.map((target) => observe.containerNames(this.#wire, project.name, target, signal)),
    );
    const found = new Map(targets.map((target, index) => [target, names[index] ?? []]));
    return (target) => found.get(target) ?? [];
  }
}
