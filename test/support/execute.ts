/** Runs plans, or single hooks, on a model engine, with a ledger in memory and a clock that stands still. */
import type { TestContext } from 'node:test';
import type { RunEvent } from '../../src/execute/events.ts';
import { executePlan, type ExecuteResult } from '../../src/execute/executor.ts';
import { createLanes } from '../../src/execute/lanes.ts';
import { DEFAULT_RUN_OPTIONS, type RunOptions } from '../../src/execute/run-context.ts';
import type { HookRecord } from '../../src/model/hook.ts';
import type { Project } from '../../src/model/project.ts';
import { buildPlan } from '../../src/plan/build.ts';
import type { ActionId, Plan } from '../../src/plan/plan.ts';
import { DEFAULT_POLICY, type PlanPolicy } from '../../src/plan/policy.ts';
import type { State } from '../../src/state/state.ts';
import { ModelEngine } from './model-engine.ts';
import { openedState } from './state.ts';
import { rest, VirtualClock } from './virtual-clock.ts';
import { project } from './world.ts';

export interface RunSketch {
  readonly plan?: Plan;
  readonly desired?: Project;
  readonly policy?: Partial<PlanPolicy>;
  readonly options?: Partial<RunOptions>;
  readonly parallel?: number;
}

/** One engine, one ledger, and what happened in the runs on them. */
export class Bench {
  readonly engine = new ModelEngine();
  readonly clock = new VirtualClock();
  readonly state: State;
  readonly events: RunEvent[] = [];
  readonly #drain = new AbortController();
  readonly #abort = new AbortController();

  constructor(test: TestContext) {
    this.state = openedState(test, { path: ':memory:', now: () => this.clock.now() });
  }

  /** Plans for what is there, unless a plan is given, and carries it out. */
  async run({ plan, desired = project({}), policy, options, parallel }: RunSketch): Promise<ExecuteResult> {
    const signal = new AbortController().signal;
    const request = {
      project: desired.name,
      images: ['app'],
      networks: Object.values(desired.networks).map(({ name }) => name),
      volumes: [],
    };
    const observed = await this.engine.observeProject(request, signal);
    const ledger = this.state.hooks;
    const made = buildPlan({
      desired,
      observed,
      ledger: ledger.view(desired.name),
      policy: { ...DEFAULT_POLICY, ...policy },
    });
    return await executePlan({
      plan: plan ?? made,
      engine: this.engine,
      ledger,
      contents: this.state.contents,
      lanes: createLanes({ parallel }),
      clock: this.clock,
      desired,
      observed,
      options: { ...DEFAULT_RUN_OPTIONS, ...options },
      drain: this.#drain.signal,
      signal: this.#abort.signal,
      emit: (event) => {
        this.events.push(event);
      },
    });
  }

  drain(): void {
    this.#drain.abort(new Error('drained'));
  }

  abort(): void {
    this.#abort.abort(new Error('aborted'));
  }

  /** `web/1:post_start[0] succeeded, attempt 1`, of all runs in order. */
  hookRuns(): string[] {
    return this.records().map(
      ({ service, replica, phase, index, outcome, attempt, exitCode }) =>
        `${service}/${replica}:${phase}[${index}] ${outcome}${exitCode === undefined ? '' : ` ${exitCode}`}, attempt ${attempt}`,
    );
  }

  records(): HookRecord[] {
    return this.state.hooks.list({ project: 'shop' });
  }

  /** Commands that were started in containers, in order. */
  commands(): string[] {
    return this.engine.log.filter(({ what }) => what === 'exec-start').map(({ command }) => (command ?? []).join(' '));
  }
}

/** `web/1:start succeeded` of every action, in the plan's order. */
export function outcomes(result: ExecuteResult): string[] {
  return [...result.outcomes].map(([id, outcome]) => {
    if (outcome.kind === 'skipped') return `${id} skipped for ${outcome.because}`;
    return `${id} ${outcome.kind}`;
  });
}

/** Actions in the order in which they settled. */
export function settledOrder(events: readonly RunEvent[]): ActionId[] {
  return events.flatMap((event) => (event.type === 'action-settled' ? [event.action.id] : []));
}

/** Lets everything happen that needs no time. */
export async function settle(): Promise<void> {
  for (let turns = 0; turns < 30; turns += 1) await rest();
}
