/**
 * What `apply --no-start` puts on an engine is what `docker compose create` puts there, for every case of the corpus
 * that has a recorded outcome: containers, networks and volumes, labels and hashes included.
 *
 * The corpus' own checker lays out each case, runs the command and compares. It compares labels exactly, and reeve adds
 * `io.reeve.*` ones: the checker therefore reads the engine through a filter that leaves those out, and the command
 * under test talks to the engine itself. The engine is of the test's own: cases have fixed names and networks.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { noOwnEngine, ownEngine } from '../support/own-engine.ts';
import { testImage } from '../support/project.ts';
import { withoutOwnLabels } from '../support/without-own-labels.ts';

const root = join(import.meta.dirname, '../..');
const corpus = process.env['REEVE_CORPUS'] ?? join(root, '../shared/corpus');
const checker = join(corpus, 'check-create.mjs');
const skip = existsSync(checker) ? (noOwnEngine() ?? false) : `the corpus is not there: ${checker}`;

interface Report {
  readonly summary: { readonly cases: number; readonly pass: number };
  readonly results: readonly { readonly id: string; readonly pass: boolean }[];
}

test('apply --no-start makes what docker compose create makes, in every case of the corpus', { skip }, async (t) => {
  const engine = await ownEngine(t);
  const home = mkdtempSync(join(tmpdir(), 'reeve-create-'));
  t.after(() => rmSync(home, { recursive: true, force: true }));
  await using filter = await withoutOwnLabels(join(home, 'filtered.sock'), engine.host);
  const args = [
    [checker, '--json', '--corpus', corpus],
    ['--command', `${process.execPath} ${join(root, 'bin/run.js')} apply --no-start {args}`],
    ['--env', `DOCKER_HOST=${engine.host}`],
    ['--env', `XDG_STATE_HOME=${home}`, '--env', `XDG_CACHE_HOME=${home}`],
    ['--image', testImage],
    ['--parallel', String(2 * availableParallelism())],
  ].flat();
  const child = spawn(process.execPath, args, {
    env: { ...process.env, DOCKER_HOST: filter.host },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const report = JSON.parse(await text(child.stdout)) as Report;
  const failed = report.results.filter(({ pass }) => !pass);
  assert.deepEqual(failed, []);
  assert.ok(report.summary.cases > 500, `${report.summary.cases} cases`);
  t.diagnostic(`${report.summary.pass} of ${report.summary.cases} cases`);
});
