/**
 * What `watch` costs at rest, on an engine in memory: `idle.ts [PROJECTS] [CONTAINERS]`. A wake of each project in which
 * nothing happened, with its calls to the engine. What such a process takes of the processor and of memory is fleet.ts's.
 */
import { systemClock } from '../../src/clock.ts';
import { Backoff } from '../../src/controller/backoff.ts';
import { isAsSeen } from '../../src/controller/observe.ts';
import { apply } from '../../src/controller/operations.ts';
import { RememberingEngine } from '../../src/engine/remembering-engine.ts';
import { createLanes } from '../../src/execute/lanes.ts';
import { DEFAULT_RUN_OPTIONS } from '../../src/execute/run-context.ts';
import type { Project } from '../../src/model/project.ts';
import { openState } from '../../src/state/sqlite.ts';
import { ModelEngine } from '../support/model-engine.ts';
import { project } from '../support/world.ts';
import { printFigures } from './figures.ts';

export interface Rest {
  /** Of one wake of each project, in milliseconds. */
  readonly wakes: readonly number[];
  readonly calls: number;
}

if (import.meta.main || process.argv[1]?.endsWith('run.ts')) {
  const [projects = 100, containers = 10] = process.argv.slice(2).map(Number);
  const { wakes, calls } = await atRest(projects, containers);
  printFigures([{ name: `wake of ${containers} containers at rest`, values: wakes, unit: 'ms' }]);
  process.stdout.write(`calls to the engine: ${calls}\n`);
}

/** Converges so many projects of so many containers each, and then wakes each of them for nothing. */
export async function atRest(projects: number, containers: number): Promise<Rest> {
  const inner = new ModelEngine();
  const engine = new RememberingEngine(inner, { clock: systemClock });
  engine.subscribe(() => {});
  inner.notify({ kind: 'connected' });
  const state = openState({ path: ':memory:' });
  const crashes = new Backoff({ clock: systemClock, random: () => 0 });
  const ports = { engine, state, lanes: createLanes(), clock: systemClock, crashes, emit: () => {} };
  const { signal } = new AbortController();
  const control = { options: DEFAULT_RUN_OPTIONS, drain: signal, signal, policy: {}, releaseStopped: false };
  const all = Array.from({ length: projects }, (_, index) => manyContainers(`p${index}`, containers));
  for (const desired of all) await apply(ports, { ...control, desired, command: 'watch' });
  // What its own notices and the writes for others made doubtful is looked at once more, as watch does.
  const seen = new Map<Project, string>();
  for (const desired of all) {
    const result = await apply(ports, { ...control, desired, command: 'watch' });
    if (result.seen === undefined) throw new Error(`${desired.name}: ${result.kind}`);
    seen.set(desired, result.seen);
  }
  let calls = 0;
  inner.before = () => {
    calls += 1;
  };
  const wakes: number[] = [];
  for (const [desired, last] of seen) {
    const beganMs = performance.now();
    if (!(await isAsSeen(ports, { project: desired.name, desired, signal }, last)))
      throw new Error(`${desired.name} is not at rest`);
    wakes.push(performance.now() - beganMs);
  }
  state.close();
  return { wakes, calls };
}

function manyContainers(name: string, count: number): Project {
  const services = Array.from({ length: count }, (_, index) => [`s${index}`, { networks: {} }] as const);
  return project(Object.fromEntries(services), { name, networks: {} });
}
