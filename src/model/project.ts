/**
 * Desired state: one Compose project, loaded, merged, interpolated and normalised.
 *
 * Services, networks, volumes, secrets and configs keep the Compose specification's own member names
 * (snake_case), because that text is what `reeve config` prints and what the config hash covers; a second
 * vocabulary would need a table between the two and buy nothing. What reeve adds is camelCase.
 * Units: bytes are numbers of bytes (`Whole`), durations are whole nanoseconds (`DurationNs`), file modes are numbers.
 * A member that the file does not set is absent, never `undefined` or a default.
 */

import type { Hook } from './hook.ts';

declare const brand: unique symbol;
type Brand<T, B extends string> = T & { readonly [brand]?: B };

export type ProjectName = Brand<string, 'ProjectName'>;
export type ServiceName = Brand<string, 'ServiceName'>;
/** Nanoseconds, as Go's time.Duration; `-1`-like sentinels do not occur. */
export type DurationNs = number;
/** A whole number of up to 64 bits: a bigint only where a number would lose digits. */
export type Whole = number | bigint;
/** Bytes; -1 means "no limit" where the specification allows it. */
export type Bytes = Whole;
export type Mapping<T> = Readonly<Record<string, T>>;
/** `null`: the name stands without a value. */
export type Environment = Mapping<string | null>;

export interface Project {
  readonly name: ProjectName;
  /** Absolute project directory (label `com.docker.compose.project.working_dir`). */
  readonly workingDir: string;
  /** Absolute paths of the main files, in order; `-` is standard input. */
  readonly configFiles: readonly string[];
  /** Absolute paths given with --env-file or COMPOSE_ENV_FILES; empty when none was given. */
  readonly environmentFiles: readonly string[];
  /** DOCKER_DEFAULT_PLATFORM: the platform of the containers of services that name none. */
  readonly defaultPlatform?: string;
  /** COMPOSE_COMPATIBILITY: `_` joins the names of containers and built images, as in Compose 1. Default: `-`. */
  readonly nameSeparator?: '_';
  /** COMPOSE_REMOVE_ORPHANS, COMPOSE_IGNORE_ORPHANS: what becomes of orphans without being asked. Default: they are named. */
  readonly orphans?: 'removed' | 'ignored';
  /** Enabled services only. */
  readonly services: Mapping<Service>;
  /** Names of the services that no active profile enables: not desired, and not orphans either. */
  readonly disabledServices: readonly ServiceName[];
  /** Every profile that a service names, active or not. */
  readonly profiles?: readonly string[];
  /** Those that enabled services use, by key; `name` is the name on the engine. */
  readonly networks: Mapping<Network>;
  readonly volumes: Mapping<Volume>;
  readonly secrets: Mapping<FileObject>;
  readonly configs: Mapping<FileObject>;
  /** Top-level `x-` members. */
  readonly extensions: Mapping<unknown>;
  /** Every file that was read or looked for, so that a watcher watches exactly those. */
  readonly inputFiles: readonly InputFile[];
  /**
   * Values that interpolation or a secret brought into the model from outside the files. Text that contains
   * one of them must not reach a label, a log or a plan.
   */
  readonly sensitiveValues: ReadonlySet<string>;
}

export interface InputFile {
  readonly path: string;
  readonly kind: 'compose' | 'env' | 'env_file' | 'label_file' | 'config' | 'secret';
  /** False: looked for and absent (an optional env_file, `.env`, an override file); its appearance matters. */
  readonly present: boolean;
}

