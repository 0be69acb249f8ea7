/**
 * The engine's lists and inspects -> ObservedProject. On the path from a lost container to its replacement, so
 * everything that can run at the same time does. Something that vanishes between a list and its inspect was not there.
 */

import type {
  ObservedContainer,
  ObservedImage,
  ObservedNetwork,
  ObservedProject,
  ObservedVolume,
} from '../model/observed.ts';
import { isHookContainer, LABEL } from '../model/owner.ts';
import type { ContainerListItem, ImageAnswer, NetworkAnswer, VolumeAnswer } from './answers.ts';
import { inspectContainer } from './containers.ts';
import type { ObserveRequest } from './engine.ts';
import { holdersOf, withTakenNames } from './name-holders.ts';
import { parseContainer } from './observed-container.ts';
import { parseImage } from './observed-image.ts';
import { isInvalidReference } from './faults.ts';
import { usersOf, withUsers } from './users.ts';
import type { Wire } from './wire.ts';

/** Snapshot of one project. */
export async function observeProject(
  wire: Wire,
  request: ObserveRequest,
  signal: AbortSignal,
): Promise<ObservedProject> {
  const { project } = request;
  const [containers, networks, volumes, images] = await Promise.all([
    listContainers(wire, project, signal),
    observeNetworks(wire, request, signal),
    observeVolumes(wire, request, signal),
    observeImages(wire, request.images, signal),
  ]);
  const taken = await withTakenNames(request, containers, (names) => holdersOf(wire, names, project, signal));
  return { name: project, containers, networks, volumes, images, ...taken };
}

/** Names of all projects that own something on the engine, sorted. */
export async function listProjects(wire: Wire, signal: AbortSignal): Promise<string[]> {
  const filters = { label: [LABEL.project] };
  const [containers, networks, volumes] = await Promise.all([
    wire.json<ContainerListItem[]>({
      what: 'list containers',
      path: '/containers/json',
      query: { all: true, filters },
      signal,
    }),
    wire.json<NetworkAnswer[]>({ what: 'list networks', path: '/networks', query: { filters }, signal }),
    wire.json<{ Volumes?: VolumeAnswer[] | null }>({
      what: 'list volumes',
      path: '/volumes',
      query: { filters },
      signal,
    }),
  ]);
  const owned = [...(containers ?? []), ...(networks ?? []), ...(volumes?.Volumes ?? [])];
  const names = owned.flatMap(({ Labels }) => Labels?.[LABEL.project] ?? []);
  return [...new Set(names)].toSorted();
}

/** undefined: the engine has no such image. */
export async function inspectImage(wire: Wire, ref: string, signal: AbortSignal): Promise<ObservedImage | undefined> {
  const what = `inspect image ${ref}`;
  try {
    const image = await wire.find<ImageAnswer>({ what, path: `/images/${imagePath(ref)}/json`, signal });
    return image && parseImage(image);
  } catch (error) {
    // What can be no name is the name of nothing; it must not hold up the rest of a project.
    if (isInvalidReference(error)) return undefined;
    throw error;
  }
}

/** Names of a service's containers, without those of `run` and of hooks. */
export async function containerNames(
  wire: Wire,
  project: string,
  service: string,
  signal: AbortSignal,
): Promise<string[]> {
  const label = [`${LABEL.project}=${project}`, `${LABEL.service}=${service}`, `${LABEL.oneoff}=False`];
  const items = await wire.json<ContainerListItem[]>({
    what: `list containers of ${service}`,
    path: '/containers/json',
    query: { all: true, filters: { label } },
    signal,
  });
  return (items ?? [])
    .filter((item) => !isHookContainer(item.Labels ?? {}))
    .map(nameOf)
    .toSorted();
}

/** All with the project's label. */
export async function listContainers(wire: Wire, project: string, signal: AbortSignal): Promise<ObservedContainer[]> {
  const items = await wire.json<ContainerListItem[]>({
    what: `list containers of project ${project}`,
    path: '/containers/json',
    query: { all: true, filters: byProject(project) },
    signal,
  });
  const inspected = await eachInLanes(wire, items ?? [], ({ Id }) => inspectContainer(wire, Id, signal));
  return inspected.filter((answer) => answer !== undefined).map(parseContainer);
}

/**
 * How many are asked for at a time: each call in flight has a socket of its own, which costs more than the answer, and over
 * ssh a process. To read an answer takes this process about as long as an engine at hand takes to give it, so there few are
 * enough; from afar the way is what takes long. Of one project only, so that a container whose inspect hangs holds up no other.
 */
const LANES = { near: 4, far: 8 } as const;

