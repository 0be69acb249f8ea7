/** What there is on the simulated engine, in the engine's own terms. Data only. */
import type { ProcessTimers } from './process-timers.ts';

export type Status = 'created' | 'running' | 'paused' | 'restarting' | 'exited' | 'removing' | 'dead';
export type Json = Readonly<Record<string, unknown>>;

/** Body of a create call, as far as the engine acts on it; the rest is only shown again. */
export interface CreateBody {
  readonly Image?: string;
  readonly Cmd?: readonly string[] | string | null;
  readonly Entrypoint?: readonly string[] | string | null;
  readonly Labels?: Readonly<Record<string, string>> | null;
  readonly StopSignal?: string;
  readonly StopTimeout?: number;
  readonly Tty?: boolean;
  readonly Healthcheck?: HealthcheckBody | null;
  readonly MacAddress?: string;
  readonly HostConfig?: HostConfigBody;
  readonly NetworkingConfig?: {
    readonly EndpointsConfig?: Readonly<Record<string, EndpointBody | null>> | null;
  } | null;
  readonly [member: string]: unknown;
}

export interface HealthcheckBody {
  readonly Test?: readonly string[] | null;
  /** Nanoseconds, as the next ones. */
  readonly Interval?: number;
  readonly Timeout?: number;
  readonly StartPeriod?: number;
  readonly StartInterval?: number;
  readonly Retries?: number;
}

export interface HostConfigBody {
  readonly NetworkMode?: string;
  readonly RestartPolicy?: RestartPolicy | null;
  readonly AutoRemove?: boolean;
  readonly Binds?: readonly string[] | null;
  readonly Mounts?: readonly MountBody[] | null;
  readonly VolumesFrom?: readonly string[] | null;
  readonly Tmpfs?: Readonly<Record<string, string>> | null;
  readonly [member: string]: unknown;
}

export interface MountBody {
  readonly Type?: string;
  readonly Source?: string;
  readonly Target?: string;
  readonly ReadOnly?: boolean;
}

export interface EndpointBody {
  readonly Aliases?: readonly string[] | null;
  readonly IPAMConfig?: { readonly IPv4Address?: string; readonly IPv6Address?: string } | null;
  readonly MacAddress?: string;
  readonly [member: string]: unknown;
}

export interface RestartPolicy {
  readonly Name?: string;
  readonly MaximumRetryCount?: number;
}

export interface SimContainer {
  readonly id: string;
  name: string;
  readonly created: string;
  readonly createdMs: number;
  readonly body: CreateBody;
  readonly image: SimImage;
  /** As it was asked for. */
  readonly imageRef: string;
  readonly labels: Readonly<Record<string, string>>;
  hostConfig: HostConfigBody;
  readonly endpoints: Map<string, SimEndpoint>;
  readonly mounts: readonly SimMount[];
  /** Copied in, by path. */
  readonly files: Map<string, SimFile>;
  readonly output: SimOutput[];
  status: Status;
  startedAt: string;
  finishedAt: string;
  /** Elapsed time of the present start. */
  startedMs: number;
  exitCode: number;
  error: string;
  pid: number;
  health: SimHealth | undefined;
  restartCount: number;
  /** How often its main process was begun, over all its life. */
  starts: number;
  /** A client stopped it: policies that ask do not bring it back. */
  stoppedByHand: boolean;
  /** A removal has begun. */
  isBeingRemoved: boolean;
  readonly restart: SimRestart;
  /** Of the main process; they stand still while it is paused. */
  readonly timers: ProcessTimers;
}

export interface SimRestart {
  /** Waited before the last restart. */
  waitMs: number;
  /** Restarts by this policy since a client's start. */
  count: number;
  isCancelled: boolean;
  cancelWait: (() => void) | undefined;
}

export interface SimEndpoint {
  networkId: string;
  readonly body: EndpointBody;
  /** '' while the container is not up. */
  address: string;
}

export interface SimMount {
  readonly type: string;
  /** '' for what is no volume. */
  readonly volume: string;
  readonly source: string;
  readonly target: string;
  readonly isReadOnly: boolean;
  /** Nobody named the volume: `rm -v` takes it along. */
  readonly isAnonymous: boolean;
}

export interface SimFile {
  readonly bytes: Uint8Array;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

export interface SimOutput {
  readonly stream: 'stdout' | 'stderr';
  readonly text: string;
  readonly ns: bigint;
}

export interface SimHealth {
  status: 'starting' | 'healthy' | 'unhealthy';
  failingStreak: number;
  probes: number;
  cancel: (() => void) | undefined;
}

export interface SimImage {
  readonly id: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly entrypoint: readonly string[];
  readonly command: readonly string[];
  /** Targets of anonymous volumes. */
  readonly volumes: readonly string[];
  readonly healthcheck: HealthcheckBody | undefined;
}

export interface SimNetwork {
  readonly id: string;
  readonly name: string;
  readonly created: string;
  readonly body: Json;
  readonly labels: Readonly<Record<string, string>>;
  readonly driver: string;
  isPredefined: boolean;
}

export interface SimVolume {
  readonly name: string;
  readonly created: string;
  readonly driver: string;
  readonly options: Readonly<Record<string, string>> | null;
  readonly labels: Readonly<Record<string, string>> | null;
  readonly isAnonymous: boolean;
}

export interface ExecBody {
  readonly Cmd?: readonly string[];
  readonly Env?: readonly string[] | null;
  readonly User?: string;
  readonly Privileged?: boolean;
  readonly WorkingDir?: string;
  readonly Tty?: boolean;
  readonly AttachStdout?: boolean;
  readonly AttachStderr?: boolean;
}

export interface SimExec {
  readonly id: string;
  readonly containerId: string;
  readonly body: ExecBody;
  readonly command: readonly string[];
  /** The start of the container that it runs in; before its own start, the one it was created in. */
  startedAt: string;
  state: 'created' | 'running' | 'ended';
  exitCode: number | undefined;
  pid: number;
  /** Reads output as it comes; gone when its client is. */
  attached: ExecReader | undefined;
  cancel: (() => void) | undefined;
  /** The engine knows it no more; its process may still run. */
  isForgotten: boolean;
  /** The engine missed its end. */
  isStuck: boolean;
}

export interface ExecReader {
  write(stream: 'stdout' | 'stderr', text: string): void;
  end(): void;
}

/** States in which there are processes. */
export function isUp({ status }: SimContainer): boolean {
  return status === 'running' || status === 'paused';
}
