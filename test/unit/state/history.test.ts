import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { HistoryEntry } from '../../../src/state/state.ts';
import { openedState } from '../../support/state.ts';

function entry(part: Partial<HistoryEntry> = {}): HistoryEntry {
  return {
    project: 'shop',
    atMs: 1000,
    reconcileId: 'r1',
    action: 'web/1:start',
    cause: 'it had exited',
    outcome: 'succeeded',
    message: '',
    durationMs: 12,
    ...part,
  };
}

test('what was done is given back, newest last', (t) => {
  const state = openedState(t);
  const first = entry();
  const second = entry({ action: '', outcome: 'event', message: 'settled', durationMs: 0 });
  const other = entry({ project: 'elsewhere', outcome: 'failed' });
  state.history.append([first, second]);
  state.history.append([]);
  state.history.append([other]);
  assert.deepEqual(state.history.list({ limit: 10 }), [first, second, other]);
  assert.deepEqual(state.history.list({ project: 'shop', limit: 10 }), [first, second]);
  assert.deepEqual(state.history.list({ limit: 2 }), [second, other]);
});

test('fractions of a millisecond are rounded', (t) => {
  const state = openedState(t);
  state.history.append([entry({ atMs: 10.6, durationMs: 0.4 })]);
  assert.deepEqual(state.history.list({ limit: 1 }), [entry({ atMs: 11, durationMs: 0 })]);
});

test('a busy project does not push out the history of another one', (t) => {
  const state = openedState(t, { path: ':memory:', limits: { historyLines: 10, historyLinesOfAll: 1000 } });
  state.history.append([entry({ project: 'quiet' })]);
  for (let n = 0; n < 100; n++) state.history.append([entry({ message: `${n}` })]);
  const lines = state.history.list({ project: 'shop', limit: 1000 });
  assert.ok(lines.length >= 10 && lines.length < 20, `${lines.length} are left`);
  assert.equal(lines.at(-1)?.message, '99');
  assert.equal(state.history.list({ project: 'quiet', limit: 10 }).length, 1);
});

test('the history of all projects is bounded', (t) => {
  const state = openedState(t, { path: ':memory:', limits: { historyLines: 10, historyLinesOfAll: 20 } });
  for (let n = 0; n < 100; n++) state.history.append([entry({ project: `p${n}` })]);
  assert.ok(state.history.list({ limit: 1000 }).length < 30);
});
