/** One inspected container in our words. Pure; whatever an engine leaves out has a neutral value. */

import type {
  ContainerState,
  ContainerStatus,
  Health,
  ObservedContainer,
  ObservedEndpoint,
  ObservedMount,
} from '../model/observed.ts';
import { readHooks } from '../model/carried-hook.ts';
import { isHookContainer, LABEL, readDigests, readDependsOn } from '../model/owner.ts';
import type { ContainerAnswer } from './answers.ts';

/** Podman's words for states that Docker names otherwise. */
const STATUS: Readonly<Record<string, ContainerStatus>> = {
  created: 'created',
  configured: 'created',
  initialized: 'created',
  running: 'running',
  stopping: 'running',
  paused: 'paused',
  restarting: 'restarting',
  removing: 'removing',
  exited: 'exited',
  stopped: 'exited',
  dead: 'dead',
};

/** HostConfig members that `docker update` can change, with the value that says "not set". */
const UPDATABLE: Readonly<Record<string, number | string>> = {
  BlkioWeight: 0,
  CpuPeriod: 0,
  CpuQuota: 0,
  CpuRealtimePeriod: 0,
  CpuRealtimeRuntime: 0,
  CpuShares: 0,
  CpusetCpus: '',
  CpusetMems: '',
  Memory: 0,
  MemoryReservation: 0,
  MemorySwap: 0,
  NanoCpus: 0,
  PidsLimit: 0,
};

/** Parses an inspect answer. */
export function parseContainer(answer: ContainerAnswer): ObservedContainer {
  const labels = answer.Config?.Labels ?? {};
  const number = Number(labels[LABEL.number]);
  const policy = answer.HostConfig?.RestartPolicy;
  return {
    id: answer.Id,
    name: (answer.Name ?? '').replace(/^\//, ''),
    project: labels[LABEL.project] ?? '',
    service: labels[LABEL.service] ?? '',
    number: Number.isInteger(number) ? number : 0,
    oneoff: labels[LABEL.oneoff]?.toLowerCase() === 'true',
    hookContainer: isHookContainer(labels),
    createdAt: answer.Created ?? '',
    labels,
    configHash: labels[LABEL.configHash] ?? '',
    ours: labels[LABEL.hooks] !== undefined,
    hooks: readHooks(labels[LABEL.hooks]),
    contents: readDigests(labels[LABEL.content]),
    definition: readDigests(labels[LABEL.definition]),
    environment: environmentOf(answer.Config?.Env ?? []),
    dependsOn: readDependsOn(labels[LABEL.dependsOn]),
    state: parseState(answer),
    imageId: answer.Image ?? '',
    imageRef: answer.Config?.Image ?? '',
    hostname: answer.Config?.Hostname ?? '',
    networkMode: answer.HostConfig?.NetworkMode ?? '',
    networks: endpoints(answer),
    links: linkNames(answer.HostConfig?.Links),
    mounts: (answer.Mounts ?? []).map((mount): ObservedMount => ({
      type: mount.Type ?? '',
      volume: mount.Type === 'volume' ? (mount.Name ?? '') : '',
      source: mount.Source ?? '',
      target: mount.Destination ?? '',
      readOnly: mount.RW === false,
    })),
    volumesFrom: (answer.HostConfig?.VolumesFrom ?? []).map((item) => item.split(':', 1)[0] ?? item),
    restartPolicy: { name: policy?.Name ?? '', maximumRetryCount: policy?.MaximumRetryCount ?? 0 },
    resources: updatable(answer.HostConfig ?? {}),
    stopTimeoutS: answer.Config?.StopTimeout ?? undefined,
  };
}

/** The part of an inspect answer that changes while a container lives. */
export function parseState(answer: ContainerAnswer): ContainerState {
  const state = answer.State ?? {};
  return {
    status: STATUS[state.Status ?? ''] ?? 'dead',
    startedAt: timeText(state.StartedAt),
    finishedAt: timeText(state.FinishedAt),
    exitCode: state.ExitCode ?? 0,
    oomKilled: state.OOMKilled ?? false,
    health: parseHealth(state.Health?.Status),
    restartCount: answer.RestartCount ?? 0,
    error: state.Error ?? '',
  };
}

function parseHealth(status: string | undefined): Health {
  return status === 'starting' || status === 'healthy' || status === 'unhealthy' ? status : 'none';
}

/** Go writes its zero time where nothing happened yet. */
function timeText(text: string | undefined): string {
  return text === undefined || text.startsWith('0001-01-01') ? '' : text;
}

function environmentOf(items: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    items.map((item) => {
      const equals = item.indexOf('=');
      return equals === -1 ? [item, ''] : [item.slice(0, equals), item.slice(equals + 1)];
    }),
  );
}

function endpoints(answer: ContainerAnswer): ObservedEndpoint[] {
  const shortId = answer.Id.slice(0, 12);
  return Object.entries(answer.NetworkSettings?.Networks ?? {}).map(([network, endpoint]) => ({
    network,
    networkId: endpoint.NetworkID ?? '',
    aliases: (endpoint.Aliases ?? []).filter((alias) => alias !== shortId),
    ipv4: endpoint.IPAddress ?? '',
    ipv6: endpoint.GlobalIPv6Address ?? '',
    macAddress: endpoint.MacAddress ?? '',
    linkLocal: endpoint.IPAMConfig ? (endpoint.IPAMConfig.LinkLocalIPs ?? []) : undefined,
    links: linkNames(endpoint.Links),
    driverOptions: endpoint.DriverOpts ?? undefined,
    gatewayPriority: endpoint.GwPriority,
  }));
}

/** Docker says null where there are none. */
function linkNames(links: readonly string[] | null | undefined): string[] | undefined {
  return links === null
    ? []
    : links?.map((link) => link.slice(Math.max(link.lastIndexOf(':'), link.lastIndexOf('/')) + 1));
}

function updatable(hostConfig: Readonly<Record<string, unknown>>): Record<string, number | string> {
  return Object.fromEntries(
    Object.entries(UPDATABLE).map(([name, unset]) => {
      const value = hostConfig[name];
      return [name, typeof value === 'number' || typeof value === 'string' ? value : unset];
    }),
  );
}
