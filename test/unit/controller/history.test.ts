import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { historyWriter } from '../../../src/controller/history.ts';
import type { RunEvent } from '../../../src/execute/events.ts';
import type { Action } from '../../../src/plan/plan.ts';
import { hook, start } from '../cli/actions.ts';
import { openedState } from '../../support/state.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';

const started = (action: Action): RunEvent => ({ type: 'action-started', project: 'shop', action });
const settled = (action: Action): RunEvent => ({
  type: 'action-settled',
  project: 'shop',
  action,
  outcome: { kind: 'succeeded' },
  durationMs: 1,
});

suite('history', () => {
  test('has what was done before a hook while that runs, and what is done beside it at the end of the round', (t) => {
    const { history } = openedState(t, { path: ':memory:', now: () => 0 });
    const writer = historyWriter(history, new VirtualClock(), 'round');
    const written = (): string[] => history.list({ project: 'shop', limit: 9 }).map(({ action }) => action);
    writer.record(started(start()));
    writer.record(settled(start()));
    assert.deepEqual(written(), []);
    writer.record(started(hook(['register'])));
    assert.deepEqual(written(), ['web/1:start']);
    writer.record(settled(hook(['register'])));
    writer.flush();
    assert.deepEqual(written(), ['web/1:start', 'web/1:post_start[0]']);
  });
});
