/**
 * What a start costs: `--version` beside `node -e 0`, and commands with nothing to do, on 1 and on 20 services, beside Docker
 * Compose: whole processes, in turn. `npm run bench -- start [RUNS]`; the single executable too where `build:binary` made it.
 */
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { removeLeftovers } from '../support/leftovers.ts';
import { uniqueProjectName } from '../support/project.ts';
import { median, printFigures } from './figures.ts';
import { installedCompose, packedReeve, timed, timeOfNode } from './versus/contestants.ts';
import { flat } from './versus/projects.ts';

const runs = Number(process.argv[2] ?? 15);
const home = mkdtempSync(join(tmpdir(), 'reeve-bench-'));
const executable = join(import.meta.dirname, '../../dist-binary/reeve');
const env = { XDG_STATE_HOME: join(home, 'state'), XDG_CACHE_HOME: join(home, 'cache') };
try {
  const { program } = packedReeve(join(home, 'program'));
  const starts = new Map<string, readonly string[]>([['reeve', program]]);
  if (existsSync(executable)) starts.set('executable', [executable]);

  const versions = [...starts].map(([name, words]) => [`${name} --version`, [...words, '--version']] as const);
  compare('node -e 0', [['node -e 0', timeOfNode], ...versions.map(([name, words]) => ofCommand(name, words, home))]);

  for (const count of [1, 20]) {
    const project = uniqueProjectName();
    const folder = join(home, project);
    mkdirSync(folder);
    writeFileSync(join(folder, 'compose.yaml'), flat(count).file(1));
    try {
      timed([...program, 'apply'], folder, env);
      const up = installedCompose()?.command('again', flat(count), project);
      const peer = up === undefined ? [] : [ofCommand('docker compose up -d', up, folder)];
      const own = [...starts].map(([name, words]) => ofCommand(`${name} apply`, [...words, 'apply'], folder));
      process.stdout.write(`\n${count} running, nothing to do\n`);
      compare('docker compose up -d', [...peer, ...own]);
    } finally {
      await removeLeftovers(project);
    }
  }
} finally {
  rmSync(home, { recursive: true, force: true });
}

type Measured = readonly [name: string, run: () => number];

function ofCommand(name: string, words: readonly string[], cwd: string): Measured {
  return [name, () => timed(words, cwd, env)];
}

/** All in turn, twice unmeasured; ratios are those of a round, so that a slow moment of the machine is in both. */
function compare(base: string, measured: readonly Measured[]): void {
  const times = new Map<string, number[]>(measured.map(([name]) => [name, []]));
  for (let round = -2; round < runs; round += 1) {
    for (const [name, run] of measured) {
      const tookMs = run();
      if (round >= 0) times.get(name)?.push(tookMs);
    }
  }
  printFigures([...times].map(([name, values]) => ({ name, values, unit: 'ms' })));
  const baseTimes = times.get(base);
  if (baseTimes === undefined) return;
  for (const [name, values] of times) {
    if (name === base) continue;
    const ratio = median(values.map((value, round) => value / (baseTimes[round] ?? value)));
    process.stdout.write(`${name} / ${base}: ${ratio.toFixed(2)}\n`);
  }
}
