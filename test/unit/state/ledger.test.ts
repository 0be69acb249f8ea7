import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { HookOutcome } from '../../../src/model/hook.ts';
import type { HookIntent, State } from '../../../src/state/state.ts';
import { intent, openedState } from '../../support/state.ts';

/** Runs a hook to its end and gives the record's id. */
function ran(state: State, outcome: HookOutcome, part: Partial<HookIntent> = {}): number {
  const id = state.hooks.intend(intent(part));
  state.hooks.end(id, { outcome });
  return id;
}

function viewed(state: State, project = 'shop'): number[] {
  return state.hooks.view(project).records.map((record) => record.id);
}

test('a record holds what was intended, and what became of it', (t) => {
  let nowMs = 1000;
  const state = openedState(t, { path: ':memory:', now: () => nowMs });
  const id = state.hooks.intend(intent());
  const intended = {
    id,
    project: 'shop',
    service: 'web',
    replica: 1,
    containerId: 'c1',
    startedAt: '2026-01-01T00:00:00.1Z',
    phase: 'post_start',
    index: 0,
    digest: 'd1',
    command: ['register', '--now'],
    cause: 'it was started',
    attempt: 1,
    execId: 'e1',
    outcome: 'intended',
    beganAtMs: 1000,
  };
  assert.deepEqual(state.hooks.view('shop').records, [intended]);
  nowMs = 1250.4;
  state.hooks.end(id, { outcome: 'failed', exitCode: 3, message: 'exited 3' });
  const ended = { ...intended, outcome: 'failed', exitCode: 3, message: 'exited 3', durationMs: 250 };
  assert.deepEqual(state.hooks.view('shop').records, [ended]);
  assert.deepEqual(state.hooks.list({ project: 'shop' }), [ended]);
});

test('an intent that was refused before there was an exec has no exec id', (t) => {
  const state = openedState(t);
  state.hooks.intend(intent({ execId: undefined }));
  assert.equal(state.hooks.view('shop').records[0]?.execId, undefined);
});

test('the view has the newest record of each hook of each start', (t) => {
  const state = openedState(t);
  ran(state, 'failed');
  const second = ran(state, 'succeeded', { attempt: 2 });
  const other = ran(state, 'failed', { index: 1 });
  const stop = ran(state, 'succeeded', { phase: 'pre_stop' });
  const later = ran(state, 'failed', { startedAt: '2026-01-02T00:00:00Z' });
  ran(state, 'succeeded', { project: 'elsewhere', containerId: 'c9' });
  assert.deepEqual(viewed(state), [second, other, stop, later]);
});

test('the end of a record that does not exist is an error', (t) => {
  const state = openedState(t);
  assert.throws(() => state.hooks.end(7, { outcome: 'succeeded' }), /no hook record 7/);
});

test('what succeeded once is delivered for its definition', (t) => {
  const state = openedState(t);
  ran(state, 'failed', { digest: 'bad' });
  ran(state, 'succeeded', { digest: 'good' });
  ran(state, 'succeeded', { digest: 'good', containerId: 'c2' });
  assert.deepEqual(state.hooks.view('shop').delivered, [{ service: 'web', phase: 'post_start', digest: 'good' }]);
  assert.deepEqual(state.hooks.view('elsewhere').delivered, []);
});

test('the pre_stop of a stop that is no longer wanted is due again, and only that', (t) => {
  const state = openedState(t);
  const start = ran(state, 'succeeded');
  ran(state, 'succeeded', { phase: 'pre_stop' });
  const other = ran(state, 'succeeded', { phase: 'pre_stop', containerId: 'c2' });
  state.hooks.supersedePreStop(['c1', 'c3']);
  assert.deepEqual(viewed(state), [start, other]);
  assert.equal(state.hooks.list({ project: 'shop' }).length, 3);
});

test('a superseded run whose exec may still be running stays in sight until its end is known', (t) => {
  const state = openedState(t);
  const running = state.hooks.intend(intent({ phase: 'pre_stop' }));
  const overdue = ran(state, 'timed-out', { phase: 'pre_stop', index: 1 });
  state.hooks.supersedePreStop(['c1']);
  assert.deepEqual(viewed(state), [running, overdue]);
  assert.ok(state.hooks.view('shop').records.every((record) => record.superseded));
  state.hooks.end(running, { outcome: 'succeeded' });
  state.hooks.end(overdue, { outcome: 'failed' });
  assert.deepEqual(viewed(state), []);
});

test('a retry makes settled hooks owed again, whenever they are due', (t) => {
  const state = openedState(t);
  ran(state, 'succeeded', { digest: 'once' });
  ran(state, 'succeeded', { startedAt: 'later', digest: 'once' });
  ran(state, 'succeeded', { service: 'db', containerId: 'c2', digest: 'once' });
  state.hooks.supersede('c1', 'post_start');
  const view = state.hooks.view('shop');
  assert.deepEqual(
    view.records.map((record) => record.containerId),
    ['c2'],
  );
  assert.deepEqual(view.delivered, [{ service: 'db', phase: 'post_start', digest: 'once' }]);
});

