/**
 * Engine notices -> keys. It decides which of them can matter to a project, and for how long one of them may wait for
 * the next; what happened is for the reconciler to observe.
 *
 * A `die` waits a little: `docker rm -f` and `docker stop` follow it with `destroy` and `stop`, which wake the key
 * without waiting, so that one run sees the end of the story and not its middle. Images carry no project and networks
 * often none: they hint at every project they may concern, at low priority.
 */

import type { Engine, EngineNotice } from '../engine/engine.ts';
import type { Emit, Source, Wake } from './source.ts';
import { PRIORITY } from './source.ts';

/** The keys that notices can wake, as known at that moment. */
export interface KnownKeys {
  all(): Iterable<string>;
  /** Empty for a project that is not ours. */
  ofProject(project: string): Iterable<string>;
}

export interface EngineEventsOptions {
  readonly engine: Pick<Engine, 'subscribe'>;
  readonly keys: KnownKeys;
}

/** Between the `die` and the `destroy` of `docker rm -f`, on a quick machine. */
const DIE_DELAY_MS = 10;
/** A busy engine is one hint now and then, not an observation of every project for each of its containers. */
const HINT: Wake = { priority: PRIORITY.hint, delayMs: 2_000 };
const NOTICE: Wake = { priority: PRIORITY.notice };

/** What can make a container differ from what is desired. Not here: kill (die follows), exec_*, attach, top, copy … */
const CONTAINER_WAKES: ReadonlyMap<string, Wake> = new Map([
  ['create', NOTICE],
  ['destroy', NOTICE],
  ['die', { ...NOTICE, delayMs: DIE_DELAY_MS }],
  ['health_status', NOTICE],
  ['oom', NOTICE],
  ['pause', NOTICE],
  ['rename', NOTICE],
  ['restart', NOTICE],
  ['start', NOTICE],
  ['stop', NOTICE],
  ['unpause', NOTICE],
  ['update', NOTICE],
]);
const NETWORK_ACTIONS = new Set(['create', 'connect', 'disconnect', 'destroy', 'remove', 'update']);
/** Every container that is nobody's joins and leaves these; the engine neither makes nor removes them. */
const PREDEFINED_NETWORKS = new Set(['bridge', 'host', 'none']);
const VOLUME_ACTIONS = new Set(['create', 'destroy', 'remove']);
/** A name may stand for another image now. */
const IMAGE_ACTIONS = new Set(['pull', 'tag', 'load', 'import']);

export function engineEventsSource({ engine, keys }: EngineEventsOptions): Source {
  return {
    start(emit, signal) {
      if (signal.aborted) return Promise.reject(signal.reason);
      const unsubscribe = engine.subscribe((notice) => wake(notice, keys, emit));
      signal.addEventListener('abort', unsubscribe, { once: true });
      return Promise.resolve();
    },
  };
}

function wake(notice: EngineNotice, keys: KnownKeys, emit: Emit): void {
  const wakeAll = (woken: Iterable<string>, how: Wake): void => {
    for (const key of woken) emit(key, how);
  };
  switch (notice.kind) {
    case 'connected':
    // To find out, and to say so, that the engine is not there: nothing else would tell of it while all is at rest.
    case 'disconnected':
      return wakeAll(keys.all(), NOTICE);
    case 'container': {
      const how = CONTAINER_WAKES.get(notice.action);
      if (how !== undefined && notice.project !== undefined) wakeAll(keys.ofProject(notice.project), how);
      return;
    }
    case 'network':
      if (NETWORK_ACTIONS.has(notice.action) && !PREDEFINED_NETWORKS.has(notice.name)) wakeUsers(notice, keys, wakeAll);
      return;
    case 'volume':
      if (VOLUME_ACTIONS.has(notice.action)) wakeUsers(notice, keys, wakeAll);
      return;
    case 'image':
      if (IMAGE_ACTIONS.has(notice.action)) wakeAll(keys.all(), HINT);
      return;
  }
}

/** The project of a network or volume is its label where the engine gives it, else it is read from `project_name`. */
function wakeUsers(
  { name, project }: { readonly name: string; readonly project: string | undefined },
  keys: KnownKeys,
  wakeAll: (woken: Iterable<string>, how: Wake) => void,
): void {
  const owners =
    project === undefined
      ? prefixesOf(name).flatMap((prefix) => [...keys.ofProject(prefix)])
      : [...keys.ofProject(project)];
  if (owners.length > 0) return wakeAll(owners, NOTICE);
  // One with a name of its own or an external one: any project may use it.
  wakeAll(keys.all(), HINT);
}

/** `a_b_c` -> `a`, `a_b`: a project's name may hold the separator too. */
function prefixesOf(name: string): string[] {
  const parts = name.split('_');
  return parts.slice(1).map((_, index) => parts.slice(0, index + 1).join('_'));
}
