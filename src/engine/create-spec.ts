/**
 * A service as the engine's create request, by API version. Pure: same service, same request.
 *
 * The request equals what Docker Compose 2.40 sends for the same service: what the model leaves out is sent as zero,
 * null or empty and defaulted by the engine, so that inspect shows the same. An attribute that this engine cannot
 * do is refused by name where Compose refuses it. The parts are in mounts.ts, network-spec.ts, resources.ts, ports.ts.
 */

import { imageRef } from '../model/owner.ts';
import { EngineError } from '../model/errors.ts';
import type { Healthcheck, Service } from '../model/project.ts';
import type { CreateInput } from './create-input.ts';
import { sharedMode } from './create-input.ts';
import { bindsAndMounts } from './mounts.ts';
import { networkSpec } from './network-spec.ts';
import { exposedPorts, portBindings } from './ports.ts';
import { resources, restartPolicy } from './resources.ts';

/** Body of `POST /containers/create`; members as the engine names them. */
export interface CreateSpec {
  readonly Image: string;
  readonly Env: readonly string[];
  readonly Labels: Readonly<Record<string, string>>;
  readonly HostConfig: Readonly<Record<string, unknown>>;
  readonly NetworkingConfig?: { readonly EndpointsConfig: Readonly<Record<string, object>> };
  readonly [member: string]: unknown;
}

/** Folder of the docker config file that a service with `use_api_socket` is given. */
export const API_SOCKET_CONFIG = '/run/secrets/docker';

/** The create request of one container. */
export function createSpec(input: CreateInput): CreateSpec {
  const { project, service } = input;
  refuseUnsupported(service);
  const network = networkSpec(input);
  return {
    Hostname: service.hostname ?? '',
    Domainname: service.domainname ?? '',
    User: service.user ?? '',
    AttachStdin: false,
    AttachStdout: true,
    AttachStderr: true,
    StdinOnce: false,
    OpenStdin: service.stdin_open ?? false,
    Tty: service.tty ?? false,
    ExposedPorts: exposedPorts(service),
    Env: environment(input),
    Cmd: service.command,
    Entrypoint: service.entrypoint,
    Image: imageRef(project, service),
    WorkingDir: service.working_dir ?? '',
    NetworkDisabled: service.network_mode === 'disabled',
    Labels: input.labels,
    StopSignal: service.stop_signal,
    StopTimeout: service.stop_grace_period === undefined ? undefined : Math.trunc(service.stop_grace_period / 1e9),
    Healthcheck: healthcheck(service),
    MacAddress: network.macAddress,
    HostConfig: { ...hostConfig(input), NetworkMode: network.mode, Links: network.links },
    ...(network.endpoints ? { NetworkingConfig: { EndpointsConfig: network.endpoints } } : {}),
  };
}

function hostConfig(input: CreateInput): Record<string, unknown> {
  const { service } = input;
  const security = securityOptions(service, input.readProfile);
  return {
    ...bindsAndMounts(input),
    ...resources(service),
    Annotations: service.annotations,
    CapAdd: capabilities(service.cap_add),
    CapDrop: capabilities(service.cap_drop),
    CgroupnsMode: service.cgroup ?? '',
    Dns: service.dns,
    DnsOptions: service.dns_opt,
    DnsSearch: service.dns_search,
    ExtraHosts: service.extra_hosts?.map((item) => item.replace('=', ':')),
    GroupAdd: service.group_add,
    Init: service.init,
    IpcMode: sharedMode(service.ipc, input.containerIdOf),
    Isolation: service.isolation ?? '',
    LogConfig: { Type: service.logging?.driver ?? '', Config: service.logging?.options ?? null },
    OomScoreAdj: service.oom_score_adj ?? 0,
    PidMode: sharedMode(service.pid, input.containerIdOf),
    PortBindings: portBindings(service),
    Privileged: service.privileged ?? false,
    ReadonlyRootfs: service.read_only ?? false,
    RestartPolicy: restartPolicy(service),
    Runtime: service.runtime,
    SecurityOpt: security.options,
    ShmSize: service.shm_size ?? 0,
    StorageOpt: service.storage_opt,
    Sysctls: service.sysctls,
    Tmpfs: tmpfs(service),
    UTSMode: service.uts ?? '',
    UsernsMode: service.userns_mode ?? '',
    VolumeDriver: service.volume_driver ?? '',
    VolumesFrom: service.volumes_from?.map((item) => volumesFrom(item, input.containerIdOf)),
    ...(security.unconfined ? { MaskedPaths: [], ReadonlyPaths: [] } : {}),
  };
}

