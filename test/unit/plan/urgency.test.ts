import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { urgencies } from '../../../src/plan/urgency.ts';
import { planOf, project } from '../../support/world.ts';

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

  test('is no shorter for an action than for what waits for it', () => {
    const desired = project({ db: {}, api: { depends_on: ['db'] }, web: { depends_on: ['db', 'api'] } });
    const plan = planOf(desired);
    const urgent = urgencies(plan);
    for (const { id, dependsOn, after } of plan.actions)
      for (const before of [...dependsOn, ...after]) assert.ok((urgent.get(before) ?? 0) >= (urgent.get(id) ?? 0));
  });
});
