/** A container as inspect and list show it. */
import { commandOf } from '../lifecycle.ts';
import { NEVER } from '../time.ts';
import { isUp, type Json, type SimContainer, type SimMount } from '../things.ts';
import type { SimWorld } from '../world.ts';

/** What the engine fills in where a create call says nothing. */
const HOST_CONFIG_DEFAULTS: Json = {
  NetworkMode: 'default',
  AutoRemove: false,
  Memory: 0,
  NanoCpus: 0,
  CpuShares: 0,
  ShmSize: 67_108_864,
  PidsLimit: null,
};

export function inspected(container: SimContainer, world: SimWorld): Json {
  const { id, name, body, created, image, imageRef, hostConfig, labels, mounts, restartCount } = container;
  const [path = '', ...args] = commandOf(container);
  const { HostConfig: _host, NetworkingConfig: _networking, ...config } = body;
  return {
    Id: id,
    Created: created,
    Path: path,
    Args: args,
    State: stateOf(container),
    Image: image.id,
    Name: `/${name}`,
    RestartCount: restartCount,
    Driver: 'overlay2',
    Platform: 'linux',
    ExecIDs: execIds(container, world),
    HostConfig: {
      ...HOST_CONFIG_DEFAULTS,
      ...hostConfig,
      RestartPolicy: { Name: '', MaximumRetryCount: 0, ...hostConfig.RestartPolicy },
    },
    Mounts: mounts.map(mountOf),
    Config: { Hostname: id.slice(0, 12), ...config, Image: imageRef, Labels: labels },
    NetworkSettings: { Networks: networksOf(container), Ports: {} },
  };
}

export function listed(container: SimContainer): Json {
  const { id, name, imageRef, image, labels, status, createdMs, hostConfig, mounts } = container;
  return {
    Id: id,
    Names: [`/${name}`],
    Image: imageRef,
    ImageID: image.id,
    Command: commandOf(container).join(' '),
    Created: Math.floor(createdMs / 1000),
    Ports: [],
    Labels: labels,
    State: status,
    Status: status,
    HostConfig: { NetworkMode: hostConfig.NetworkMode ?? 'default' },
    NetworkSettings: { Networks: networksOf(container) },
    Mounts: mounts.map(mountOf),
  };
}

function stateOf(container: SimContainer): Json {
  const { status, pid, exitCode, error, startedAt, finishedAt, health, isBeingRemoved } = container;
  return {
    Status: isBeingRemoved && !isUp(container) ? 'removing' : status,
    // The engine calls it running while a policy is about to bring it back.
    Running: isUp(container) || status === 'restarting',
    Paused: status === 'paused',
    Restarting: status === 'restarting',
    OOMKilled: false,
    Dead: status === 'dead',
    Pid: pid,
    ExitCode: exitCode,
    Error: error,
    StartedAt: startedAt || NEVER,
    FinishedAt: finishedAt || NEVER,
    ...(health ? { Health: { Status: health.status, FailingStreak: health.failingStreak, Log: [] } } : {}),
  };
}

function execIds({ id }: SimContainer, { execs }: SimWorld): string[] | null {
  const running = execs.runningIn(id).filter(({ isForgotten }) => !isForgotten);
  return running.length > 0 ? running.map((exec) => exec.id) : null;
}

function mountOf({ type, volume, source, target, isReadOnly }: SimMount): Json {
  return {
    Type: type,
    ...(type === 'volume' ? { Name: volume, Driver: 'local' } : {}),
    Source: type === 'volume' ? `/var/lib/docker/volumes/${volume}/_data` : source,
    Destination: target,
    Mode: isReadOnly ? 'ro' : 'rw',
    RW: !isReadOnly,
    Propagation: '',
  };
}

function networksOf({ id, endpoints }: SimContainer): Json {
  const shown = [...endpoints].map(([name, { networkId, body, address }]) => {
    const aliases = body.Aliases ? [...body.Aliases, id.slice(0, 12)] : null;
    return [
      name,
      {
        IPAMConfig: body.IPAMConfig ?? null,
        Links: body['Links'] ?? null,
        Aliases: aliases,
        NetworkID: networkId,
        EndpointID: address === '' ? '' : `${networkId.slice(0, 32)}${id.slice(0, 32)}`,
        IPAddress: address,
        GlobalIPv6Address: '',
        MacAddress: address === '' ? '' : (body.MacAddress ?? '02:42:ac:12:00:02'),
        DriverOpts: body['DriverOpts'] ?? null,
      },
    ] as const;
  });
  return Object.fromEntries(shown);
}