test('a container of others is adopted at its first sight and keeps that start', (t) => {
  const state = openedState(t);
  state.hooks.adopt('shop', [{ containerId: 'c1', startedAt: 'first' }]);
  state.hooks.adopt('shop', [
    { containerId: 'c1', startedAt: 'second' },
    { containerId: 'c2', startedAt: 'third' },
  ]);
  assert.deepEqual(
    [...state.hooks.view('shop').adopted],
    [
      ['c1', 'first'],
      ['c2', 'third'],
    ],
  );
});

test('a retry of an adopted container assumes nothing of it any more, known before or not', (t) => {
  const state = openedState(t);
  state.hooks.adopt('shop', [{ containerId: 'c1', startedAt: 'first' }]);
  state.hooks.supersede('c1', 'post_start');
  state.hooks.supersede('c2', 'post_start');
  state.hooks.adopt('shop', [
    { containerId: 'c1', startedAt: 'first' },
    { containerId: 'c2', startedAt: 'first' },
  ]);
  assert.deepEqual(
    [...state.hooks.view('shop').adopted],
    [
      ['c1', ''],
      ['c2', ''],
    ],
  );
  assert.equal(state.hooks.view('elsewhere').adopted.size, 0);
});

test('records of a container that is gone leave the view, and come back with it', (t) => {
  const state = openedState(t);
  const first = ran(state, 'succeeded');
  const second = ran(state, 'succeeded', { containerId: 'c2' });
  const other = ran(state, 'succeeded', { containerId: 'c3', project: 'elsewhere' });
  state.hooks.adopt('shop', [{ containerId: 'c2', startedAt: 'x' }]);
  state.hooks.retain('shop', ['c1']);
  assert.deepEqual(viewed(state), [first]);
  assert.equal(state.hooks.view('shop').adopted.size, 0);
  assert.deepEqual(viewed(state, 'elsewhere'), [other]);
  state.hooks.retain('shop', ['c1', 'c2']);
  assert.deepEqual(viewed(state), [first, second]);
  assert.equal(state.hooks.view('shop').adopted.get('c2'), 'x');
});

test('the list has the newest last, of one service where one is named', (t) => {
  const state = openedState(t);
  const ids = [1, 2, 3].map((attempt) => ran(state, 'failed', { attempt }));
  const other = ran(state, 'succeeded', { service: 'db', containerId: 'c2' });
  const listed = (filter: { service?: string; limit?: number }): number[] =>
    state.hooks.list({ project: 'shop', ...filter }).map((record) => record.id);
  assert.deepEqual(listed({}), [...ids, other]);
  assert.deepEqual(listed({ service: 'web' }), ids);
  assert.deepEqual(listed({ limit: 2 }), [ids[2], other]);
});

test('of old runs only what decides is kept, and everything of what is not old', (t) => {
  const state = openedState(t, { path: ':memory:', limits: { runs: 10 } });
  const once = ran(state, 'succeeded', { startedAt: 's0', index: 1 });
  const unknown = state.hooks.intend(intent({ containerId: 'c2', execId: 'lost' }));
  const settled = ran(state, 'succeeded', { containerId: 'c3' });
  const gone = ran(state, 'succeeded', { containerId: 'c4' });
  const superseded = ran(state, 'succeeded', { containerId: 'c5' });
  state.hooks.supersede('c5', 'post_start');
  state.hooks.retain('shop', ['c1', 'c2', 'c3', 'c5']);
  for (let start = 1; start <= 40; start++) {
    ran(state, 'failed', { startedAt: `s${start}`, attempt: 1 });
    ran(state, 'failed', { startedAt: `s${start}`, attempt: 2 });
  }
  ran(state, 'failed', { startedAt: 's9', project: 'elsewhere', containerId: 'c6' });
  const left = state.hooks.list({ project: 'shop' }).map((record) => record.id);
  for (const id of [once, unknown, settled]) assert.ok(left.includes(id), `record ${id} decides`);
  for (const id of [gone, superseded]) assert.ok(!left.includes(id), `record ${id} decides nothing`);
  assert.ok(left.length < 30, `${left.length} are left`);
  assert.deepEqual(
    left.slice(-9),
    Array.from({ length: 9 }, (_, n) => superseded + 72 + n),
  );
  assert.deepEqual(
    state.hooks.view('elsewhere').records.map((record) => record.startedAt),
    ['s9'],
  );
});

test('withheld values are kept by digest, the newest of them', (t) => {
  let nowMs = 0;
  const state = openedState(t, { path: ':memory:', now: () => nowMs, limits: { withheldValues: 2 } });
  state.hooks.keepValues('a', { TOKEN: 's3cret', __proto__x: '' });
  assert.deepEqual(state.hooks.values('a'), { TOKEN: 's3cret', __proto__x: '' });
  assert.equal(state.hooks.values('b'), undefined);
  nowMs += 1;
  state.hooks.keepValues('b', { TOKEN: 'b' });
  nowMs += 48 * 60 * 60 * 1000;
  state.hooks.keepValues('a', { TOKEN: 's3cret', __proto__x: '' });
  state.hooks.keepValues('c', {});
  assert.equal(state.hooks.values('b'), undefined);
  assert.equal(state.hooks.values('a')?.['TOKEN'], 's3cret');
  assert.deepEqual(state.hooks.values('c'), {});
});
