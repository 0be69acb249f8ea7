/**
 * How load and plan grow with the number of services, in fresh processes and without an engine: `scale.ts [SERVICES...]`.
 * Processor time, because a busy machine stretches the other one; and the memory of the whole process.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../src/clock.ts';
import { loadProject } from '../../src/compose/index.ts';
import { planOnly } from '../../src/controller/operations.ts';
import { openState } from '../../src/state/sqlite.ts';
import { ModelEngine } from '../support/model-engine.ts';
import { printFigures } from './figures.ts';

export interface Scale {
  readonly loadMs: number;
  readonly planMs: number;
  readonly megabytes: number;
}

const RUNS = 3;
const NETWORKS = 50;

if (import.meta.main || process.argv[1]?.endsWith('run.ts')) {
  const [mode = '', ...words] = process.argv.slice(2);
  if (mode === '--once') process.stdout.write(JSON.stringify(await loadAndPlan(Number(words[0]))));
  else compare([mode, ...words].filter((word) => word !== '').map(Number));
}

function compare(sizes: readonly number[]): void {
  const figures = (sizes.length > 0 ? sizes : [100, 1000, 10_000]).flatMap((size) => {
    const runs = Array.from({ length: RUNS }, () => inFreshProcess(size));
    return [
      { name: `load ${size} services`, values: runs.map(({ loadMs }) => loadMs), unit: 'ms' },
      { name: `plan ${size} services`, values: runs.map(({ planMs }) => planMs), unit: 'ms' },
      { name: `memory with ${size} services`, values: runs.map(({ megabytes }) => megabytes), unit: 'MB' },
    ];
  });
  printFigures(figures);
}

function inFreshProcess(size: number): Scale {
  const args = [import.meta.filename, '--once', String(size)];
  const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  if (stdout === '') throw new Error(stderr);
  return JSON.parse(stdout) as Scale;
}

/** Reads a file of so many services, each with a hook, a network and mostly a dependency, and plans all of it. */
export async function loadAndPlan(size: number): Promise<Scale> {
  const home = mkdtempSync(join(tmpdir(), 'reeve-bench-'));
  try {
    writeFileSync(join(home, 'compose.yaml'), manyServices(size));
    const beganMs = processorMs();
    const loaded = await loadProject({ cwd: home, environment: {} });
    if (!loaded.ok) throw new Error(loaded.diagnostics.map(({ message }) => message).join('\n'));
    const loadedMs = processorMs();
    const ports = { engine: new ModelEngine(), state: openState({ path: ':memory:' }), clock: systemClock };
    const { signal } = new AbortController();
    const { plan } = await planOnly(ports, { desired: loaded.project, policy: {}, signal });
    const plannedMs = processorMs();
    if (plan.actions.length < size) throw new Error(`only ${plan.actions.length} actions for ${size} services`);
    const megabytes = process.memoryUsage().rss / 1e6;
    return { loadMs: loadedMs - beganMs, planMs: plannedMs - loadedMs, megabytes };
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

function processorMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

function manyServices(size: number): string {
  const services = Array.from({ length: size }, (_, index) => {
    const first = index - (index % 10);
    return [
      `  s${index}:`,
      '    image: app',
      '    command: ["sleep", "1000"]',
      `    environment: {NAME: s${index}, LEVEL: debug}`,
      ...(index === first ? [] : [`    depends_on: [s${first}]`]),
      '    post_start: [{command: ["true"]}]',
      `    networks: [n${index % NETWORKS}]`,
    ].join('\n');
  });
  const networks = Array.from({ length: NETWORKS }, (_, index) => `  n${index}: {}`);
  return `services:\n${services.join('\n')}\nnetworks:\n${networks.join('\n')}\n`;
}
