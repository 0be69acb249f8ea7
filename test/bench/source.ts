/**
 * How long it takes from saving a file to the key that it wakes, debounce included: `node test/bench/source.ts [COUNT]`.
 * Prints figures; asserts nothing. Saves are made in place, atomically, by truncating first, and to a file behind a link.
 */

import { mkdir, mkdtemp, realpath, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../src/clock.ts';
import { fileSource } from '../../src/source/files.ts';
import { Emissions } from '../support/emissions.ts';

const count = Number(process.argv[2] ?? 50);
const projects = 30;

const root = await realpath(await mkdtemp(join(tmpdir(), 'reeve-bench-')));
const stop = new AbortController();
const emitted = new Emissions();
const source = fileSource({ clock: systemClock });
await source.start(emitted.emit, stop.signal);

const startedMs = performance.now();
for (let index = 0; index < projects; index++) {
  const directory = join(root, `project-${index}`);
  await mkdir(directory);
  await writeFile(join(directory, 'real.yaml'), 'a');
  await symlink('real.yaml', join(directory, 'compose.yaml'));
}
await Promise.all(
  Array.from({ length: projects }, (_, index) => {
    const inProject = (name: string): string => join(root, `project-${index}`, name);
    const files = [
      { path: inProject('compose.yaml'), present: true },
      { path: inProject('compose.override.yaml'), present: false },
      { path: inProject('.env'), present: false },
    ];
    return source.watch(`project-${index}`, files, Date.now() + 60_000);
  }),
);
print(`${projects} projects watched`, [performance.now() - startedMs]);

const linked = join(root, 'project-0', 'compose.yaml');
const real = join(root, 'project-0', 'real.yaml');
const optional = join(root, 'project-0', '.env');
const saves: Readonly<Record<string, (text: string) => Promise<void>>> = {
  'in place': (text) => writeFile(optional, text),
  'atomic (write, rename)': async (text) => {
    await writeFile(`${optional}.tmp`, text);
    await rename(`${optional}.tmp`, optional);
  },
  'truncate, then write': async (text) => {
    await writeFile(optional, '');
    await writeFile(optional, text);
  },
  'behind a link': (text) => writeFile(real, text),
  'the link itself': async (text) => {
    await writeFile(join(root, 'project-0', `real-${text}.yaml`), text);
    await symlink(`real-${text}.yaml`, `${linked}.tmp`);
    await rename(`${linked}.tmp`, linked);
  },
};
for (const [name, save] of Object.entries(saves)) {
  const latencies: number[] = [];
  for (let index = 0; index < count; index++) {
    await save(`${name} ${index}`.replaceAll(/\W/g, '-'));
    const savedMs = performance.now();
    latencies.push((await emitted.take('project-0')).atMs - savedMs);
  }
  print(`save to emit, ${name}`, latencies);
}
stop.abort();
await rm(root, { recursive: true });

function print(title: string, valuesMs: readonly number[]): void {
  const sorted = valuesMs.toSorted((a, b) => a - b);
  const at = (share: number): string =>
    (sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0).toFixed(1);
  const figures = sorted.length === 1 ? `${at(0)} ms` : `median ${at(0.5)} ms, p95 ${at(0.95)} ms, most ${at(1)} ms`;
  process.stdout.write(`${title.padEnd(40)} ${figures}\n`);
}
