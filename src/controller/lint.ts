/** Lint of a project's hooks with all that can be known without running or writing anything: files, ledger, engine. */

import type { Engine } from '../engine/engine.ts';
import { isEngineError } from '../model/errors.ts';
import type { HookSource, Lint } from '../model/lint.ts';
import type { ObservedProject } from '../model/observed.ts';
import type { Project, ServiceName } from '../model/project.ts';
import { lintHooks } from '../plan/lint/lint.ts';
import type { ProgramQuestion } from '../plan/lint/programs.ts';
import { programQuestions } from '../plan/lint/programs.ts';
import type { State } from '../state/state.ts';

export interface LintRequest {
  readonly desired: Project;
  readonly services: ReadonlySet<ServiceName> | undefined;
  readonly observed: ObservedProject;
  readonly sources: readonly HookSource[];
  readonly signal: AbortSignal;
}

/** Runs of hooks that are looked back on. */
const RUNS = 1000;

export async function lintProject(
  ports: { readonly engine: Engine; readonly state: State },
  { desired, services, observed, sources, signal }: LintRequest,
): Promise<Lint[]> {
  const questions = programQuestions(desired, observed, services);
  const answers = await Promise.all(questions.map((question) => isAbsent(ports.engine, question, signal)));
  const absentPrograms = new Map(
    questions.filter((_, index) => answers[index]).map(({ hook, program }) => [hook, program]),
  );
  const runs = ports.state.hooks.list({ project: desired.name, limit: RUNS });
  return lintHooks({ project: desired, services, sources, runs, absentPrograms });
}

/** None of the paths is there. An engine that cannot say leaves it open. */
async function isAbsent(
  engine: Engine,
  { containerId, paths }: ProgramQuestion,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    for (const path of paths) if (await engine.hasPath(containerId, path, signal)) return false;
    return true;
  } catch (error) {
    if (isEngineError(error)) return false;
    throw error;
  }
}
