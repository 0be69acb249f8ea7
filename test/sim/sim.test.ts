/**
 * Days by seed on the simulated engine: 200 fixed ones, 100 fresh ones, and every case that ever found a bug. A failing seed
 * says how to replay it; CONTRIBUTING.md has the rest.
 */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import type { Outcome } from './outcome.ts';
import type { Scenario } from './scenario.ts';
import { runScenario, runSeeds } from './workers.ts';

const FIXED = 200;
const FRESH = 100;
const cases = join(import.meta.dirname, 'cases');

suite('days by seed', () => {
  test(`no rule is broken on ${FIXED} fixed days`, async () => {
    assert.deepEqual(await failures(1, FIXED), []);
  });

  test(`no rule is broken on ${FRESH} fresh days`, async (t) => {
    const from = 1_000_000 + (Date.now() % 1_000_000_000);
    t.diagnostic(`fresh seeds from ${from}: npm run sim -- --from ${from} --seeds ${FRESH}`);
    assert.deepEqual(await failures(from, FRESH), []);
  });

  test('the same seed gives the same log', async () => {
    const seeds = [3, 14, 15, 92, 65, 35];
    const digests = async (): Promise<string[]> => {
      const found = new Map<number, string>();
      await runSeeds({ seeds, workers: 1, onOutcome: ({ seed, digest }) => void found.set(seed, digest) });
      return seeds.map((seed) => found.get(seed) ?? '');
    };
    assert.deepEqual(await digests(), await digests());
  });
});

suite('days that found a bug', () => {
  for (const name of globSync('*.json', { cwd: cases })) {
    test(name.replace(/\.json$/, '').replaceAll('-', ' '), async () => {
      const scenario = JSON.parse(readFileSync(join(cases, name), 'utf8')) as Scenario;
      const { outcome } = await runScenario(scenario);
      assert.deepEqual(outcome.breaches, [], `npm run sim -- --case test/sim/cases/${name} --log`);
    });
  }
});

async function failures(from: number, count: number): Promise<string[]> {
  const failed: Outcome[] = [];
  const seeds = Array.from({ length: count }, (_, index) => from + index);
  const onOutcome = (outcome: Outcome): void => {
    if (outcome.breaches.length > 0) failed.push(outcome);
  };
  await runSeeds({ seeds, workers: 2, onOutcome });
  return failed.flatMap(({ seed, breaches }) =>
    breaches.map(({ rule, message }) => `npm run sim -- --seed ${seed}: ${rule}: ${message}`),
  );
}
