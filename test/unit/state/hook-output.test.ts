import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { intent, openedState, temporaryDirectory } from '../../support/state.ts';

const limits = { outputHeadBytes: 1000, outputTailBytes: 10_000 };

test('output is given back as it came, by stream', (t) => {
  const state = openedState(t);
  const id = state.hooks.intend(intent());
  state.hooks.appendOutput(id, 'stdout', 'one\n');
  state.hooks.appendOutput(id, 'stdout', 'two\n');
  state.hooks.appendOutput(id, 'stderr', 'oops\n');
  state.hooks.appendOutput(id, 'stdout', '');
  state.hooks.end(id, { outcome: 'failed' });
  state.hooks.appendOutput(id, 'stdout', 'late\n');
  assert.deepEqual(state.hooks.output(id), [
    { stream: 'stdout', text: 'one\ntwo\n' },
    { stream: 'stderr', text: 'oops\n' },
    { stream: 'stdout', text: 'late\n' },
  ]);
  assert.deepEqual(state.hooks.output(99), []);
});

test('output is written without waiting for the end of the run', async (t) => {
  const path = join(temporaryDirectory(t), 'engine.db');
  const state = openedState(t, { path });
  const reader = openedState(t, { path });
  const id = state.hooks.intend(intent());
  state.hooks.appendOutput(id, 'stdout', 'so far\n');
  await new Promise(setImmediate);
  assert.deepEqual(reader.hooks.output(id), [{ stream: 'stdout', text: 'so far\n' }]);
});

for (const [how, size] of [
  ['in one go', 100_000],
  ['in lines', 10],
] as const) {
  test(`of long output that comes ${how} the head and the tail are kept, and how much is left out is said`, async (t) => {
    const state = openedState(t, { path: ':memory:', limits });
    const id = state.hooks.intend(intent());
    const text = Array.from({ length: 10_000 }, (_, n) => `line ${String(n).padStart(4, '0')}\n`).join('');
    for (let start = 0, n = 0; start < text.length; start += size, n++) {
      state.hooks.appendOutput(id, 'stdout', text.slice(start, start + size));
      if (n % 100 === 0) await new Promise(setImmediate);
    }
    const [head, marker, tail, ...rest] = state.hooks.output(id);
    assert.deepEqual(rest, []);
    assert.equal(head?.text, text.slice(0, 1000));
    assert.ok(tail && text.endsWith(tail.text));
    assert.ok(tail.text.length <= 10_000 && tail.text.length > 10_000 - 2 * 4096, `${tail.text.length} are kept`);
    assert.match(marker?.text ?? '', new RegExp(`\\[${text.length - 1000 - tail.text.length} bytes left out\\]`));
  });
}

test('characters of several bytes are never cut', (t) => {
  const state = openedState(t, { path: ':memory:', limits });
  const id = state.hooks.intend(intent());
  for (const text of ['é', '€', '😀'].map((one) => one.repeat(5000))) state.hooks.appendOutput(id, 'stdout', text);
  const kept = state.hooks
    .output(id)
    .filter((chunk) => chunk.stream === 'stdout')
    .map((chunk) => chunk.text)
    .join('');
  assert.match(kept, /^é+€*😀+$/u);
});

test('NUL does not hide what comes after it', (t) => {
  const state = openedState(t);
  const id = state.hooks.intend(intent());
  state.hooks.appendOutput(id, 'stdout', 'a\0b');
  assert.deepEqual(state.hooks.output(id), [{ stream: 'stdout', text: 'a\u{fffd}b' }]);
});

test('a run that goes on in another process keeps one head', (t) => {
  const path = join(temporaryDirectory(t), 'engine.db');
  const first = openedState(t, { path, limits });
  const id = first.hooks.intend(intent());
  first.hooks.appendOutput(id, 'stdout', 'a'.repeat(3000));
  first.close();
  const second = openedState(t, { path, limits });
  second.hooks.appendOutput(id, 'stdout', 'b'.repeat(3000));
  assert.equal(
    second.hooks
      .output(id)
      .map((chunk) => chunk.text)
      .join(''),
    'a'.repeat(3000) + 'b'.repeat(3000),
  );
});

test('of all runs the newest keep their output; of the others the size is said', (t) => {
  const state = openedState(t, { path: ':memory:', limits: { outputBytes: 5000, runs: 4 } });
  const ids = Array.from({ length: 9 }, () => {
    const id = state.hooks.intend(intent());
    state.hooks.appendOutput(id, 'stdout', 'x'.repeat(2000));
    state.hooks.end(id, { outcome: 'failed' });
    return id;
  });
  const kept = ids.filter((id) => state.hooks.output(id).some((chunk) => chunk.stream === 'stdout'));
  assert.deepEqual(kept, ids.slice(-3));
  const sizes = state.hooks.list({ project: 'shop' }).map((record) => state.hooks.output(record.id)[0]?.text);
  assert.ok(sizes.includes('[2000 bytes of output, no longer kept]\n'));
});

test('output of a run that is unknown is dropped', async (t) => {
  const state = openedState(t);
  state.hooks.appendOutput(42, 'stdout', 'x');
  await new Promise(setImmediate);
  assert.deepEqual(state.hooks.output(42), []);
});
