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
import { loadDirectories } from './directories.ts';
import type { ExitCode } from './exit.ts';
import { EXIT, InvalidFiles } from './exit.ts';
import { holdNotes } from './hold-notes.ts';
import type { Invocation } from './invocation.ts';
import { reportFailure } from './invocation.ts';
import { maskOf, showAll } from './render/action.ts';
import { planJson } from './render/event-json.ts';
import { lintJson, lintLine } from './render/lint.ts';
import { renderPlanText } from './render/plan-text.ts';
import { withConnection } from './session.ts';
import { findTarget } from './targets.ts';
import type { Connection } from './wire.ts';
import { systemClock } from './wire.ts';

export interface PlanRun {
  readonly words: readonly string[];
  readonly policyOf: (project: Project, services: ReadonlySet<ServiceName> | undefined) => Partial<ApplyPolicy>;
  readonly adjust?: (project: Project) => Project;
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

interface Planned {
  readonly plan: Plan;
  readonly observed: ObservedProject;
  readonly lints: readonly Lint[];
}

export function runPlan(invocation: Invocation, run: PlanRun): Promise<ExitCode> {
  return withConnection(
    invocation,
    () => load({ ...invocation, loadOptions: { ...invocation.loadOptions, hookSources: true } }, run),
    async (connection, { projects, failed }) => {
      let changes = false;
      let problems = 0;
      for (const loaded of projects) {
        const planned = await planOf(connection, loaded, run, invocation.interrupts.drain);
        changes ||= !isEmpty(planned.plan);
        problems += planned.plan.problems.length;
        show(invocation, planned, loaded.project, run);
      }
      const failing = problems === 1 ? 'one thing' : `${problems} things`;
      if (problems > 0) invocation.output.error(`${failing} would fail: marked ! in the plan`);
      if (failed !== undefined) return failed;
      if (problems > 0) return EXIT.failed;
      return changes && run.signalsChanges ? EXIT.changes : EXIT.converged;
    },
  );
}

async function load(
  invocation: Invocation,
  { words, adjust }: PlanRun,
): Promise<{ readonly projects: readonly Loaded[]; readonly failed: ExitCode | undefined }> {
  const target = await findTarget(invocation, words);
  if (target.kind === 'project') {
    const { project, services, hookSources } = target;
    return { projects: [{ project: adjust?.(project) ?? project, services, hookSources }], failed: undefined };
  }
  const folders = await loadDirectories(invocation, target.directories);
  const projects = folders.flatMap(({ loaded }) =>
    loaded.ok ? [{ project: loaded.project, services: undefined, hookSources: loaded.hookSources }] : [],
  );
  const errors = folders.flatMap(({ loaded }) => (loaded.ok ? [] : [loaded.error]));
  const distinct = new Map(errors.map((error) => [error.message, error]));
  for (const error of distinct.values()) reportFailure(invocation.output, error, false);
  const worst = errors.every((error) => error instanceof InvalidFiles) ? EXIT.invalidFile : EXIT.failed;
  return { projects, failed: errors.length === 0 ? undefined : worst };
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
  return { plan: { ...plan, notes: [...plan.notes, ...notes] }, observed, lints };
}

function show({ output }: Invocation, planned: Planned, project: Project, run: PlanRun): void {
  const { plan, observed, lints } = planned;
  const limitOf = (action: Action): TimeLimit | undefined => timeLimit(action, observed, run.limits);
  const longestMs = longestStopMs(plan, observed, run.limits);
  const mask = run.showValues ? showAll : maskOf(project.sensitiveValues);
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
