/**
 * What an engine holds, kept up to date by its notices, so that looking at a project in which nothing happened asks
 * the engine nothing. After the informers of Kubernetes: list, then listen, and list again after every reconnection.
 *
 * It must never be right only as long as every notice arrives. A notice names a thing, and the thing is asked for again
 * (informer.ts); lists are due again at a certain age; what is remembered says how old it is, and who is about to act on it
 * asks for something younger (reconciler.ts). What our own calls touch is named by the call itself, not by its notice,
 * and a call that fails puts its project in doubt: a conflict means that the memory is wrong somewhere.
 *
 * Containers and images are kept a project, and only of projects that somebody looks at. Networks and volumes are kept
 * as a whole, because their notices carry no project and their names may be taken by anybody.
 * Not done: to build the state of a container from notices alone. They say too little, and differ between engines.
 */

import { isDeepStrictEqual } from 'node:util';
import type { Clock } from '../clock.ts';
import type {
  ObservedContainer,
  ObservedImage,
  ObservedNetwork,
  ObservedProject,
  ObservedVolume,
} from '../model/observed.ts';
import { LABEL } from '../model/owner.ts';
import type { EngineNotice, ObserveRequest, Sight } from './engine.ts';
import { Informer } from './informer.ts';
import { withTakenNames } from './name-holders.ts';
import { withUsers } from './users.ts';

interface KnownProject {
  /** No two have the same: what is made known anew is not what was known. */
  readonly mark: number;
  readonly containers: Informer<ObservedContainer>;
  readonly images: Informer<readonly [ref: string, image: ObservedImage]>;
  /** References that its images are asked for. */
  refs: ReadonlySet<string>;
  /** What of networks and volumes was shown last, and how often that was something else than before. */
  shared: { readonly networks: readonly ObservedNetwork[]; readonly volumes: readonly ObservedVolume[] };
  changes: number;
}

/** Notices after which a container is what it was before. A word that is not here is looked after. */
const HARMLESS = new Set([
  'archive-path',
  'attach',
  'commit',
  'copy',
  'detach',
  'exec_create',
  'exec_detach',
  'exec_die',
  'exec_start',
  'export',
  'extract-to-dir',
  'kill',
  'resize',
  'top',
]);
/** A volume is the same before and after a container uses it. */
const HARMLESS_TO_VOLUMES = new Set(['mount', 'unmount']);
const JOINING = new Set(['connect', 'disconnect']);

export class ObservedWorld {
  readonly #sight: Sight;
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #maxAgeMs: number;
  readonly #projects = new Map<string, KnownProject>();
  readonly #networks: Informer<ObservedNetwork>;
  readonly #volumes: Informer<ObservedVolume>;
  #isLive = false;
  #marks = 0;

