import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { checkPlan } from '../../../src/plan/check.ts';
import type { Action, Plan } from '../../../src/plan/plan.ts';
import { container, hook, idOf, planOf, project } from '../../support/world.ts';

/** A replacement with hooks: create, pre_stop, stop, remove, rename, start, post_start. */
const shop = project({ web: { pre_stop: [hook('drain')], post_start: [hook('register')] } });
const sound = planOf(shop, { containers: [container(shop, 'web', 1, { id: idOf('a'), configHash: 'old' })] });

function changed(change: (action: Action) => Action | undefined): Plan {
  return { ...sound, actions: sound.actions.flatMap((action) => change(action) ?? []) };
}

function without(id: string, edge: string): Plan {
  return changed((action) =>
    action.id === id ? { ...action, dependsOn: action.dependsOn.filter((other) => other !== edge) } : action,
  );
}

suite('a plan is refused', () => {
  test('never when it is sound', () => {
    assert.deepEqual(checkPlan(sound), []);
  });

  test('when an action stands before what it waits for', () => {
    assert.match(checkPlan({ ...sound, actions: sound.actions.toReversed() }).join('\n'), /stands before/);
  });

  test('when an action stands in it twice', () => {
    const [first] = sound.actions;
    assert.deepEqual(checkPlan({ ...sound, actions: first ? [first, ...sound.actions] : [] }), [
      'web/1:create stands in the plan twice',
    ]);
  });

  test('when a stop does not wait for a pre_stop hook', () => {
    const faults = checkPlan(without('web/1@aaaaaa:stop', 'web/1@aaaaaa:pre_stop[0]'));
    assert.ok(faults.includes('web/1@aaaaaa:stop does not wait for web/1@aaaaaa:pre_stop[0]'));
  });

  test('when a removal does not wait for the stop', () => {
    const faults = checkPlan(without('web/1@aaaaaa:remove', 'web/1@aaaaaa:stop'));
    assert.ok(faults.includes('web/1@aaaaaa:remove does not wait for web/1@aaaaaa:stop'));
  });

  test('when a post_start does not wait for the start', () => {
    assert.deepEqual(checkPlan(without('web/1:post_start[0]', 'web/1:start')), [
      'web/1:post_start[0] does not wait for web/1:start',
    ]);
  });

  test('when it is about a container that nothing creates', () => {
    const plan = changed((action) =>
      action.kind === 'create-container'
        ? undefined
        : { ...action, dependsOn: action.dependsOn.filter((id) => id !== 'web/1:create') },
    );
    assert.ok(checkPlan(plan).includes('web/1:start is about a container that nothing creates'));
  });
});
