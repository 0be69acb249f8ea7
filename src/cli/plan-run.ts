/** What `apply` would do, shown: the course of `plan` and of `apply --dry-run`. Changes nothing anywhere. */

import type { ApplyPolicy } from '../controller/operations.ts';
import { planOnly } from '../controller/operations.ts';
import type { Project, ServiceName } from '../model/project.ts';
import type { Plan } from '../plan/plan.ts';
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
  /** `--exit-code`: say by the exit code whether there is anything to do. */
  readonly signalsChanges: boolean;
}

interface Planned {
  readonly project: Project;
  readonly services: ReadonlySet<ServiceName> | undefined;
}

export function runPlan(invocation: Invocation, run: PlanRun): Promise<ExitCode> {
  return withConnection(
    invocation,
    () => load(invocation, run),
    async (connection, { projects, failed }) => {
      let changes = false;
      for (const { project, services } of projects) {
        const plan = await planOf(connection, { project, services }, run, invocation.interrupts.drain);
        changes ||= !isEmpty(plan);
        show(invocation, plan, project, run);
      }
      if (failed !== undefined) return failed;
      return changes && run.signalsChanges ? EXIT.changes : EXIT.converged;
    },
  );
}

async function load(
  invocation: Invocation,
  { words, adjust }: PlanRun,
): Promise<{ readonly projects: readonly Planned[]; readonly failed: ExitCode | undefined }> {
  const target = await findTarget(invocation, words);
  if (target.kind === 'project') {
    const { project, services } = target;
    return { projects: [{ project: adjust?.(project) ?? project, services }], failed: undefined };
  }
  const folders = await loadDirectories(invocation, target.directories);
  const projects = folders.flatMap(({ loaded }) =>
    loaded.ok ? [{ project: loaded.project, services: undefined }] : [],
  );
  const errors = folders.flatMap(({ loaded }) => (loaded.ok ? [] : [loaded.error]));
  const distinct = new Map(errors.map((error) => [error.message, error]));
  for (const error of distinct.values()) reportFailure(invocation.output, error, false);
  const worst = errors.every((error) => error instanceof InvalidFiles) ? EXIT.invalidFile : EXIT.failed;
  return { projects, failed: errors.length === 0 ? undefined : worst };
}

async function planOf(
  { engine, state }: Connection,
  { project, services }: Planned,
  run: PlanRun,
  signal: AbortSignal,
): Promise<Plan> {
  const policy = run.policyOf(project, services);
  const plan = await planOnly({ engine, state, clock: systemClock }, { desired: project, policy, signal });
  const notes = holdNotes(state.inventory.holds(project.name), { desired: project, services, released: true });
  return { ...plan, notes: [...plan.notes, ...notes] };
}

function show({ output }: Invocation, plan: Plan, project: Project, run: PlanRun): void {
  const mask = run.showValues ? showAll : maskOf(project.sensitiveValues);
  if (output.json) output.object({ type: 'plan', project: plan.project, ...planJson(plan, mask) });
  else output.result(renderPlanText(plan, mask, output.style));
  if (output.isSaid('debug')) output.note(mask(renderPlan(plan)));
}
