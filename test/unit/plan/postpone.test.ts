import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { checkPlan } from '../../../src/plan/check.ts';
import { postpone, workBySubject } from '../../../src/plan/postpone.ts';
import type { Plan } from '../../../src/plan/plan.ts';
import { hook, planOf, project } from '../../support/world.ts';

const ids = ({ actions }: Plan): string[] => actions.map(({ id }) => id);

suite('a plan without the work of a replica', () => {
  const desired = project({
    db: { post_start: [hook('seed')] },
    web: { depends_on: ['db'] },
    other: {},
  });

  test('lacks what depends on it, and all else of that', () => {
    const plan = postpone(planOf(desired), new Set(['db/1']));
    assert.deepEqual(checkPlan(plan), []);
    assert.deepEqual(
      ids(plan).filter((id) => !id.startsWith('network/')),
      ['other/1:create', 'other/1:start'],
    );
  });

  test('waits for nothing that is not in it', () => {
    const plan = postpone(planOf(desired), new Set(['web/1']));
    const left = new Set(ids(plan));
    for (const { dependsOn, after } of plan.actions)
      for (const id of [...dependsOn, ...after]) assert.ok(left.has(id), id);
  });

  test('is the same plan where nothing is left out', () => {
    const plan = planOf(desired);
    assert.equal(postpone(plan, new Set()), plan);
  });
});

test('work goes by replicas and resources', () => {
  const subjects = [...workBySubject(planOf(project({ web: { replicas: 2 } }))).keys()];
  assert.deepEqual(subjects.toSorted(), ['web/1', 'web/2']);
});
