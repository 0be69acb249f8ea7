/**
 * The engine's port, in our vocabulary. Adapters (docker.ts) speak HTTP; nobody else knows of it.
 *
 * Calls are idempotent by meaning, decided in the adapter: start on running, stop on stopped, remove on missing
 * are successes. Failures throw EngineError. Every method takes a signal; an aborted call rejects with its reason.
 */

import type {
  ContainerState,
  NameHolder,
  ObservedContainer,
  ObservedImage,
  ObservedNetwork,
  ObservedProject,
  ObservedVolume,
} from '../model/observed.ts';
import type { Build, Network, Project, Service, Volume } from '../model/project.ts';
import type { LiftableLimit } from '../model/resources.ts';

export interface Engine extends Sight {
  readonly info: () => EngineInfo;

  /** One consistent-enough snapshot of a project: lists and inspects, all in parallel. */
  observeProject(request: ObserveRequest, signal: AbortSignal): Promise<ObservedProject>;
  /** Names of all projects that have a container, network or volume on the engine. */
  listProjects(signal: AbortSignal): Promise<string[]>;
  /** undefined: the container is gone. Always asked of the engine. */
  inspectState(containerId: string, signal: AbortSignal): Promise<ContainerState | undefined>;
  /**
   * Resolves with the first value that `accept` returns other than undefined: asked at once, then after every
   * event of that container and after every reconnection. `accept` gets undefined when the container is gone.
   */
  awaitState<T>(
    containerId: string,
    accept: (state: ContainerState | undefined) => T | undefined,
    signal: AbortSignal,
  ): Promise<T>;

  createNetwork(request: NetworkRequest, signal: AbortSignal): Promise<void>;
  /** Waits out endpoints of containers that are being removed; one of a container that stays is a conflict. */
  removeNetwork(nameOrId: string, signal: AbortSignal): Promise<void>;
  connectNetwork(request: ConnectRequest, signal: AbortSignal): Promise<void>;
  disconnectNetwork(network: string, containerId: string, signal: AbortSignal): Promise<void>;
  createVolume(request: VolumeRequest, signal: AbortSignal): Promise<void>;
  removeVolume(name: string, signal: AbortSignal): Promise<void>;

  pullImage(request: PullRequest, signal: AbortSignal): Promise<void>;
  /**
   * By the engine's own builder; what it cannot do by BuildKit, where that can be had here. What neither can do, and a
   * build that fails, is `rejected` with its last output.
   */
  buildImage(request: BuildRequest, signal: AbortSignal): Promise<void>;

  /** Returns the new container's id, every network connected. */
  createContainer(request: ContainerRequest, signal: AbortSignal): Promise<string>;
  /** Writes the bytes of configs and secrets that are not files on the host; before each start. */
  copyFiles(containerId: string, files: readonly FileToCopy[], signal: AbortSignal): Promise<void>;
  /** Whether there is something at that absolute path in the container; writes nothing, and it need not run. */
  hasPath(containerId: string, path: string, signal: AbortSignal): Promise<boolean>;
  /**
   * A container's output from its beginning to its end, in order and demultiplexed; the sink must be quick. `rejected`
   * where the engine keeps none. An abort detaches.
   */
  followOutput(containerId: string, sink: OutputSink, signal: AbortSignal): Promise<void>;
  startContainer(containerId: string, signal: AbortSignal): Promise<void>;
  /** `graceMs` undefined: the container's own grace period. */
  stopContainer(containerId: string, graceMs: number | undefined, signal: AbortSignal): Promise<void>;
  /** Never by force: a running container is a conflict, because its stop needs its pre_stop. */
  removeContainer(containerId: string, options: { readonly volumes: boolean }, signal: AbortSignal): Promise<void>;
  renameContainer(containerId: string, name: string, signal: AbortSignal): Promise<void>;
  /** In-place change of resources and restart policy; always sends the restart policy. */
  updateContainer(containerId: string, service: Service, signal: AbortSignal): Promise<void>;
  pauseContainer(containerId: string, signal: AbortSignal): Promise<void>;
  unpauseContainer(containerId: string, signal: AbortSignal): Promise<void>;
  signalContainer(containerId: string, name: string, signal: AbortSignal): Promise<void>;

