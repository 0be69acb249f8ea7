import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { urgencies } from '../../../src/plan/urgency.ts';
import { container, hook, idOf, planOf, project } from '../../support/world.ts';

/** Actions of a kind, the most urgent first. */
function order(desired: ReturnType<typeof project>, kind: string): string[] {
  const plan = planOf(desired);
  const urgent = urgencies(plan);
  return plan.actions
    .filter((action) => action.kind === kind)
    .map(({ id }) => id)
    .toSorted((a, b) => (urgent.get(b) ?? 0) - (urgent.get(a) ?? 0));
}

suite('the longest path behind an action', () => {
  test('makes those urgent on which most depends, whatever their names are', () => {
    const desired = project({ alone: {}, api: { depends_on: ['db'] }, db: {}, web: { depends_on: ['api'] } });
    assert.deepEqual(order(desired, 'create-container'), [
      'db/1:create',
      'api/1:create',
      // As long a way behind the one as behind the other.
      'alone/1:create',
      'web/1:create',
    ]);
  });

  test('is no shorter for an action than for what waits for it in another container', () => {
    const desired = project({ db: {}, api: { depends_on: ['db'] }, web: { depends_on: ['db', 'api'] } });
    const plan = planOf(desired);
    const urgent = urgencies(plan);
    const serviceOf = (id: string): string => id.replace(/\/.*/, '');
    for (const { id, dependsOn, after } of plan.actions)
      for (const before of [...dependsOn, ...after])
        if (serviceOf(before) !== serviceOf(id)) assert.ok((urgent.get(before) ?? 0) >= (urgent.get(id) ?? 0));
  });
});

suite('what was begun', () => {
  test('is finished before its like is begun: each action of a replica is more urgent than those of one not begun', () => {
    const shop = project({ a: { pre_stop: [hook('drain')] }, b: { pre_stop: [hook('drain')] } });
    const containers = ['a', 'b'].map((name) => container(shop, name, 1, { id: idOf(name), configHash: 'old' }));
    const plan = planOf(shop, { containers });
    const urgent = urgencies(plan);
    const [first, ...rest] = plan.actions.filter(({ id }) => id.startsWith('a/1'));
    assert.equal(rest.length, 5);
    const begins = plan.actions.find(({ id }) => id.startsWith('b/1'));
    assert.equal(urgent.get(first?.id ?? ''), urgent.get(begins?.id ?? ''));
    for (const { id } of rest) assert.ok((urgent.get(id) ?? 0) > (urgent.get(begins?.id ?? '') ?? 0), id);
  });
});
