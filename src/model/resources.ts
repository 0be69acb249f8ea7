/**
 * Limits that the engine can change on a living container (`docker update`), by HostConfig's own names.
 * Here rather than in engine/, because the plan compares them and the adapter sends them: one mapping for both.
 */

import type { Bytes, DeviceMapping, Service, Whole } from './project.ts';

/** Zero, '' or undefined: the service does not say. Memory in bytes, CPUs in billionths, pids as a number. */
export interface UpdatableResources {
  readonly BlkioWeight: number;
  readonly CpuPeriod: number;
  readonly CpuQuota: number;
  readonly CpuRealtimePeriod: number;
  readonly CpuRealtimeRuntime: number;
  readonly CpuShares: number;
  readonly CpusetCpus: string;
  readonly Memory: Bytes;
  readonly MemoryReservation: Bytes;
  readonly MemorySwap: Bytes;
  readonly NanoCpus: number;
  readonly PidsLimit: Whole | undefined;
}

/** Where `deploy` and a service's older attributes both speak, `deploy` wins, as in Compose. */
export function updatableResources(service: Service): UpdatableResources {
  const { limits, reservations } = service.deploy?.resources ?? {};
  return {
    BlkioWeight: service.blkio_config?.weight ?? 0,
    CpuPeriod: service.cpu_period ?? 0,
    CpuQuota: service.cpu_quota ?? 0,
    CpuRealtimePeriod: service.cpu_rt_period ?? 0,
    CpuRealtimeRuntime: service.cpu_rt_runtime ?? 0,
    CpuShares: service.cpu_shares ?? 0,
    CpusetCpus: service.cpuset ?? '',
    Memory: firstSet(limits?.memory, service.mem_limit) ?? 0,
    MemoryReservation: firstSet(reservations?.memory, service.mem_reservation) ?? 0,
    MemorySwap: service.memswap_limit ?? 0,
    NanoCpus: nanoCpus(firstSet(limits?.cpus, service.cpus) ?? 0),
    PidsLimit: firstSet(Math.max(limits?.pids ?? 0, 0), service.pids_limit),
  };
}

/** The first that is set: zero says "not set" everywhere here. */
export function firstSet<T extends Whole>(...values: (T | undefined)[]): T | undefined {
  return values.find((value) => value !== undefined && value !== 0);
}

/** Compose keeps CPUs in single precision and cuts the product off, which shows in values such as 0.7. */
function nanoCpus(cpus: number): number {
  return Math.trunc(Math.fround(Math.fround(cpus) * 1e9));
}

/** CPUs in the kernel's words: so many microseconds of each 100 ms. */
export function asQuota(limits: UpdatableResources): UpdatableResources {
  if (limits.NanoCpus === 0) return limits;
  return { ...limits, NanoCpus: 0, CpuPeriod: 100_000, CpuQuota: Math.trunc(limits.NanoCpus / 10_000) };
}

/** A device named by CDI (`vendor.com/class=name`) is requested by that name instead of mapped by a path. */
export function isCdiDevice({ source, target = source }: DeviceMapping): boolean {
  return target === source && /^[A-Za-z][\w.-]*\/[A-Za-z][\w.-]*=[\w.:-]+$/.test(source);
}

export interface ResourceDifference {
  /** `memory limit` */
  readonly name: string;
  /** `256 MiB`, `0.5`, `none` */
  readonly from: string;
  readonly to: string;
  /** False: a limit is to be lifted, which the engine cannot do on a living container. */
  readonly inPlace: boolean;
}

const NAMES: Readonly<
  Record<keyof UpdatableResources | 'CpusetMems', readonly [name: string, render: (value: Whole | string) => string]>
> = {
  BlkioWeight: ['block I/O weight', String],
  CpuPeriod: ['CPU period', microseconds],
  CpuQuota: ['CPU quota', microseconds],
  CpuRealtimePeriod: ['real-time CPU period', microseconds],
  CpuRealtimeRuntime: ['real-time CPU runtime', microseconds],
  CpuShares: ['CPU shares', String],
  CpusetCpus: ['CPU set', String],
  CpusetMems: ['memory nodes', String],
  Memory: ['memory limit', mebibytes],
  MemoryReservation: ['memory reservation', mebibytes],
  MemorySwap: ['swap limit', mebibytes],
  NanoCpus: ['CPUs', (value) => String(Number(value) / 1e9)],
  PidsLimit: ['process limit', String],
};

/** Limits that an engine can lift on a living container, and says when its kernel has no control for. */
export type LiftableLimit = 'MemorySwap' | 'PidsLimit';

