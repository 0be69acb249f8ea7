/** What `apply` would do, shown: the course of `plan` and of `apply --dry-run`. Changes nothing anywhere. */

import type { ApplyPolicy } from '../controller/operations.ts';
import { lintProject } from '../controller/lint.ts';
import { planOnly } from '../controller/operations.ts';
import type { HookSource, Lint } from '../model/lint.ts';
import type { Project, ServiceName } from '../model/project.ts';
import type { ObservedProject } from '../model/observed.ts';
import type { Action, Plan } from '../plan/plan.ts';
import type { StopLimits, TimeLimit } from '../plan/stop-budget.ts';
import { longestStopMs, timeLimit } from '../plan/stop-budget.ts';
import { isEmpty } from '../plan/plan.ts';
import { renderPlan } from '../plan/render.ts';
import type { State } from '../state/state.ts';
import type { GoneProject } from './directories.ts';
import { goneProjects, loadDirectories, refuseEmpty } from './directories.ts';
import type { ExitCode } from './exit.ts';
import { EXIT, InvalidFiles } from './exit.ts';
import { holdNotes } from './hold-notes.ts';
import type { Invocation } from './invocation.ts';
import { reportFailure } from './invocation.ts';
import type { Prune } from './prune.ts';
import { leftNote, planOfPrune, refusePruneOfOne } from './prune.ts';
import { maskOf, showAll } from './render/action.ts';
import { planJson } from './render/event-json.ts';
import { lintJson, lintLine } from './render/lint.ts';
import { renderPlanText } from './render/plan-text.ts';
import type { Scale } from './scale.ts';
import { refuseScaleOfMany, scaled } from './scale.ts';
import { withConnection } from './session.ts';
import { findTarget } from './targets.ts';
import type { Connection } from './wire.ts';
import { systemClock } from './wire.ts';

export interface PlanRun {
  readonly words: readonly string[];
  readonly policyOf: (project: Project, services: ReadonlySet<ServiceName> | undefined) => Partial<ApplyPolicy>;
  /** `--scale`; undefined: as the files say. */
  readonly scale: Scale | undefined;
  /** As for `apply`; undefined: what is gone from a directory is left alone. */
  readonly prune: Prune | undefined;
  /** For the texts of errors. */
  readonly command: 'plan' | 'apply';
  /** Show values that came from outside the files. */
  readonly showValues: boolean;
  /** For how long its stops may take. */
  readonly limits: StopLimits;
  /** `--exit-code`: say by the exit code whether there is anything to do. */
  readonly signalsChanges: boolean;
}

interface Loaded {
  readonly project: Project;
  readonly services: ReadonlySet<ServiceName> | undefined;
  readonly hookSources: readonly HookSource[];
}

interface LoadedAll {
  readonly projects: readonly Loaded[];
  /** undefined: every folder loads. */
  readonly failed: ExitCode | undefined;
  /** Projects that are gone from the directories that were given. */
  readonly goneFrom: (state: State) => readonly GoneProject[];
}

interface Planned {
  readonly plan: Plan;
  readonly observed: ObservedProject;
  readonly lints: readonly Lint[];
  /** Values that came from outside the files. */
  readonly sensitiveValues: Iterable<string>;
}

export function runPlan(invocation: Invocation, run: PlanRun): Promise<ExitCode> {
  return withConnection(
    invocation,
    () => load({ ...invocation, loadOptions: { ...invocation.loadOptions, hookSources: true } }, run),
    async (connection, { projects, failed, goneFrom }) => {
      let changes = false;
      let problems = 0;
      const { drain } = invocation.interrupts;
      const take = (planned: Planned): void => {
        changes ||= !isEmpty(planned.plan);
        problems += planned.plan.problems.length;
        show(invocation, planned, run);
      };
      for (const loaded of projects) take(await planOf(connection, loaded, run, drain));
      for (const gone of goneFrom(connection.state)) {
        if (run.prune === undefined) invocation.output.note(leftNote(gone));
        else take(await planOfGone(connection, gone.project, { prune: run.prune, signal: drain }));
      }
      const failing = problems === 1 ? 'one thing' : `${problems} things`;
      if (problems > 0) invocation.output.error(`${failing} would fail: marked ! in the plan`);
      if (failed !== undefined) return failed;
      if (problems > 0) return EXIT.failed;
      return changes && run.signalsChanges ? EXIT.changes : EXIT.converged;
    },
  );
}

async function load(invocation: Invocation, { words, scale, prune, command }: PlanRun): Promise<LoadedAll> {
  const target = await findTarget(invocation, words);
  if (target.kind === 'project') {
    refusePruneOfOne(prune, command);
    const { project, services, hookSources } = target;
    const projects = [{ project: scaled(project, scale), services, hookSources }];
    return { projects, failed: undefined, goneFrom: () => [] };
  }
  refuseScaleOfMany(scale);
  const folders = await loadDirectories(invocation, target.directories);
  if (prune === undefined) refuseEmpty(target.directories, folders);
  const projects = folders.flatMap(({ loaded }) =>
    loaded.ok ? [{ project: loaded.project, services: undefined, hookSources: loaded.hookSources }] : [],
  );
  const errors = folders.flatMap(({ loaded }) => (loaded.ok ? [] : [loaded.error]));
  const distinct = new Map(errors.map((error) => [error.message, error]));
  for (const error of distinct.values()) reportFailure(invocation.output, error, false);
  const worst = errors.every((error) => error instanceof InvalidFiles) ? EXIT.invalidFile : EXIT.failed;
  const goneFrom = (state: State): GoneProject[] =>
    target.directories.flatMap((directory) => goneProjects(state, directory, folders));
  return { projects, failed: errors.length === 0 ? undefined : worst, goneFrom };
}

async function planOfGone(
  connection: Connection,
  project: string,
  options: { readonly prune: Prune; readonly signal: AbortSignal },
): Promise<Planned> {
  return { ...(await planOfPrune(connection, project, options)), lints: [], sensitiveValues: [] };
}

async function planOf(
  { engine, state }: Connection,
  { project, services, hookSources: sources }: Loaded,
  run: PlanRun,
  signal: AbortSignal,
): Promise<Planned> {
  const policy = run.policyOf(project, services);
  const { plan, observed } = await planOnly(
    { engine, state, clock: systemClock },
    { desired: project, policy, signal },
  );
  const notes = holdNotes(state.inventory.holds(project.name), { desired: project, services, released: true });
  const lints = await lintProject({ engine, state }, { desired: project, services, observed, sources, signal });
  const { sensitiveValues } = project;
  return { plan: { ...plan, notes: [...plan.notes, ...notes] }, observed, lints, sensitiveValues };
}

function show({ output }: Invocation, planned: Planned, run: PlanRun): void {
  const { plan, observed, lints } = planned;
  const limitOf = (action: Action): TimeLimit | undefined => timeLimit(action, observed, run.limits);
  const longestMs = longestStopMs(plan, observed, run.limits);
  const mask = run.showValues ? showAll : maskOf(planned.sensitiveValues);
  if (output.json) {
    const found = lints.map((lint) => lintJson(lint, mask));
    output.object({
      type: 'plan',
      project: plan.project,
      ...planJson(plan, mask, limitOf),
      longestStopMs: longestMs,
      lints: found,
    });
  } else {
    output.result(renderPlanText(plan, mask, output.style, { limitOf, longestMs }));
    for (const lint of lints) output.result(lintLine(lint, mask, output.style));
  }
  if (output.isSaid('debug')) output.note(mask(renderPlan(plan)));
}
