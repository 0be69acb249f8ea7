/**
 * The course of `apply`, and of `start`, `restart` and `hooks retry`, which are `apply` with another policy: load, connect,
 * converge every project that is meant, wait where asked, say how it ended.
 */

import type { ApplyPolicy } from '../controller/operations.ts';
import { apply } from '../controller/operations.ts';
import { newRenewal } from '../controller/renewal.ts';
import type { ReconcileResult, ReconcilerPorts } from '../controller/reconciler.ts';
import type { RunOptions } from '../execute/run-context.ts';
import type { Project, ServiceName } from '../model/project.ts';
import type { Job } from './converge.ts';
import { converge } from './converge.ts';
import type { FolderProject } from './directories.ts';
import { goneProjects, loadDirectories, refuseEmpty } from './directories.ts';
import type { ExitCode } from './exit.ts';
import { TimeIsUp } from './exit.ts';
import { holdNotes } from './hold-notes.ts';
import type { Invocation } from './invocation.ts';
import { recallProject } from './known-project.ts';
import { Progress } from './progress.ts';
import type { Prune, PruneJob } from './prune.ts';
import { leftNote, pruneJobs, refusePruneOfOne } from './prune.ts';
import { convergeUntilReady, unreadyLines } from './ready.ts';
import { maskOf } from './render/action.ts';
import { renderDuration } from './render/time.ts';
import type { Scale } from './scale.ts';
import { refuseScaleOfMany, scaled } from './scale.ts';
import { withPorts } from './session.ts';
import type { Target } from './targets.ts';
import { findServices, findTarget, loadProject, servicesOf } from './targets.ts';
import { systemClock } from './wire.ts';

export interface ApplyRun {
  /** For the lease, the history and people. */
  readonly command: string;
  /** Services or directories. */
  readonly words: readonly string[];
  /** Words are services, never directories. */
  readonly onlyServices?: boolean;
  /** What is asked for, once the services are known. */
  readonly policyOf: (project: Project, services: ReadonlySet<ServiceName> | undefined) => Partial<ApplyPolicy>;
  /** `--scale`; undefined: as the files say. */
  readonly scale?: Scale | undefined;
  readonly options: RunOptions;
  readonly releaseStopped: boolean | ((services: ReadonlySet<ServiceName> | undefined) => boolean);
  readonly parallel?: number | undefined;
  readonly wait: boolean;
  readonly waitTimeoutMs: number | undefined;
  /** Take down what was applied from a directory and is gone from it; undefined: leave it alone. */
  readonly prune?: Prune | undefined;
  /** Last thing before the first round of a project. */
  readonly prepare?: (ports: ReconcilerPorts, project: Project, signal: AbortSignal) => Promise<void>;
}

type Loaded =
  | { readonly kind: 'project'; readonly project: Project; readonly services: ReadonlySet<ServiceName> | undefined }
  /** A name alone: the project by the files of its last apply, wherever this is. */
  | { readonly kind: 'recall'; readonly name: string }
  | {
      readonly kind: 'directories';
      readonly directories: readonly string[];
      readonly folders: readonly FolderProject[];
    };

type Located = Exclude<Loaded, { kind: 'recall' }>;

export async function runApply(invocation: Invocation, run: ApplyRun): Promise<ExitCode> {
  const { output, interrupts } = invocation;
  const progress = new Progress({ output, clock: systemClock });
  const deadline = deadlineOf(run.waitTimeoutMs);
  try {
    return await withPorts(
      invocation,
      { parallel: run.parallel, load: () => load(invocation, run), emit: progress.emit },
      async (ports, found) => {
        const loaded = found.kind === 'recall' ? await recall(ports, invocation, run, found.name) : found;
        const control = {
          ...run,
          drain: interrupts.drain,
          signal: AbortSignal.any([interrupts.signal, deadline.signal]),
        };
        for (const project of projectsOf(loaded)) progress.maskProject(project.name, maskOf(project.sensitiveValues));
        const fromDirectory = loaded.kind === 'directories';
        const pruning = fromDirectory ? goneJobs(ports, loaded, control, invocation) : [];
        const jobs = [...jobsOf(ports, loaded, control, pruning), ...pruning];
        return converge(jobs, { invocation, progress, word: 'converged', fromDirectory });
      },
    );
  } finally {
    deadline.cancel();
    progress.end();
  }
}

async function load(invocation: Invocation, run: ApplyRun): Promise<Loaded> {
  const { file, 'project-name': name } = invocation.flags;
  if (run.onlyServices === true && name !== undefined && file === undefined) return { kind: 'recall', name };
  const target: Target =
    run.onlyServices === true ? await findServices(invocation, run.words) : await findTarget(invocation, run.words);
  if (target.kind === 'project') {
    refusePruneOfOne(run.prune, 'apply');
    return { ...target, project: scaled(target.project, run.scale) };
  }
  refuseScaleOfMany(run.scale);
  const folders = await loadDirectories(invocation, target.directories);
  if (run.prune === undefined) refuseEmpty(target.directories, folders);
  return { ...target, folders };
}