/** Docker's own clients send capabilities with their prefix, in upper case and sorted; inspect shows what was sent. */
function capabilities(names: readonly string[] | undefined): string[] | undefined {
  const full = names
    ?.map((name) => name.toUpperCase())
    .map((name) => (/^(ALL$|CAP_)/.test(name) ? name : `CAP_${name}`));
  return full && [...new Set(full)].toSorted();
}

/** A bare id or name, without `:ro`, as Compose sends it. */
function volumesFrom(item: string, containerIdOf: (service: string) => string): string {
  const [first = item, second] = item.split(':');
  return first === 'container' && second !== undefined ? second : containerIdOf(first);
}

function environment({ service, proxyEnvironment }: CreateInput): string[] {
  const variables: Record<string, string | null> = { ...proxyEnvironment, ...service.environment };
  if (service.use_api_socket && !Object.hasOwn(variables, 'DOCKER_CONFIG'))
    variables['DOCKER_CONFIG'] = API_SOCKET_CONFIG;
  // A bare name makes the engine drop the variable, the image's value of it included.
  return Object.entries(variables).map(([name, value]) => (value === null ? name : `${name}=${value}`));
}

function healthcheck(service: Service): object | undefined {
  const check: Healthcheck | undefined = service.healthcheck;
  if (check === undefined) return undefined;
  return {
    Test: check.disable ? ['NONE'] : check.test,
    Interval: check.interval,
    Timeout: check.timeout,
    StartPeriod: check.start_period,
    StartInterval: check.start_interval,
    Retries: check.retries,
  };
}

function tmpfs(service: Service): Record<string, string> {
  return Object.fromEntries(
    (service.tmpfs ?? []).map((item) => {
      const colon = item.indexOf(':');
      return colon === -1 ? [item, ''] : [item.slice(0, colon), item.slice(colon + 1)];
    }),
  );
}

/** seccomp profiles are sent as their text; `systempaths=unconfined` is said by empty path lists instead. */
function securityOptions(
  service: Service,
  readProfile: (path: string) => string,
): { options: string[] | undefined; unconfined: boolean } {
  const given = service.security_opt;
  const options = given
    ?.filter((option) => option !== 'systempaths=unconfined')
    .map((option) => {
      const [name, value] = splitOption(option);
      if (value === undefined && name !== 'no-new-privileges') {
        throw new EngineError('rejected', `${service.name}: security_opt ${option} is not of the form name=value`);
      }
      const isProfile = name === 'seccomp' && value !== 'unconfined' && value !== 'builtin';
      return isProfile ? `seccomp=${compactJson(readProfile(value ?? ''), service, value ?? '')}` : option;
    });
  return { options, unconfined: given?.includes('systempaths=unconfined') ?? false };
}

/** `name=value`, or in the old way `name:value`. */
function splitOption(option: string): [name: string, value: string | undefined] {
  const at = option.includes('=') ? option.indexOf('=') : option.indexOf(':');
  return at === -1 ? [option, undefined] : [option.slice(0, at), option.slice(at + 1)];
}

/** Without the white space between its tokens. Not written anew: masks of 64 bits would lose their last digits. */
function compactJson(text: string, service: Service, path: string): string {
  try {
    JSON.parse(text);
  } catch (cause) {
    throw new EngineError('rejected', `${service.name}: seccomp profile ${path} is not JSON`, { cause });
  }
  return text.replaceAll(/("(?:[^"\\]|\\.)*")|\s+/g, (_, quoted: string | undefined) => quoted ?? '');
}

function refuseUnsupported(service: Service): void {
  const refuse = (attribute: string, remedy: string): never => {
    throw new EngineError('rejected', `${service.name}: ${attribute} is not supported yet: ${remedy}`);
  };
  if (service.provider) refuse('provider', 'run what it provides outside of reeve');
  if (service.models && Object.keys(service.models).length > 0)
    refuse('models', 'set the model endpoints in environment');
}