export interface Service {
  readonly name: ServiceName;
  readonly annotations?: Mapping<string>;
  readonly attach?: boolean;
  readonly blkio_config?: BlkioConfig;
  readonly build?: Build;
  readonly cap_add?: readonly string[];
  readonly cap_drop?: readonly string[];
  readonly cgroup?: string;
  readonly cgroup_parent?: string;
  /** null: the image's own command. */
  readonly command: readonly string[] | null;
  readonly configs?: readonly FileReference[];
  readonly container_name?: string;
  readonly cpu_count?: number;
  readonly cpu_percent?: number;
  readonly cpu_period?: number;
  readonly cpu_quota?: number;
  readonly cpu_rt_period?: number;
  readonly cpu_rt_runtime?: number;
  readonly cpu_shares?: number;
  readonly cpus?: number;
  readonly cpuset?: string;
  readonly credential_spec?: { readonly config?: string; readonly file?: string; readonly registry?: string };
  readonly depends_on?: Mapping<Dependency>;
  readonly deploy?: Deploy;
  readonly develop?: Develop;
  readonly device_cgroup_rules?: readonly string[];
  readonly devices?: readonly DeviceMapping[];
  readonly dns?: readonly string[];
  readonly dns_opt?: readonly string[];
  readonly dns_search?: readonly string[];
  readonly domainname?: string;
  readonly entrypoint: readonly string[] | null;
  /** Env files are folded in; `environment` of the file wins. */
  readonly environment?: Environment;
  /** What the file itself says (values from the project environment resolved), without the env files: `config --hash` covers this one. */
  readonly ownEnvironment?: Environment;
  readonly env_file?: readonly EnvFile[];
  readonly expose?: readonly string[];
  /** Stays only where the service that is extended is empty. */
  readonly extends?: { readonly file?: string; readonly service?: string };
  readonly external_links?: readonly string[];
  /** Sorted `host=ip` items. */
  readonly extra_hosts?: readonly string[];
  readonly gpus?: readonly DeviceRequest[];
  readonly group_add?: readonly string[];
  readonly healthcheck?: Healthcheck;
  readonly hostname?: string;
  readonly image?: string;
  readonly init?: boolean;
  readonly ipc?: string;
  readonly isolation?: string;
  /** Label files are folded in; `labels` of the file wins. */
  readonly labels?: Mapping<string>;
  readonly label_file?: readonly string[];
  readonly links?: readonly string[];
  readonly logging?: { readonly driver?: string; readonly options?: Mapping<string> };
  readonly mac_address?: string;
  readonly mem_limit?: Bytes;
  readonly mem_reservation?: Bytes;
  readonly mem_swappiness?: number;
  readonly memswap_limit?: Bytes;
  readonly models?: Mapping<{ readonly endpoint_var?: string; readonly model_var?: string } | null>;
  readonly network_mode?: string;
  /** By network key; null where nothing is set. Absent with `network_mode`. */
  readonly networks?: Mapping<ServiceNetwork | null>;
  readonly oom_kill_disable?: boolean;
  readonly oom_score_adj?: number;
  readonly pid?: string;
  readonly pids_limit?: Whole;
  readonly platform?: string;
  readonly ports?: readonly Port[];
  readonly post_start?: readonly Hook[];
  readonly pre_start?: readonly Hook[];
  readonly pre_stop?: readonly Hook[];
  readonly privileged?: boolean;
  readonly profiles?: readonly string[];
  readonly provider?: { readonly type: string; readonly options?: Mapping<readonly string[]> };
  readonly pull_policy?: string;
  readonly read_only?: boolean;
  readonly restart?: string;
  readonly runtime?: string;
  readonly scale?: number;
  readonly secrets?: readonly FileReference[];
  readonly security_opt?: readonly string[];
  readonly shm_size?: Bytes;
  readonly stdin_open?: boolean;
  readonly stop_grace_period?: DurationNs;
  readonly stop_signal?: string;
  readonly storage_opt?: Mapping<string>;
  readonly sysctls?: Mapping<string>;
  readonly tmpfs?: readonly string[];
  readonly tty?: boolean;
  readonly ulimits?: Mapping<Ulimit>;
  readonly use_api_socket?: boolean;
  readonly user?: string;
  readonly userns_mode?: string;
  readonly uts?: string;
  readonly volume_driver?: string;
  readonly volumes?: readonly ServiceVolume[];
  readonly volumes_from?: readonly string[];
  readonly working_dir?: string;
  /** `x-` members of the service, `x-reeve` included (its checked reading is `policy`). */
  readonly extensions?: Mapping<unknown>;
  /** The service's own `x-reeve`. */
  readonly policy: ServicePolicy;
  /** Desired number of containers: `scale`, else `deploy.replicas`, else 1. */
  readonly replicas: number;
  /** Digests of the bytes behind the service's configs and secrets (or `NO_FILE`), by `config motd`; absent when it has none. */
  readonly contents?: Mapping<string>;
}

