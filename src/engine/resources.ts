/**
 * Limits, devices and the restart policy of a service, as the engine's HostConfig names them. Where `deploy` and a
 * service's older attributes both speak, `deploy` wins, as in Compose.
 */

import type { BlkioConfig, Service } from '../model/project.ts';
import { asQuota, firstSet, isCdiDevice, swapLimit, updatableResources } from '../model/resources.ts';
import { restartPolicyOf } from '../model/restart-policy.ts';

/** The restart policy as Compose sends it: an empty name where the service says nothing. */
export function restartPolicy(service: Service): { Name: string; MaximumRetryCount: number } {
  const { name, maximumRetryCount } = restartPolicyOf(service);
  const deployed = service.deploy?.restart_policy;
  const isSaid = deployed ? deployed.condition !== undefined : service.restart !== undefined;
  return { Name: isSaid ? name : '', MaximumRetryCount: maximumRetryCount };
}

/**
 * Body of an update in place. The engine takes zero for "leave it", so a limit can be changed but not lifted, and it
 * refuses a memory limit above a swap limit: that one is sent too, with the default that it has at creation. The
 * restart policy is always there, because Podman takes an update without one for an update to "no"; beside that word a
 * number of attempts is refused, though not at creation. Of CPUs Podman heeds the quota alone.
 */
export function updateSpec(service: Service, { isPodman = false } = {}): Record<string, unknown> {
  const updatable = updatableResources(service);
  const limits = isPodman ? asQuota(updatable) : updatable;
  const { name, maximumRetryCount } = restartPolicyOf(service);
  return {
    ...limits,
    MemorySwap: swapLimit(limits),
    RestartPolicy: { Name: name, MaximumRetryCount: name === 'no' ? 0 : maximumRetryCount },
  };
}

/** Resource members of HostConfig. */
export function resources(service: Service): Record<string, unknown> {
  return { ...updatableResources(service), ...fixedResources(service) };
}

function fixedResources(service: Service): Record<string, unknown> {
  return {
    ...blkio(service.blkio_config),
    CgroupParent: service.cgroup_parent ?? '',
    CpuCount: service.cpu_count ?? 0,
    CpuPercent: Math.trunc((service.cpu_percent ?? 0) * 100),
    DeviceCgroupRules: service.device_cgroup_rules,
    DeviceRequests: deviceRequests(service),
    Devices: service.devices
      ?.filter((device) => !isCdiDevice(device))
      .map((device) => ({
        PathOnHost: device.source,
        PathInContainer: device.target ?? '',
        CgroupPermissions: device.permissions ?? '',
      })),
    MemorySwappiness: firstSet(service.mem_swappiness),
    OomKillDisable: service.oom_kill_disable ?? false,
    Ulimits: ulimits(service),
  };
}

function blkio(config: BlkioConfig | undefined): Record<string, unknown> {
  const rates = (devices: BlkioConfig['device_read_bps']) =>
    devices?.map(({ path, rate }) => ({ Path: path, Rate: rate }));
  return {
    BlkioWeightDevice: config?.weight_device?.map(({ path, weight }) => ({ Path: path, Weight: weight })),
    BlkioDeviceReadBps: rates(config?.device_read_bps),
    BlkioDeviceReadIOps: rates(config?.device_read_iops),
    BlkioDeviceWriteBps: rates(config?.device_write_bps),
    BlkioDeviceWriteIOps: rates(config?.device_write_iops),
  };
}

function deviceRequests(service: Service): object[] | undefined {
  const cdi = (service.devices ?? []).filter(isCdiDevice).map((device) => device.source);
  const request = (device: NonNullable<Service['gpus']>[number], capabilities: readonly string[]) => ({
    Driver: device.driver ?? '',
    Count: device.count ?? 0,
    DeviceIDs: device.device_ids ?? null,
    Capabilities: [capabilities],
    Options: device.options ?? null,
  });
  const requests = [
    ...(service.deploy?.resources.reservations?.devices ?? []).map((device) =>
      request(device, device.capabilities ?? []),
    ),
    ...(cdi.length > 0 ? [{ Driver: 'cdi', DeviceIDs: cdi }] : []),
    ...(service.gpus ?? []).map((device) => request(device, [...(device.capabilities ?? []), 'gpu'])),
  ];
  return requests.length > 0 ? requests : undefined;
}

function ulimits(service: Service): object[] | undefined {
  return (
    service.ulimits &&
    Object.entries(service.ulimits).map(([name, limit]) =>
      typeof limit !== 'object'
        ? { Name: name, Soft: limit, Hard: limit }
        : { Name: name, Soft: limit.soft ?? 0, Hard: limit.hard ?? 0 },
    )
  );
}