async function eachInLanes<T, R>(wire: Wire, items: readonly T[], ask: (item: T) => Promise<R>): Promise<R[]> {
  const answers: R[] = [];
  const rest = items.entries();
  const lane = async (): Promise<void> => {
    for (const [index, item] of rest) answers[index] = await ask(item);
  };
  await Promise.all(Array.from({ length: wire.isNear ? LANES.near : LANES.far }, lane));
  return answers;
}

/** All there are. */
export async function listNetworks(wire: Wire, signal: AbortSignal): Promise<ObservedNetwork[]> {
  const networks = await wire.json<NetworkAnswer[]>({ what: 'list networks', path: '/networks', signal });
  return (networks ?? []).map(networkOf);
}

export async function inspectNetwork(
  wire: Wire,
  nameOrId: string,
  signal: AbortSignal,
): Promise<ObservedNetwork | undefined> {
  const network = await wire.find<NetworkAnswer>({
    what: `inspect network ${nameOrId}`,
    path: `/networks/${encodeURIComponent(nameOrId)}`,
    signal,
  });
  return network && networkOf(network);
}

/** All there are, or those of a project. */
export async function listVolumes(
  wire: Wire,
  project: string | undefined,
  signal: AbortSignal,
): Promise<ObservedVolume[]> {
  const listed = await wire.json<{ Volumes?: VolumeAnswer[] | null }>({
    what: project === undefined ? 'list volumes' : `list volumes of project ${project}`,
    path: '/volumes',
    query: project === undefined ? {} : { filters: byProject(project) },
    signal,
  });
  return (listed?.Volumes ?? []).map(volumeOf);
}

export async function inspectVolume(
  wire: Wire,
  name: string,
  signal: AbortSignal,
): Promise<ObservedVolume | undefined> {
  const volume = await wire.find<VolumeAnswer>({
    what: `inspect volume ${name}`,
    path: `/volumes/${encodeURIComponent(name)}`,
    signal,
  });
  return volume && volumeOf(volume);
}

/** One unfiltered list: a name may be taken by a network of another project, or twice. */
async function observeNetworks(wire: Wire, request: ObserveRequest, signal: AbortSignal): Promise<ObservedNetwork[]> {
  const asked = new Set(request.networks);
  const networks = await listNetworks(wire, signal);
  const found = networks.filter(
    ({ id, name, labels }) => labels[LABEL.project] === request.project || asked.has(name) || asked.has(id),
  );
  return await withUsers(request, found, ({ id }) => usersOf(wire, { network: id }, request.project, signal));
}

async function observeVolumes(wire: Wire, request: ObserveRequest, signal: AbortSignal): Promise<ObservedVolume[]> {
  const own = await listVolumes(wire, request.project, signal);
  const known = new Set(own.map(({ name }) => name));
  const others = await Promise.all(
    request.volumes.filter((name) => !known.has(name)).map((name) => inspectVolume(wire, name, signal)),
  );
  const found = [...own, ...others.filter((volume) => volume !== undefined)];
  return await withUsers(request, found, ({ name }) => usersOf(wire, { volume: name }, request.project, signal));
}

function networkOf(answer: NetworkAnswer): ObservedNetwork {
  return {
    id: answer.Id,
    name: answer.Name,
    driver: answer.Driver ?? '',
    options: answer.Options ?? {},
    internal: answer.Internal ?? false,
    attachable: answer.Attachable ?? false,
    ipv6: answer.EnableIPv6 ?? false,
    pools: (answer.IPAM?.Config ?? []).map(({ Subnet, Gateway, IPRange, AuxiliaryAddresses }) => ({
      ...(Subnet ? { subnet: Subnet } : {}),
      ...(Gateway ? { gateway: Gateway } : {}),
      ...(IPRange ? { ip_range: IPRange } : {}),
      ...(AuxiliaryAddresses ? { aux_addresses: AuxiliaryAddresses } : {}),
    })),
    labels: answer.Labels ?? {},
    usedBy: [],
  };
}

function volumeOf({ Name, Driver, Options, Labels }: VolumeAnswer): ObservedVolume {
  return { name: Name, driver: Driver ?? '', options: Options ?? {}, labels: Labels ?? {}, usedBy: [] };
}

function nameOf({ Names }: ContainerListItem): string {
  return (Names?.[0] ?? '').replace(/^\//, '');
}

async function observeImages(
  wire: Wire,
  refs: readonly string[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, ObservedImage>> {
  const images = new Map<string, ObservedImage>();
  await Promise.all(
    [...new Set(refs)].map(async (ref) => {
      const image = await inspectImage(wire, ref, signal);
      if (image) images.set(ref, image);
    }),
  );
  return images;
}

function byProject(project: string): object {
  return { label: [`${LABEL.project}=${project}`] };
}

/** A reference in a path keeps its slashes; everything else that is special there is escaped. */
function imagePath(ref: string): string {
  return ref.split('/').map(encodeURIComponent).join('/');
}