/** Stands for the digest of a file that is not there. */
export const NO_FILE = 'file-not-found';

/** The service's `x-reeve`, checked. */
export interface ServicePolicy {
  readonly onUnhealthy: 'ignore' | 'restart';
}

export type OnChange = 'recreate' | 'restart' | 'ignore' | `signal:${string}`;

export type DependencyCondition = 'service_started' | 'service_healthy' | 'service_completed_successfully';

export interface Dependency {
  readonly condition: DependencyCondition;
  readonly required: boolean;
  /** True: a restart or recreation of the dependency restarts this service. */
  readonly restart?: boolean;
}

export interface EnvFile {
  readonly path: string;
  readonly required: boolean;
  readonly format?: string;
}

export interface Healthcheck {
  readonly test?: readonly string[];
  readonly timeout?: DurationNs;
  readonly interval?: DurationNs;
  readonly retries?: number;
  readonly start_period?: DurationNs;
  readonly start_interval?: DurationNs;
  readonly disable?: boolean;
}

export interface ServiceNetwork {
  readonly aliases?: readonly string[];
  readonly driver_opts?: Mapping<string>;
  readonly gw_priority?: number;
  readonly interface_name?: string;
  readonly ipv4_address?: string;
  readonly ipv6_address?: string;
  readonly link_local_ips?: readonly string[];
  readonly mac_address?: string;
  readonly priority?: number;
}

export interface Port {
  readonly name?: string;
  readonly mode?: string;
  readonly host_ip?: string;
  readonly target: number;
  /** A port or a range (`12400-12500`), as text. */
  readonly published?: string;
  readonly protocol?: string;
  readonly app_protocol?: string;
}

export interface ServiceVolume {
  readonly type: 'volume' | 'bind' | 'tmpfs' | 'image' | 'npipe' | 'cluster';
  readonly source?: string;
  readonly target: string;
  readonly read_only?: boolean;
  readonly consistency?: string;
  readonly bind?: {
    readonly selinux?: string;
    readonly propagation?: string;
    readonly create_host_path?: boolean;
    readonly recursive?: string;
  };
  readonly volume?: { readonly labels?: Mapping<string>; readonly nocopy?: boolean; readonly subpath?: string };
  readonly tmpfs?: { readonly size?: Bytes; readonly mode?: number };
  readonly image?: { readonly subpath?: string };
}

/** A service's use of a config or secret. */
export interface FileReference {
  readonly source: string;
  readonly target?: string;
  readonly uid?: string;
  readonly gid?: string;
  /** Permission bits. */
  readonly mode?: number;
}

/** A top-level config or secret. */
export interface FileObject {
  readonly name: string;
  readonly file?: string;
  /** Name of the variable that holds the bytes. */
  readonly environment?: string;
  readonly content?: string;
  readonly external?: boolean;
  readonly labels?: Mapping<string>;
  readonly driver?: string;
  readonly driver_opts?: Mapping<string>;
  readonly template_driver?: string;
  readonly extensions?: Mapping<unknown>;
  /** From `x-reeve: {on_change}`; default recreate. */
  readonly onChange: OnChange;
  /** The bytes for `environment` and `content` sources, as text; absent where the variable is not set. */
  readonly value?: string;
}

export interface Network {
  /** Name on the engine. */
  readonly name: string;
  readonly driver?: string;
  readonly driver_opts?: Mapping<string>;
  readonly ipam: { readonly driver?: string; readonly config?: readonly IpamPool[] };
  readonly external?: boolean;
  readonly internal?: boolean;
  readonly attachable?: boolean;
  readonly labels?: Mapping<string>;
  readonly enable_ipv4?: boolean;
  readonly enable_ipv6?: boolean;
  readonly extensions?: Mapping<unknown>;
}

