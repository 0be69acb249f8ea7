/**
 * `reeve apply` and `down` of flat services beside the bare engine calls that cannot be avoided, at the same parallelism:
 * whole processes, in turn, so that a machine that slows down slows both.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { removeLeftovers } from '../support/leftovers.ts';
import { testImage, uniqueProjectName } from '../support/project.ts';
import { median, printFigures } from './figures.ts';

const services = Number(process.argv[2] ?? 50);
const runs = Number(process.argv[3] ?? 5);
const home = mkdtempSync(join(tmpdir(), 'reeve-bench-'));
const program = join(import.meta.dirname, '../../bin/run.js');
const bare = join(import.meta.dirname, 'bare-calls.ts');

const times = {
  apply: [] as number[],
  bareUp: [] as number[],
  again: [] as number[],
  down: [] as number[],
  bareDown: [] as number[],
};
try {
  for (let run = 0; run < runs; run += 1) {
    const name = uniqueProjectName();
    const folder = join(home, name);
    mkdirSync(folder);
    const service = { image: testImage, command: ['sleep', '1000'], stop_signal: 'SIGKILL' };
    const entries = Array.from({ length: services }, (_, index) => [`s${index}`, service] as const);
    writeFileSync(join(folder, 'compose.yaml'), JSON.stringify({ services: Object.fromEntries(entries) }));
    times.apply.push(timed([program, 'apply'], folder));
    times.again.push(timed([program, 'apply'], folder));
    times.down.push(timed([program, 'down'], folder));
    await removeLeftovers(name);
    const other = uniqueProjectName();
    times.bareUp.push(timed([bare, 'up', other, String(services)], folder));
    times.bareDown.push(timed([bare, 'down', other, String(services)], folder));
    await removeLeftovers(other);
  }
  printFigures([
    { name: `apply, ${services} services`, values: times.apply, unit: 'ms' },
    { name: 'bare calls: network, create, start', values: times.bareUp, unit: 'ms' },
    { name: 'apply again, nothing to do', values: times.again, unit: 'ms' },
    { name: 'down', values: times.down, unit: 'ms' },
    { name: 'bare calls: stop, remove, network', values: times.bareDown, unit: 'ms' },
  ]);
  process.stdout.write(`apply / bare: ${(median(times.apply) / median(times.bareUp)).toFixed(2)}\n`);
  process.stdout.write(`down / bare: ${(median(times.down) / median(times.bareDown)).toFixed(2)}\n`);
} finally {
  rmSync(home, { recursive: true, force: true });
}

function timed(args: readonly string[], cwd: string): number {
  const began = performance.now();
  const { status, stderr } = spawnSync(process.execPath, args, {
    cwd,
    env: { ...process.env, XDG_STATE_HOME: join(home, 'state') },
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`${args.join(' ')} exited ${status}\n${stderr}`);
  return performance.now() - began;
}
