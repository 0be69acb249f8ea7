/**
 * Joins the parts by hand: the only file that names adapters. Each is loaded when it is asked for, so that a command pays
 * only for what it uses. Nothing here decides; nothing here is kept between two calls.
 */

import { systemClock } from '../clock.ts';
import { Backoff } from '../controller/backoff.ts';
import type { FileWatch, KnownKeys, WakeSource } from '../controller/watch-request.ts';
import type { ReconcileEvent, ReconcilerPorts } from '../controller/reconciler.ts';
import type { LoadCache } from '../compose/load-cache.ts';
import type { LoadOptions, LoadResult } from '../compose/options.ts';
import type { Engine } from '../engine/engine.ts';
import type { Project } from '../model/project.ts';
import type { ProjectFolder } from '../source/directory.ts';
import type { SourceProblem } from '../source/source.ts';
import type { State } from '../state/state.ts';

export type { Diagnostic } from '../compose/diagnostic.ts';
export type { LoadCache } from '../compose/load-cache.ts';
export type { LoadOptions, LoadResult } from '../compose/options.ts';
export type { ProjectFolder } from '../source/directory.ts';
export { nearest } from '../compose/suggestion.ts';
export { systemClock } from '../clock.ts';

/** The engine and what is remembered of it. */
export interface Connection {
  readonly engine: Engine;
  readonly state: State;
  close(): Promise<void>;
}

export interface ConnectionOptions {
  /** From `--host`. */
  readonly host: string | undefined;
  readonly signal: AbortSignal;
  /** Told when the engine does not answer, and when it does again. */
  readonly onSilence?: (text: string) => void;
  /** Told, before the engine is reached, what is wrong with the settings that say where and how. */
  readonly onNotice?: (text: string) => void;
}

/** Reaches the engine and opens its state; what that takes is loaded while the engine answers. */
export async function openConnection(options: ConnectionOptions): Promise<Connection> {
  const reaching = openEngine(options);
  reaching.catch(() => {});
  await nextTurn();
  const { loadLibraries, openState } = await import('../state/sqlite.ts');
  loadLibraries();
  const engine = await reaching;
  try {
    const state = openState({ engineId: engine.info().id, environment: process.env });
    return { engine, state, close: () => closeBoth(engine, state) };
  } catch (error) {
    await engine.close();
    throw error;
  }
}

export async function openEngine({ host, signal, onSilence, onNotice }: ConnectionOptions): Promise<Engine> {
  const [{ connect }, { configNotice }] = await Promise.all([
    import('../engine/connect.ts'),
    import('../engine/address.ts'),
  ]);
  const notice = onNotice && configNotice(process.env);
  if (notice !== undefined) onNotice?.(notice);
  return connect({ ...(host !== undefined && { host }), signal, ...(onSilence && { onSilence }) });
}

/** What was asked of the engine is on its way by then: what takes the thread for a while comes after it. */
export async function nextTurn(): Promise<void> {
  await new Promise(setImmediate);
}

async function closeBoth(engine: Engine, state: State): Promise<void> {
  try {
    state.close();
  } finally {
    await engine.close();
  }
}

export interface PortsOptions {
  /** Engine calls in flight; default: lanes.ts. */
  readonly parallel: number | undefined;
  /** For how long the engine is not asked what nothing was heard of; default: remembering-engine.ts. */
  readonly rememberMs?: number | undefined;
  readonly emit: (event: ReconcileEvent) => void;
}

/** What the reconciler needs, on an open connection. */
export async function reconcilerPorts(
  connection: Connection,
  { parallel, rememberMs, emit }: PortsOptions,
): Promise<ReconcilerPorts> {
  const [{ createLanes }, { RememberingEngine }] = await Promise.all([
    import('../execute/lanes.ts'),
    import('../engine/remembering-engine.ts'),
  ]);
  const { state } = connection;
  const engine = new RememberingEngine(connection.engine, { clock: systemClock, maxAgeMs: rememberMs });
  const crashes = new Backoff({ clock: systemClock, random: Math.random });
  return { engine, state, lanes: createLanes({ parallel }), clock: systemClock, crashes, emit };
}

/** Reads the files of one project. */
export async function loadFiles(options: LoadOptions): Promise<LoadResult> {
  const { loadProject } = await import('../compose/index.ts');
  return loadProject(options);
}

/** What a watcher keeps between two loads of one project. */
export async function createLoadCache(): Promise<LoadCache> {
  const { LoadCache } = await import('../compose/index.ts');
  return new LoadCache();
}

/** A project as text that can be read in again. */
export async function printModel(project: Project, format: 'json' | 'json-line' | 'yaml'): Promise<string> {
  const { printProject } = await import('../compose/index.ts');
  return printProject(project, format);
}

/** The project with only some services, what they depend on and what those use. */
export async function selectServices(project: Project, services: readonly string[]): Promise<Project> {
  const compose = await import('../compose/index.ts');
  return compose.selectServices(project, services);
}

/** The projects of a directory; rejects when it cannot be read. */
export async function listFolders(directory: string): Promise<ProjectFolder[]> {
  const { listProjects } = await import('../source/directory.ts');
  return listProjects(directory);
}

export interface WatchSourcesOptions {
  readonly engine: Engine;
  /** Directories of projects. */
  readonly directories: readonly string[];
  /** undefined: the sources' own defaults. */
  readonly debounceMs: number | undefined;
  readonly resyncMs: number | undefined;
  readonly onProblem: (problem: SourceProblem) => void;
}

export interface WatchSources {
  readonly files: FileWatch;
  /** Absent without directories. */
  readonly directories: WakeSource | undefined;
  /** Engine events and resync, for the keys there are. */
  readonly others: (keys: KnownKeys) => readonly WakeSource[];
}

/** What wakes the keys of `watch`. */
export async function watchSources(options: WatchSourcesOptions): Promise<WatchSources> {
  const { engine, directories, debounceMs, resyncMs, onProblem } = options;
  const [{ fileSource }, { directorySource }, { engineEventsSource }, { resyncSource }] = await Promise.all([
    import('../source/files.ts'),
    import('../source/directory.ts'),
    import('../source/engine-events.ts'),
    import('../source/resync.ts'),
  ]);
  const clock = systemClock;
  const debounce = debounceMs !== undefined && { debounceMs };
  const sources = directories.map((directory) => directorySource({ directory, clock, onProblem, ...debounce }));
  return {
    files: fileSource({ clock, onProblem, ...debounce }),
    directories: sources.length === 0 ? undefined : all(sources),
    others: (keys) => [
      engineEventsSource({ engine, keys }),
      resyncSource({
        keys: () => keys.all(),
        clock,
        random: Math.random,
        ...(resyncMs !== undefined && { everyMs: resyncMs }),
      }),
    ],
  };
}

function all(sources: readonly WakeSource[]): WakeSource {
  return {
    start: async (emit, signal) => {
      await Promise.all(sources.map((source) => source.start(emit, signal)));
    },
  };
}