  /** A container that does not run is a conflict. */
  createExec(containerId: string, exec: ExecRequest, signal: AbortSignal): Promise<string>;
  /**
   * Starts a created exec and resolves at its end. Output arrives in order, demultiplexed; the sink must be quick.
   * When the connection breaks the end is taken from the engine (awaitExec), not guessed. A command that could not be
   * started at all (no such file, a privilege denied) is `rejected` with the engine's words, which the sink does not get.
   * An abort detaches and leaves the command running.
   */
  runExec(execId: string, sink: OutputSink, signal: AbortSignal): Promise<ExecEnd>;
  /** undefined: the engine has no record of it. */
  inspectExec(execId: string, signal: AbortSignal): Promise<ExecState | undefined>;
  /** Waits for the end of an exec that somebody else started, by events. undefined: its record is gone. */
  awaitExec(execId: string, containerId: string, signal: AbortSignal): Promise<ExecEnd | undefined>;
  /** Kills the exec's own process where this host runs it and we may; false where that cannot be done. */
  killExec(execId: string, containerId: string, signal: AbortSignal): Promise<boolean>;

  /** Listens to the engine's one shared event stream, opened by the first listener. */
  subscribe(listener: (notice: EngineNotice) => void): () => void;
  close(): Promise<void>;
}

/** What an observation is made of, part by part, for who keeps one up to date by notices. undefined: it is not there. */
export interface Sight {
  /** All with the project's label: a list, and the inspects of what it names. */
  listContainers(project: string, signal: AbortSignal): Promise<ObservedContainer[]>;
  inspectContainer(containerId: string, signal: AbortSignal): Promise<ObservedContainer | undefined>;
  /** Of every project and of nobody, without their users; so are volumes. */
  listNetworks(signal: AbortSignal): Promise<ObservedNetwork[]>;
  inspectNetwork(nameOrId: string, signal: AbortSignal): Promise<ObservedNetwork | undefined>;
  listVolumes(signal: AbortSignal): Promise<ObservedVolume[]>;
  inspectVolume(name: string, signal: AbortSignal): Promise<ObservedVolume | undefined>;
  /** Names of containers of others than the project that use it, sorted. */
  usersOf(thing: SharedThing, project: string, signal: AbortSignal): Promise<string[]>;
  /** Of these names those that containers of others than the project have. */
  holdersOf(names: readonly string[], project: string, signal: AbortSignal): Promise<ReadonlyMap<string, NameHolder>>;
  inspectImage(ref: string, signal: AbortSignal): Promise<ObservedImage | undefined>;
}

/** A network by its id, or a volume by its name. */
export type SharedThing = { readonly network: string } | { readonly volume: string };

export interface EngineInfo {
  /** The engine's own id: names the state database. */
  readonly id: string;
  readonly apiVersion: string;
  readonly version: string;
  readonly name: string;
  readonly os: string;
  /** Where it was reached, without credentials. */
  readonly host: string;
  /** The engine runs on this machine (unix socket and its pids are ours to see). */
  readonly local: boolean;
  /** Limits that its kernel has no control for: it leaves them out of what it is asked for. */
  readonly uncontrolled: ReadonlySet<LiftableLimit>;
}

export interface ObserveRequest {
  readonly project: string;
  /** References to resolve to image ids. */
  readonly images: readonly string[];
  /** Engine names of networks and volumes to look at although they may not carry our label. */
  readonly networks: readonly string[];
  readonly volumes: readonly string[];
  /**
   * Config hashes of today's networks and volumes: of one that was made from another definition it is asked who else uses
   * it. undefined: there is nothing to compare with.
   */
  readonly definitions?: ReadonlySet<string>;
  /** Names that its containers are to have: of those that none of them has it is asked who else does. Default: none. */
  readonly names?: readonly string[];
  /** For an engine that remembers (remembering-engine.ts): how old its memory may be; default: as it was set up. */
  readonly maxAgeMs?: number | undefined;
}