async function recall(
  { state }: ReconcilerPorts,
  invocation: Invocation,
  { words }: ApplyRun,
  name: string,
): Promise<Located> {
  const project = (await recallProject(invocation, state, name)) ?? (await loadProject(invocation, words));
  return { kind: 'project', project, services: servicesOf(project, words) };
}

type Control = ApplyRun & { readonly drain: AbortSignal; readonly signal: AbortSignal };

function jobsOf(ports: ReconcilerPorts, loaded: Located, control: Control, pruning: readonly PruneJob[]): Job[] {
  if (loaded.kind === 'project') {
    const { project } = loaded;
    return [{ name: project.name, run: () => applyOne(ports, { ...loaded, directory: undefined }, control) }];
  }
  return loaded.folders.map(({ loaded: one, folder, directory, path }): Job => {
    if (!one.ok) return { name: folder, run: () => Promise.reject(one.error) };
    const { project } = one;
    // What this folder made under another name may hold what it needs now, such as a port.
    const before = pruning.filter((job) => job.folder === path);
    const run = async (): Promise<ReconcileResult> => {
      await Promise.allSettled(before.map((job) => job.run()));
      return applyOne(ports, { project, services: undefined, directory }, control);
    };
    return { name: project.name, run };
  });
}

function projectsOf(loaded: Located): Project[] {
  if (loaded.kind === 'project') return [loaded.project];
  return loaded.folders.flatMap((folder) => (folder.loaded.ok ? [folder.loaded.project] : []));
}

function goneJobs(
  ports: ReconcilerPorts,
  { directories, folders }: Extract<Loaded, { kind: 'directories' }>,
  { prune, ...control }: Control,
  { output }: Invocation,
): PruneJob[] {
  const gone = directories.flatMap((directory) => goneProjects(ports.state, directory, folders));
  if (prune !== undefined) return pruneJobs(ports, gone, { ...control, prune });
  for (const project of gone) output.note(leftNote(project));
  return [];
}

interface Meant {
  readonly project: Project;
  readonly services: ReadonlySet<ServiceName> | undefined;
  readonly directory: string | undefined;
}

async function applyOne(
  ports: ReconcilerPorts,
  { project: desired, services, directory }: Meant,
  control: Control,
): Promise<ReconcileResult> {
  const result = await convergeOne(ports, { project: desired, services, directory }, control);
  const released = releases(control, services);
  const notes = holdNotes(ports.state.inventory.holds(desired.name), { desired, services, released });
  return { ...result, notes: [...result.notes, ...notes] };
}

function releases({ releaseStopped }: Control, services: ReadonlySet<ServiceName> | undefined): boolean {
  return typeof releaseStopped === 'function' ? releaseStopped(services) : releaseStopped;
}

async function convergeOne(
  ports: ReconcilerPorts,
  { project: desired, services, directory }: Meant,
  control: Control,
): Promise<ReconcileResult> {
  const { command, options, drain, signal } = control;
  const policy = control.policyOf(desired, services);
  const releaseStopped = releases(control, services);
  const renewal = newRenewal(ports.clock);
  const once = (round: number): Promise<ReconcileResult> => {
    const asked = round === 1 ? policy : { ...policy, forceRecreate: false, restart: new Set<string>() };
    return apply(ports, {
      desired,
      policy: asked,
      renewal,
      options,
      command,
      directory,
      releaseStopped,
      drain,
      signal,
    });
  };
  const ready = { desired, services, noDeps: policy.noDeps === true, drain, signal };
  try {
    await control.prepare?.(ports, desired, signal);
    if (!control.wait) return await once(1);
    const result = await convergeUntilReady(ports, { ...ready, converge: once });
    if (!(signal.reason instanceof TimeIsUp)) return result;
  } catch (error) {
    if (!(signal.reason instanceof TimeIsUp)) throw error;
  }
  return outOfTime(ports, ready, control.waitTimeoutMs ?? 0);
}

/** How long finding out what was not ready may take. */
const LAST_LOOK_MS = 5000;

async function outOfTime(
  ports: ReconcilerPorts,
  ready: Parameters<typeof unreadyLines>[1],
  timeoutMs: number,
): Promise<ReconcileResult> {
  const lines = await unreadyLines(ports, { ...ready, signal: AbortSignal.timeout(LAST_LOOK_MS) }).catch(() => []);
  const failure = [`not ready within ${renderDuration(timeoutMs)} (--wait-timeout)`, ...lines].join('\n');
  return { kind: 'failed', actions: 0, failures: [failure], retryable: true, notes: [], afterMs: undefined };
}

function deadlineOf(ms: number | undefined): { readonly signal: AbortSignal; readonly cancel: () => void } {
  const controller = new AbortController();
  if (ms === undefined) return { signal: controller.signal, cancel: () => {} };
  const cancel = systemClock.setTimer(ms, () =>
    controller.abort(new TimeIsUp(`not ready within ${renderDuration(ms)}`)),
  );
  return { signal: controller.signal, cancel };
}
