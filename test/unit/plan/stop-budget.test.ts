import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { Project } from '../../../src/model/project.ts';
import { limitText, longestHookMs, longestStopMs, timeLimit } from '../../../src/plan/stop-budget.ts';
import type { StopLimits } from '../../../src/plan/stop-budget.ts';
import { buildDownPlan } from '../../../src/plan/down.ts';
import { container, hook, NOTHING_RECORDED, observed, project } from '../../support/world.ts';

const LIMITS: StopLimits = { hookTimeoutMs: 300_000, stopTimeoutMs: undefined };

/** `id: limit` of each action of `down` that has one, and the longest its stops may take. */
function budget(shop: Project, limits: Partial<StopLimits> = {}, graceS?: number): [string[], number] {
  const containers = Object.keys(shop.services).map((name) => container(shop, name, 1, { stopTimeoutS: graceS }));
  const world = observed(shop, containers);
  const policy = { command: 'down', services: undefined, volumes: false, removeOrphans: false, force: false } as const;
  const plan = buildDownPlan({ desired: shop, observed: world, ledger: NOTHING_RECORDED, policy });
  const all = { ...LIMITS, ...limits };
  const lines = plan.actions.flatMap((action) => {
    const limit = timeLimit(action, world, all);
    return limit ? [`${action.id.replace(/@[0-9a-f]+/, '')}: ${limitText(limit)}`] : [];
  });
  return [lines, longestStopMs(plan, world, all)];
}

suite('what bounds a stop', () => {
  test('is the hook deadline first and then the grace, each its own', () => {
    const shop = project({ web: { pre_stop: [hook('drain'), hook('leave', { timeoutMs: 30_000, retries: 2 })] } });
    assert.deepEqual(budget(shop), [
      [
        'web/1:pre_stop[0]: at most 5 min',
        'web/1:pre_stop[1]: at most 30 s in each of 3 attempts',
        'web/1:stop: stop grace 10 s',
      ],
      300_000 + 3 * 30_000 + 3000 + 10_000,
    ]);
  });

  test('is for --timeout the grace alone, and for --hook-timeout the hooks without their own deadline', () => {
    const shop = project({ web: { pre_stop: [hook('drain'), hook('leave', { timeoutMs: 1000 })] } });
    assert.deepEqual(budget(shop, { stopTimeoutMs: 60_000, hookTimeoutMs: 2000 }, 5), [
      ['web/1:pre_stop[0]: at most 2 s', 'web/1:pre_stop[1]: at most 1 s', 'web/1:stop: stop grace 1 min'],
      63_000,
    ]);
  });

  test('is the container’s own grace where the command line says none', () => {
    assert.deepEqual(budget(project({ web: {} }), {}, 0), [['web/1:stop: stop grace 0 ms'], 0]);
    assert.deepEqual(budget(project({ web: {} }), {}, 90), [['web/1:stop: stop grace 1 min 30 s'], 90_000]);
  });

  test('adds up where stops wait for one another, and does not where they go side by side', () => {
    const chain = project({ db: {}, web: { depends_on: ['db'] } });
    assert.equal(budget(chain)[1], 20_000);
    assert.equal(budget(project({ db: {}, web: {} }))[1], 10_000);
  });
});

test('retries count with the pauses between them', () => {
  assert.equal(longestHookMs(hook('x', { timeoutMs: 1000, retries: 3, backoffMs: 100 }), 1), 4000 + 700);
});