export interface NetworkRequest {
  readonly project: Project;
  /** Key in the model. */
  readonly key: string;
  readonly network: Network;
  /** All labels, the owner's included. */
  readonly labels: Readonly<Record<string, string>>;
}

export interface VolumeRequest {
  readonly project: Project;
  readonly key: string;
  readonly volume: Volume;
  readonly labels: Readonly<Record<string, string>>;
}

export interface ConnectRequest {
  readonly project: Project;
  readonly service: Service;
  readonly number: number;
  readonly containerId: string;
  /** Key in the model. */
  readonly networkKey: string;
}

export interface BuildRequest {
  readonly service: string;
  /** The name that the image gets. */
  readonly ref: string;
  readonly build: Build;
  /** All labels, the owner's included. */
  readonly labels: Readonly<Record<string, string>>;
  readonly platform: string | undefined;
  readonly secrets: readonly BuildSecret[];
  /** Additional contexts by name: a folder, an address, or `docker-image://REF`. */
  readonly contexts: Readonly<Record<string, string>>;
  /** Told each line that the builder says, control sequences not yet neutralised. */
  readonly onOutput?: (line: string) => void;
}

export type BuildSecret =
  | { readonly id: string; readonly file: string }
  | { readonly id: string; readonly value: string };

export interface PullRequest {
  readonly ref: string;
  readonly platform: string | undefined;
  /** There is another way to get it: a registry that is out of reach is not asked again. */
  readonly once?: boolean;
  /** `done` and `total` in bytes over all layers known so far. */
  readonly onProgress?: (progress: { readonly done: number; readonly total: number }) => void;
}

export interface ContainerRequest {
  readonly project: Project;
  readonly service: Service;
  readonly number: number;
  /** Name to create it under, maybe a temporary one; aliases use the final one. */
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Id of a service's first container, for `network_mode: service:x` and its like. */
  readonly containerIdOf: (service: string) => string;
  /** Anonymous volumes of the container it replaces: target -> volume name. Mounted where it would get one anew. */
  readonly carriedVolumes: ReadonlyMap<string, string>;
  /** Told, in the engine's words, what it leaves out on this host: a limit without its cgroup, say. */
  readonly onWarning?: (text: string) => void;
}

export interface FileToCopy {
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

export interface ExecRequest {
  readonly command: readonly string[];
  readonly user: string | undefined;
  readonly privileged: boolean;
  readonly workingDir: string | undefined;
  /** `NAME=value` items. */
  readonly environment: readonly string[];
}

export type OutputStream = 'stdout' | 'stderr';
export type OutputSink = (stream: OutputStream, chunk: Uint8Array) => void;

export interface ExecState {
  readonly running: boolean;
  /** undefined while it runs, and when it was never started. */
  readonly exitCode: number | undefined;
}

export interface ExecEnd {
  readonly exitCode: number;
}

/** Something happened; a hint that wakes a key, never a fact to decide by. */
export type EngineNotice =
  | {
      readonly kind: 'container';
      /** The engine's action word without its suffix: create, start, die, destroy, rename, health_status, exec_die … */
      readonly action: string;
      readonly containerId: string;
      readonly project: string | undefined;
      readonly service: string | undefined;
      readonly execId: string | undefined;
      /** Nanoseconds since the epoch, as text. */
      readonly timeNs: string;
    }
  | {
      readonly kind: 'network';
      readonly action: string;
      readonly id: string;
      readonly name: string;
      readonly project: string | undefined;
      /** Who joined or left it. */
      readonly containerId: string | undefined;
    }
  | {
      readonly kind: 'volume' | 'image';
      readonly action: string;
      readonly name: string;
      readonly project: string | undefined;
    }
  /** The stream was (re)opened: anything may have happened before. */
  | { readonly kind: 'connected' }
  /** The stream broke; the adapter reconnects with growing delay. */
  | { readonly kind: 'disconnected'; readonly error: unknown };