  /** `maxAgeMs`: what is remembered for longer is asked for again, although nothing was heard of it. */
  constructor(
    sight: Sight,
    { clock, maxAgeMs }: { readonly clock: Pick<Clock, 'monotonic'>; readonly maxAgeMs: number },
  ) {
    this.#sight = sight;
    this.#clock = clock;
    this.#maxAgeMs = maxAgeMs;
    this.#networks = new Informer(
      {
        list: (signal) => sight.listNetworks(signal),
        find: (key, signal) => sight.inspectNetwork(key, signal),
        keyOf: ({ id }) => id,
      },
      clock,
    );
    this.#volumes = new Informer(
      {
        list: (signal) => sight.listVolumes(signal),
        find: (key, signal) => sight.inspectVolume(key, signal),
        keyOf: ({ name }) => name,
      },
      clock,
    );
  }

  /** False until the notices come, and again while they do not: then nothing that is remembered may be trusted. */
  get isLive(): boolean {
    return this.#isLive;
  }

  async observe(request: ObserveRequest, signal: AbortSignal): Promise<ObservedProject> {
    const { project, maxAgeMs = this.#maxAgeMs } = request;
    const sight = this.#sight;
    const beganMs = this.#clock.monotonic();
    const known = this.#known(request);
    const { containers, images } = known;
    const parts = [containers, images, this.#networks, this.#volumes];
    const asOfMs = await Promise.all(parts.map((part) => part.refresh(beganMs - maxAgeMs, signal)));
    const isOwn = (labels: Readonly<Record<string, string>>): boolean => labels[LABEL.project] === project;
    const networks = this.#networks.known(
      ({ id, name, labels }) => isOwn(labels) || request.networks.includes(name) || request.networks.includes(id),
    );
    const volumes = this.#volumes.known(({ name, labels }) => isOwn(labels) || request.volumes.includes(name));
    if (!isDeepStrictEqual(known.shared, { networks, volumes })) known.changes += 1;
    known.shared = { networks, volumes };
    const ageMs = beganMs - Math.min(...asOfMs);
    const own = containers.known(() => true);
    return {
      name: project,
      containers: own,
      ...(await withTakenNames(request, own, (names) => sight.holdersOf(names, project, signal))),
      // Not remembered: they matter for what is about to be replaced, and nothing else needs them.
      networks: await withUsers(request, networks, ({ id }) => sight.usersOf({ network: id }, project, signal)),
      volumes: await withUsers(request, volumes, ({ name }) => sight.usersOf({ volume: name }, project, signal)),
      images: new Map(images.known(([ref]) => request.images.includes(ref))),
      ...(ageMs > 0 && { ageMs }),
      version: [known.mark, containers.version, images.version, known.changes].join('.'),
    };
  }

  /** Takes a notice of the engine. */
  hear(notice: EngineNotice): void {
    switch (notice.kind) {
      case 'connected':
        this.#isLive = true;
        return this.#forget();
      case 'disconnected':
        this.#isLive = false;
        return;
      case 'container':
        if (notice.action === 'prune') return this.#forget();
        if (!HARMLESS.has(notice.action)) this.nameContainer(notice.containerId, notice.project);
        return;
      case 'network':
        return this.#hearOfNetwork(notice);
      case 'volume':
        if (notice.action === 'prune') this.#volumes.doubt();
        else if (!HARMLESS_TO_VOLUMES.has(notice.action)) this.#volumes.name(notice.name);
        return;
      case 'image':
        // A name may stand for another image now, and the notice may call it by its id.
        for (const { images } of this.#projects.values()) images.doubt();
        return;
    }
  }

  nameContainer(id: string, project?: string): void {
    if (project !== undefined) return this.#projects.get(project)?.containers.name(id);
    for (const { containers } of this.#projects.values()) if (containers.mayHave(id)) containers.name(id);
  }

  nameNetwork(nameOrId: string): void {
    this.#networks.name(nameOrId);
    for (const { id } of this.#networks.known(({ name }) => name === nameOrId)) this.#networks.name(id);
  }

  nameVolume(name: string): void {
    this.#volumes.name(name);
  }

  doubtImages(): void {
    for (const { images } of this.#projects.values()) images.doubt();
  }

  /** Something about it is not as it was remembered. */
  doubtProject(project: string): void {
    this.#projects.delete(project);
    this.#networks.doubt();
    this.#volumes.doubt();
  }

  doubtContainer(containerId: string): void {
    for (const [project, { containers }] of this.#projects)
      if (containers.mayHave(containerId)) this.doubtProject(project);
  }

  doubtNetwork(nameOrId: string): void {
    const owners = this.#networks.known(({ id, name }) => id === nameOrId || name === nameOrId);
    this.#doubtOwners(owners);
  }

  doubtVolume(volume: string): void {
    this.#doubtOwners(this.#volumes.known(({ name }) => name === volume));
  }

  #doubtOwners(owned: readonly { readonly labels: Readonly<Record<string, string>> }[]): void {
    for (const { labels } of owned) this.doubtProject(labels[LABEL.project] ?? '');
    this.#networks.doubt();
    this.#volumes.doubt();
  }

  #hearOfNetwork({ action, id, containerId }: Extract<EngineNotice, { kind: 'network' }>): void {
    if (action === 'prune') return this.#networks.doubt();
    if (containerId !== undefined) this.nameContainer(containerId);
    if (!JOINING.has(action)) this.#networks.name(id);
  }

  /** Every project is made known anew when it is next looked at; those that nobody looks at any more are not. */
  #forget(): void {
    this.#projects.clear();
    this.#networks.doubt();
    this.#volumes.doubt();
  }

  #known({ project, images }: ObserveRequest): KnownProject {
    const known = this.#projects.get(project) ?? this.#newProject(project);
    this.#projects.set(project, known);
    if (images.some((ref) => !known.refs.has(ref))) known.images.doubt();
    known.refs = new Set(images);
    return known;
  }

  #newProject(project: string): KnownProject {
    const sight = this.#sight;
    const known: KnownProject = {
      mark: (this.#marks += 1),
      refs: new Set(),
      shared: { networks: [], volumes: [] },
      changes: 0,
      containers: new Informer(
        {
          list: (signal) => sight.listContainers(project, signal),
          find: async (key, signal) => {
            const container = await sight.inspectContainer(key, signal);
            return container?.project === project ? container : undefined;
          },
          keyOf: ({ id }) => id,
        },
        this.#clock,
      ),
      images: new Informer(
        {
          list: async (signal) => {
            const find = async (ref: string) => [ref, await sight.inspectImage(ref, signal)] as const;
            const found = await Promise.all([...known.refs].map(find));
            return found.flatMap(([ref, image]) => (image ? [[ref, image] as const] : []));
          },
          find: async (ref, signal) => {
            const image = await sight.inspectImage(ref, signal);
            return image && ([ref, image] as const);
          },
          keyOf: ([ref]) => ref,
        },
        this.#clock,
      ),
    };
    return known;
  }
}
