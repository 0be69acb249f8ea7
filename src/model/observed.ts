/**
 * Observed state: a snapshot of what the engine holds for one project, already parsed.
 *
 * Everything a plan may look at is here as plain data. The snapshot holds *all* containers, networks and
 * volumes with the project's label; which of them count is decided in plan/, once.
 */

import type { HookSet } from './carried-hook.ts';
import type { IpamPool, ProjectName, ServiceName } from './project.ts';

export interface ObservedProject {
  readonly name: ProjectName;
  readonly containers: readonly ObservedContainer[];
  /** Ours by label, and those the desired networks name (external ones, look-alikes without label). */
  readonly networks: readonly ObservedNetwork[];
  readonly volumes: readonly ObservedVolume[];
  /** Image reference as asked for -> what the engine has; an absent key is an absent image. */
  readonly images: ReadonlyMap<string, ObservedImage>;
  /** Names that containers of it are to have, and containers of others do, with whose they are. Absent: none. */
  readonly takenNames?: ReadonlyMap<string, NameHolder>;
  /** Milliseconds for which the oldest part of it was remembered; absent: all of it was asked for just now. */
  readonly ageMs?: number;
  /** The same in two looks with one request: both saw the same. Absent: that cannot be told. */
  readonly version?: string;
}

/** A container of others that has a name. */
export interface NameHolder {
  /** undefined: of no project. */
  readonly project: string | undefined;
}

export type ContainerStatus = 'created' | 'running' | 'paused' | 'restarting' | 'removing' | 'exited' | 'dead';
export type Health = 'none' | 'starting' | 'healthy' | 'unhealthy';

/** What changes while a container lives. */
export interface ContainerState {
  readonly status: ContainerStatus;
  /** The engine's text; `''` when it was never started. With the id it names the incarnation. */
  readonly startedAt: string;
  readonly finishedAt: string;
  readonly exitCode: number;
  readonly oomKilled: boolean;
  readonly health: Health;
  /** Starts by the restart policy since the last start by a client. */
  readonly restartCount: number;
  /** The engine's text for a failed start, `''` otherwise. */
  readonly error: string;
}

export interface ObservedContainer {
  /** Full id, 64 hex digits. */
  readonly id: string;
  /** Without the leading slash. */
  readonly name: string;
  readonly project: ProjectName;
  readonly service: ServiceName;
  /** Replica number; 0 where the label is absent or not a number. */
  readonly number: number;
  /** A container of `docker compose run`: never a replica, never touched. */
  readonly oneoff: boolean;
  /** A hook's own container (pre_start), never a replica. */
  readonly hookContainer: boolean;
  /** RFC 3339 with nanoseconds. */
  readonly createdAt: string;
  readonly labels: Readonly<Record<string, string>>;
  /** `com.docker.compose.config-hash`; '' where absent. */
  readonly configHash: string;
  /** Made by reeve: carries our owner label. */
  readonly ours: boolean;
  /** The hooks it was created with; undefined on a container that reeve did not make. */
  readonly hooks: HookSet | undefined;
  /** Digests of the configs and secrets that it was last given, by `config motd`; undefined where that is not known. */
  readonly contents: Readonly<Record<string, string>> | undefined;
  /** Digests of the members of the service it was made from; undefined on a container that reeve did not make. */
  readonly definition: Readonly<Record<string, string>> | undefined;
  /** Values may be secret: compared, never shown. */
  readonly environment: Readonly<Record<string, string>>;
  /** Services it depends on, from the label. */
  readonly dependsOn: readonly {
    readonly service: ServiceName;
    readonly condition: string;
    readonly restart: boolean;
  }[];
  readonly state: ContainerState;
  /** Id of the image it runs (`sha256:…`). */
  readonly imageId: string;
  /** The reference it was created with. */
  readonly imageRef: string;
  /** Its host name; '' where it has another's. */
  readonly hostname: string;
  readonly networkMode: string;
  readonly networks: readonly ObservedEndpoint[];
  /** Names that it has for other containers on the engine's own bridge; undefined: the engine does not say. */
  readonly links: readonly string[] | undefined;
  readonly mounts: readonly ObservedMount[];
  /** Containers, by id or name, whose volumes it was given too (`volumes_from`); they are among its mounts. */
  readonly volumesFrom: readonly string[];
  readonly restartPolicy: { readonly name: string; readonly maximumRetryCount: number };
  /** HostConfig members that `docker update` can change; engine zero values kept. */
  readonly resources: Readonly<Record<string, number | string>>;
  /** Grace for stop in seconds where the container has its own. */
  readonly stopTimeoutS: number | undefined;
}

export interface ObservedEndpoint {
  /** Name of the network. */
  readonly network: string;
  readonly networkId: string;
  /** Without the short container id. */
  readonly aliases: readonly string[];
  readonly ipv4: string;
  readonly ipv6: string;
  readonly macAddress: string;
  /** undefined, here and below: the engine does not say. */
  readonly linkLocal: readonly string[] | undefined;
  /** Names that the container has there for other containers. */
  readonly links: readonly string[] | undefined;
  readonly driverOptions: Readonly<Record<string, string>> | undefined;
  readonly gatewayPriority: number | undefined;
}

export interface ObservedMount {
  readonly type: string;
  /** Volume name, '' for others. */
  readonly volume: string;
  readonly source: string;
  readonly target: string;
  readonly readOnly: boolean;
}

export interface ObservedNetwork {
  readonly id: string;
  readonly name: string;
  readonly driver: string;
  readonly options: Readonly<Record<string, string>>;
  readonly internal: boolean;
  readonly attachable: boolean;
  readonly ipv6: boolean;
  readonly pools: readonly IpamPool[];
  readonly labels: Readonly<Record<string, string>>;
  /** Containers of others that are on it; asked for only where it was not made from today's definition. */
  readonly usedBy: readonly string[];
}

export interface ObservedVolume {
  readonly name: string;
  readonly driver: string;
  readonly options: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  /** Containers of others that mount it; asked for only where it was not made from today's definition. */
  readonly usedBy: readonly string[];
}

export interface ObservedImage {
  readonly id: string;
  /** Targets of the image's VOLUME declarations. */
  readonly volumes: readonly string[];
  /** `PATH` of its environment; absent where it says none. */
  readonly searchPath?: string;
  /** `linux/amd64`; absent here and below where the engine does not say. */
  readonly platform?: string;
  /** When the engine gave it its newest name: after a build or a pull that brought something. */
  readonly taggedAtMs?: number;
}
