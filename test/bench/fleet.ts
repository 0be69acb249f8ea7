/**
 * A directory of projects under `reeve watch`, the packed program in a process of its own, on the simulated engine:
 * `fleet.ts [PROJECTS...]`. How long it takes from its start until all containers run, then what it takes of the processor and
 * of memory while nothing happens, then what one edited file makes it ask the engine, and of whose project.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { LABEL } from '../../src/model/owner.ts';
import { image } from '../support/sim/images.ts';
import { Simulation } from '../support/sim/simulation.ts';
import { printFigures } from './figures.ts';
import { packedReeve } from './versus/contestants.ts';

const IDLE_MS = 20_000;
/** The controller looks at what it did, and V8 clears away after so much work. */
const CALM_MS = 15_000;
/** For what else an edit might make it do. */
const AFTER_EDIT_MS = 2_000;
const LOOK_EVERY_MS = 10;

const home = mkdtempSync(join(tmpdir(), 'reeve-bench-'));
try {
  const { program } = packedReeve(join(home, 'program'));
  const sizes = process.argv.slice(2).filter((word) => word !== '');
  for (const size of sizes.length > 0 ? sizes.map(Number) : [100, 1000]) await measure(program, size);
} finally {
  rmSync(home, { recursive: true, force: true });
}

async function measure(program: readonly string[], size: number): Promise<void> {
  const folder = join(home, `fleet-${size}`);
  for (let index = 0; index < size; index += 1) writeProject(folder, index, 1);
  const sim = new Simulation();
  sim.world.state.images.set('app:1', image('app'));
  const { host } = await sim.client('reeve');
  const stopPlaying = sim.play();
  const [file = '', ...args] = program;
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    DOCKER_HOST: host,
    XDG_STATE_HOME: join(home, 'state'),
    XDG_CACHE_HOME: join(home, 'cache'),
  };
  const began = performance.now();
  const watch = spawn(file, [...args, 'watch', folder, '--log-level', 'error'], {
    env,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  try {
    await until(watch, () => sim.log.of('container-started').length >= size);
    const convergedMs = performance.now() - began;
    await delay(CALM_MS);
    const cost = await costAtRest(watch.pid ?? 0);
    const callsBefore = requests(sim).length;
    const edited = performance.now();
    writeProject(folder, 0, 2);
    await until(watch, () => sim.log.of('container-started').length > size);
    const editedMs = performance.now() - edited;
    await delay(AFTER_EDIT_MS);
    printFigures([
      { name: `${size} projects, all containers run after`, unit: 's', values: [convergedMs / 1000] },
      { name: 'share of a core at rest', unit: '%', values: [cost.share * 100] },
      { name: 'memory at rest', unit: 'MB', values: [cost.megabytes] },
      { name: 'calls of the first convergence, each project', unit: '', values: [callsBefore / size] },
      { name: 'one file edited, its new container runs after', unit: 'ms', values: [editedMs] },
      { name: 'calls after the edit', unit: '', values: [requests(sim).length - callsBefore] },
    ]);
    process.stdout.write(`projects touched by the edit: ${touched(sim, size).join(', ')}\n\n`);
  } finally {
    watch.kill('SIGKILL');
    await stopPlaying();
    sim.close();
  }
}

function writeProject(folder: string, index: number, edition: number): void {
  const project = join(folder, `p${index}`);
  mkdirSync(project, { recursive: true });
  const web = { image: 'app:1', command: ['run', 'on'], environment: { EDITION: String(edition) } };
  writeFileSync(join(project, 'compose.yaml'), JSON.stringify({ services: { web } }));
}

async function until(watch: ChildProcess, isSo: () => boolean): Promise<void> {
  const gone = once(watch, 'exit').then(() => {
    throw new Error('reeve watch ended');
  });
  gone.catch(() => {});
  while (!isSo()) await Promise.race([delay(LOOK_EVERY_MS), gone]);
}

/** Linux: what the kernel says of the process. */
async function costAtRest(pid: number): Promise<{ readonly share: number; readonly megabytes: number }> {
  const before = ticks(pid);
  await delay(IDLE_MS);
  const [, kilobytes] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  // A tick is a hundredth of a second wherever Linux runs.
  return { share: ((ticks(pid) - before) * 10) / IDLE_MS, megabytes: Number(kilobytes ?? Number.NaN) / 1000 };
}

function ticks(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(' ');
  return Number(fields[13]) + Number(fields[14]);
}

function requests(sim: Simulation): readonly unknown[] {
  return sim.log.of('request');
}

/** Projects of containers that came after the first of each. */
function touched(sim: Simulation, size: number): string[] {
  const later = sim.log.of('container-created').slice(size);
  return [...new Set(later.map(({ labels }) => labels[LABEL.project] ?? ''))];
}