export interface LimitsContext {
  /** The container was made from the service as it is now. */
  readonly isSameDefinition: boolean;
  /** What the engine leaves out whenever it is asked for. */
  readonly uncontrolled: ReadonlySet<string>;
}

type Limits = Readonly<Record<string, Whole | string | undefined>>;

/**
 * What differs between a service and the HostConfig of its container. A limit that the service does not set counts only
 * where no engine sets it by itself: a default of the engine is not drift, and would be there again after a recreation.
 * Nor does one that a container of the same definition lacks, where no update can have lifted it: this engine discarded it,
 * for its kernel has no such control, and would do so again. Where an update can, the engine has to say so.
 */
export function resourceDifferences(
  service: Service,
  observed: Readonly<Record<string, Whole | string>>,
  { isSameDefinition, uncontrolled }: LimitsContext,
): ResourceDifference[] {
  // Podman keeps CPUs as a quota and shows both; a quota that the file asks for it shows as CPUs too. The quota is the limit.
  const isQuota = isLimit('CpuQuota', observed['CpuQuota']);
  const seen: Limits = isQuota ? { ...observed, NanoCpus: 0 } : observed;
  const updatable = updatableResources(service);
  const said: Limits = { ...(isQuota ? asQuota(updatable) : updatable) };
  const desired: Limits = { ...said, MemorySwap: swapLimit(updatable) };
  return Object.entries(NAMES).flatMap(([member, [name, render]]) => {
    const to = desired[member];
    const from = seen[member];
    if (from === undefined || isSame(to, from)) return [];
    const [isSet, wasSet] = [isLimit(member, to), isLimit(member, from)];
    if (!isSet && !wasSet) return [];
    const isSaid = isLimit(member, said[member]) || isLifted(member, to);
    if (!isSaid && isDefault(member, seen)) return [];
    if (isSameDefinition && isDiscarded(member, from, uncontrolled)) return [];
    const text = (value: Whole | string | undefined): string =>
      value === undefined || !isLimit(member, value) ? 'none' : render(value);
    return [{ name, from: text(from), to: text(to), inPlace: isSet || isLifted(member, to) }];
  });
}

/** The swap limit of a container: an engine gives one with a memory limit as much swap again. */
export function swapLimit({ Memory, MemorySwap }: UpdatableResources): Bytes {
  if (MemorySwap !== 0) return MemorySwap;
  return typeof Memory === 'bigint' ? UNLIMITED : 2 * Memory;
}

/** Whether an engine may have set it so by itself: Podman limits processes, and swap follows memory. */
function isDefault(member: string, seen: Limits): boolean {
  if (member === 'PidsLimit') return seen[member] === PODMAN_PIDS;
  const swap = Number(seen['MemorySwap']);
  return member === 'MemorySwap' && (swap <= 0 || swap === 2 * Number(seen['Memory']));
}

const PODMAN_PIDS = 2048;
const UNLIMITED = -1;

/** Whether the file says that there is no limit, which an update can say too; if it says nothing, neither can that. */
function isLifted(member: string, value: Whole | string | undefined): boolean {
  return member === 'PidsLimit' && Number(value) < 0;
}

/** Whether the engine left out what it was asked for: it shows none of it, which no update can have brought about. */
function isDiscarded(member: string, from: Whole | string, uncontrolled: ReadonlySet<string>): boolean {
  const isUnlimited = member === 'MemorySwap' && from === UNLIMITED;
  if (isUnlimited || (member === 'PidsLimit' && !isLimit(member, from))) return uncontrolled.has(member);
  return !isLimit(member, from);
}

/** An engine's answer is read as numbers, which is as close as it is known. */
function isSame(to: Whole | string | undefined, from: Whole | string): boolean {
  return to === from || (typeof to === 'bigint' && Number(to) === from);
}

function isLimit(member: string, value: Whole | string | undefined): boolean {
  // Any negative number of processes says "unlimited"; an engine keeps it as zero, or not at all.
  if (member === 'PidsLimit') return Number(value ?? 0) > 0;
  return value !== undefined && value !== 0 && value !== '';
}

function mebibytes(value: Whole | string): string {
  const bytes = Number(value);
  if (bytes < 0) return 'unlimited';
  const [unit, size] =
    bytes % 2 ** 30 === 0 ? ['GiB', 2 ** 30] : bytes % 2 ** 20 === 0 ? ['MiB', 2 ** 20] : ['KiB', 2 ** 10];
  return bytes % size === 0 ? `${bytes / size} ${unit}` : `${bytes} B`;
}

function microseconds(value: Whole | string): string {
  return `${value} µs`;
}
