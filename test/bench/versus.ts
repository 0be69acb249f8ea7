/**
 * The same work by reeve, as it is published, and by Docker Compose, in turn: `npm run bench` for all of it, which writes
 * `results/` (a Markdown page, a picture, the figures), or `npm run bench -- versus WORD...` for some, which only prints.
 * Without Docker Compose reeve is measured beside the bare engine calls alone.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { median } from './figures.ts';
import { bareCalls, installedCompose, packedReeve, timed, timeOfNode } from './versus/contestants.ts';
import { picture } from './versus/picture.ts';
import { markdown, resultOf, surroundings, type Result, type Results } from './versus/results.ts';
import { runRounds } from './versus/rounds.ts';
import { scenarios } from './versus/scenarios.ts';

const words = process.argv.slice(2);
const unknown = words.filter((word) => scenarios.every((scenario) => scenario.word !== word));
if (unknown.length > 0) throw new Error(`no ${unknown.join(', ')}: ${scenarios.map(({ word }) => word).join(', ')}`);
const folder = join(import.meta.dirname, 'results');
const home = mkdtempSync(join(tmpdir(), 'reeve-bench-'));
try {
  const reeve = packedReeve(join(home, 'program'));
  const peer = installedCompose();
  if (peer === undefined) process.stderr.write('docker compose is not installed: reeve is measured without it\n');
  const contestants = [reeve, ...(peer === undefined ? [] : [peer]), bareCalls()];
  const start = measureStart([...reeve.program, '--version']);
  const results: Result[] = [];
  for (const scenario of scenarios.filter(({ word }) => words.length === 0 || words.includes(word))) {
    process.stderr.write(`${scenario.project.name}, ${scenario.rounds} rounds\n`);
    const { project, rounds } = scenario;
    results.push(resultOf(scenario, await runRounds({ contestants, project, rounds, home, warmUp: rounds > 1 })));
  }
  const all: Results = { ...(await surroundings(contestants)), start, results };
  process.stdout.write(markdown(all));
  if (words.length === 0) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'results.json'), `${JSON.stringify(all, undefined, 2)}\n`);
    writeFileSync(join(folder, 'README.md'), markdown(all));
    writeFileSync(join(folder, 'results.svg'), picture(all));
  }
} finally {
  rmSync(home, { recursive: true, force: true });
}

/** `node -e 0` and a command of the program that does nothing else, in turn. */
function measureStart(command: readonly string[]): Results['start'] {
  const node: number[] = [];
  const own: number[] = [];
  for (let round = -2; round < 15; round += 1) {
    const [nodeMs, ownMs] = [timeOfNode(), timed(command, home, { XDG_CACHE_HOME: join(home, 'cache') })];
    if (round < 0) continue;
    node.push(nodeMs);
    own.push(ownMs);
  }
  return { node: Math.round(median(node)), reeve: Math.round(median(own)) };
}