export interface IpamPool {
  readonly subnet?: string;
  readonly gateway?: string;
  readonly ip_range?: string;
  readonly aux_addresses?: Mapping<string>;
}

export interface Volume {
  /** Name on the engine. */
  readonly name: string;
  readonly driver?: string;
  readonly driver_opts?: Mapping<string>;
  readonly external?: boolean;
  readonly labels?: Mapping<string>;
  readonly extensions?: Mapping<unknown>;
}

export interface DeviceMapping {
  readonly source: string;
  readonly target?: string;
  readonly permissions?: string;
}

export interface DeviceRequest {
  readonly capabilities?: readonly string[];
  readonly driver?: string;
  /** -1: all. */
  readonly count?: number;
  readonly device_ids?: readonly string[];
  readonly options?: Mapping<string>;
}

/** One for both, or each. */
export type Ulimit = Whole | { readonly soft?: Whole; readonly hard?: Whole };

export interface BlkioConfig {
  readonly weight?: number;
  readonly weight_device?: readonly { readonly path: string; readonly weight: number }[];
  readonly device_read_bps?: readonly ThrottleDevice[];
  readonly device_read_iops?: readonly ThrottleDevice[];
  readonly device_write_bps?: readonly ThrottleDevice[];
  readonly device_write_iops?: readonly ThrottleDevice[];
}

export interface ThrottleDevice {
  readonly path: string;
  readonly rate: Bytes;
}

export interface Deploy {
  readonly mode?: string;
  readonly replicas?: number;
  readonly labels?: Mapping<string>;
  readonly update_config?: UpdateConfig;
  readonly rollback_config?: UpdateConfig;
  readonly resources: { readonly limits?: Resource; readonly reservations?: Resource };
  readonly restart_policy?: {
    readonly condition?: string;
    readonly delay?: DurationNs;
    readonly max_attempts?: number;
    readonly window?: DurationNs;
  };
  readonly placement: {
    readonly constraints?: readonly string[];
    readonly preferences?: readonly { readonly spread?: string }[];
    readonly max_replicas_per_node?: number;
  };
  readonly endpoint_mode?: string;
}

export interface UpdateConfig {
  readonly parallelism?: number;
  readonly delay?: DurationNs;
  readonly failure_action?: string;
  readonly monitor?: DurationNs;
  readonly max_failure_ratio?: number;
  readonly order?: string;
}

export interface Resource {
  readonly cpus?: number;
  readonly memory?: Bytes;
  readonly pids?: number;
  readonly devices?: readonly DeviceRequest[];
  readonly generic_resources?: readonly {
    readonly discrete_resource_spec?: { readonly kind: string; readonly value: number };
  }[];
}

export interface Develop {
  readonly watch?: readonly Mapping<unknown>[];
}

export interface Build {
  readonly context?: string;
  readonly dockerfile?: string;
  readonly dockerfile_inline?: string;
  readonly entitlements?: readonly string[];
  readonly args?: Environment;
  readonly provenance?: string;
  readonly sbom?: string;
  readonly ssh?: readonly unknown[];
  readonly labels?: Mapping<string>;
  readonly cache_from?: readonly string[];
  readonly cache_to?: readonly string[];
  readonly no_cache?: boolean;
  readonly no_cache_filter?: readonly string[];
  readonly additional_contexts?: Mapping<string>;
  readonly pull?: boolean;
  readonly extra_hosts?: readonly string[];
  readonly isolation?: string;
  readonly network?: string;
  readonly target?: string;
  readonly secrets?: readonly FileReference[];
  readonly shm_size?: Bytes;
  readonly tags?: readonly string[];
  readonly ulimits?: Mapping<Ulimit>;
  readonly platforms?: readonly string[];
  readonly privileged?: boolean;
}
