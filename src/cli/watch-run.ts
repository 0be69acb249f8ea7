/**
 * The course of `watch`: one project, or every project of directories, kept as the files say until interrupted. What wakes
 * whom and what is done then is the controller's; here its parts are put together and its words are said.
 */

import { dirname } from 'node:path';
import type { Desired, WatchRequest } from '../controller/watch-request.ts';
import { watch } from '../controller/controller.ts';
import type { ApplyPolicy } from '../controller/operations.ts';
import type { ReconcilerPorts } from '../controller/reconciler.ts';
import type { ProjectStatus } from '../controller/status.ts';
import type { RunOptions } from '../execute/run-context.ts';
import type { ServiceName } from '../model/project.ts';
import { messageOf, UsageError } from '../model/errors.ts';
import { folderOptions, goneProjects, loadDirectories } from './directories.ts';
import type { ExitCode } from './exit.ts';
import { EXIT, InvalidFiles } from './exit.ts';
import type { Invocation } from './invocation.ts';
import { Progress } from './progress.ts';
import { maskOf } from './render/action.ts';
import { diagnosticLine } from './render/diagnostics.ts';
import { renderStatus, statusJson } from './render/status.ts';
import { withPorts } from './session.ts';
import { findTarget, isMissing } from './targets.ts';
import type { LoadCache, LoadOptions } from './wire.ts';
import { createLoadCache, listFolders, loadFiles, systemClock, watchSources } from './wire.ts';

export interface WatchRun {
  readonly words: readonly string[];
  readonly debounceMs: number | undefined;
  readonly resyncMs: number | undefined;
  readonly downOnExit: boolean;
  readonly prune: boolean;
  readonly policy: Partial<ApplyPolicy>;
  readonly options: RunOptions;
  readonly parallel: number | undefined;
}

/** What is watched: the key of a project is its folder in a directory, or the word below. */
type Watched =
  | { readonly kind: 'project'; readonly services: ReadonlySet<ServiceName> | undefined }
  | { readonly kind: 'directories'; readonly directories: readonly string[] };

const ONLY_PROJECT = 'project';
/** A look at resync asks the engine: what was remembered then is older than half of the period. */
const DEFAULT_RESYNC_MS = 300_000;
/** A Compose file that is not there is looked for once more after this long: it is probably being replaced. */
const SECOND_LOOK_MS = 300;

export async function runWatch(invocation: Invocation, run: WatchRun): Promise<ExitCode> {
  const { output, interrupts } = invocation;
  const progress = new Progress({ output, clock: systemClock });
  output.onReaderGone(() => interrupts.end());
  const load = (): Promise<Watched> => findWatched(invocation, run);
  const { parallel, resyncMs = DEFAULT_RESYNC_MS } = run;
  const rememberMs = (resyncMs === 0 ? DEFAULT_RESYNC_MS : resyncMs) / 2;
  await withPorts(invocation, { parallel, rememberMs, load, emit: progress.emit }, async (ports, watched) => {
    progress.start({ namesProject: watched.kind === 'directories', stamps: true });
    await watch(ports, await requestOf(ports, watched, { invocation, run, progress }));
  });
  progress.end();
  return interrupts.happened ? EXIT.interrupted : EXIT.converged;
}

async function findWatched(invocation: Invocation, { words, prune }: WatchRun): Promise<Watched> {
  if (words.length > 0) {
    const target = await findTarget(invocation, words);
    if (target.kind === 'directories') return target;
    return { kind: 'project', services: target.services };
  }
  if (prune) throw new UsageError('--prune is about a directory of projects: reeve watch DIR --prune');
  // A file that does not load may be mended while it is watched; where there is none there is nothing to watch.
  const loaded = await loadFiles(invocation.loadOptions);
  if (!loaded.ok && isMissing(loaded)) throw new InvalidFiles(loaded.diagnostics);
  return { kind: 'project', services: undefined };
}

/** What went from the directories while nobody watched; throws when one of them cannot be read. */
async function goneBefore(
  { state }: ReconcilerPorts,
  directories: readonly string[],
  invocation: Invocation,
): Promise<NonNullable<WatchRequest['gone']>> {
  const present = await loadDirectories({ ...invocation, output: invocation.output.muted() }, directories);
  return directories.flatMap((directory) => goneProjects(state, directory, present));
}

interface Parts {
  readonly invocation: Invocation;
  readonly run: WatchRun;
  readonly progress: Progress;
}

async function requestOf(ports: ReconcilerPorts, watched: Watched, parts: Parts): Promise<WatchRequest> {
  const { invocation, run, progress } = parts;
  const { loadOptions, interrupts, output } = invocation;
  const directories = watched.kind === 'directories' ? watched.directories : [];
  const sources = await watchSources({
    engine: ports.engine,
    directories,
    debounceMs: run.debounceMs,
    resyncMs: run.resyncMs,
    onProblem: ({ path, message }) => output.warn(`${path}: ${message}`),
  });
  const caches = new Map<string, LoadCache>();
  const services = watched.kind === 'project' ? watched.services : undefined;
  return {
    keys: watched.kind === 'project' ? [ONLY_PROJECT] : [],
    gone: await goneBefore(ports, directories, invocation),
    load: async (key) => {
      const cache = caches.get(key) ?? (await createLoadCache());
      caches.set(key, cache);
      const options = { ...(watched.kind === 'project' ? loadOptions : folderOptions(loadOptions, key)), cache };
      return loadDesired(options, watched, interrupts.signal);
    },
    onProject: ({ name, sensitiveValues }) => progress.maskProject(name, maskOf(sensitiveValues)),
    files: sources.files,
    ...(sources.directories && { directories: sources.directories }),
    sources: sources.others,
    policy: { ...run.policy, services },
    options: run.options,
    prune: run.prune,
    directoryOf: (key) => directories.find((directory) => dirname(key) === directory),
    downOnExit: run.downOnExit,
    drain: interrupts.drain,
    signal: interrupts.signal,
    announce: (status) => say(status, invocation, progress),
  };
}

async function loadDesired(options: LoadOptions, watched: Watched, signal: AbortSignal): Promise<Desired> {
  let loaded = await loadFiles(options);
  if (isMissing(loaded)) {
    await systemClock.delay(SECOND_LOOK_MS, signal);
    loaded = await loadFiles(options);
  }
  if (loaded.ok) return { kind: 'project', project: loaded.project, files: loaded.project.inputFiles };
  const files = loaded.inputFiles;
  if (watched.kind === 'directories' && isMissing(loaded)) {
    const problem = await problemOf(dirname(options.cwd));
    return problem === undefined ? { kind: 'gone' } : { kind: 'invalid', messages: [problem], files };
  }
  return { kind: 'invalid', messages: loaded.diagnostics.map(diagnosticLine), files };
}

/** A directory that is not there (moved, not mounted) says nothing about its projects: none of them is gone for that. */
async function problemOf(directory: string): Promise<string | undefined> {
  try {
    await listFolders(directory);
    return undefined;
  } catch (error) {
    return `the directory ${directory} cannot be read: ${messageOf(error)}`;
  }
}

function say(status: ProjectStatus, { output }: Invocation, progress: Progress): void {
  if (output.json) output.object(statusJson(status, systemClock.now()));
  else if (output.isSaid(status.state === 'stalled' ? 'error' : 'info'))
    output.block(progress.stamp() + renderStatus(status, output.errorStyle));
}
