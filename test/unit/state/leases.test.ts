import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { openState } from '../../../src/state/sqlite.ts';
import type { Lease, LeaseHolder, State } from '../../../src/state/state.ts';
import { openedState, temporaryDirectory } from '../../support/state.ts';

const contender = join(import.meta.dirname, '../../support/lease-contender.ts');

function acquire(
  state: State,
  part: { project?: string; signal?: AbortSignal; onWait?: (holder: LeaseHolder) => void; insists?: boolean } = {},
): Promise<Lease> {
  return state.leases.acquire({ project: 'shop', command: 'apply', signal: new AbortController().signal, ...part });
}

function started(t: TestContext, args: readonly string[]): ChildProcess {
  const child = spawn(process.execPath, [contender, ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
  t.after(() => child.kill('SIGKILL'));
  return child;
}

/** A process that holds the lease of `shop`. */
async function holding(t: TestContext, path: string): Promise<ChildProcess> {
  const child = started(t, [path, 'shop', '', '0']);
  assert.ok(child.stdout);
  await once(child.stdout, 'data');
  return child;
}

test('a free lease is had at once, and says who holds it until it is released', async (t) => {
  const state = openedState(t, { path: join(temporaryDirectory(t), 'engine.db'), now: () => 5000 });
  assert.equal(state.leases.holder('shop'), undefined);
  const lease = await acquire(state);
  assert.ok(lease.isHeld());
  assert.deepEqual(state.leases.holder('shop'), { pid: process.pid, command: 'apply', sinceMs: 5000 });
  lease.release();
  lease.release();
  assert.equal(lease.isHeld(), false);
  assert.equal(state.leases.holder('shop'), undefined);
});

test('leases of different projects do not meet', async (t) => {
  const state = openedState(t, { path: join(temporaryDirectory(t), 'engine.db') });
  const leases = await Promise.all(['a', 'b', 'A', 'a/b'].map((project) => acquire(state, { project })));
  assert.ok(leases.every((lease) => lease.isHeld()));
});

for (const place of ['a file', 'memory']) {
  test(`loops of one process come in order of arrival, with the state in ${place}`, async (t) => {
    const path = place === 'memory' ? ':memory:' : join(temporaryDirectory(t), 'engine.db');
    const state = openedState(t, { path });
    const order: string[] = [];
    const first = await acquire(state);
    const waits: LeaseHolder[] = [];
    const later = ['second', 'third', 'fourth'].map(async (name) => {
      const lease = await acquire(state, { onWait: (holder) => waits.push(holder) });
      order.push(`${name} in`);
      await new Promise(setImmediate);
      order.push(`${name} out`);
      lease.release();
    });
    order.push('first out');
    first.release();
    await Promise.all(later);
    assert.deepEqual(order, [
      'first out',
      'second in',
      'second out',
      'third in',
      'third out',
      'fourth in',
      'fourth out',
    ]);
    assert.deepEqual(
      waits.map((holder) => holder.pid),
      [process.pid, process.pid, process.pid],
    );
  });
}

for (const where of ['the same program', 'another one'] as const) {
  test(`the holder is told of who insists in ${where}, and of nobody else`, async (t) => {
    const path = join(temporaryDirectory(t), 'engine.db');
    const state = openedState(t, { path });
    const other = where === 'another one' ? openedState(t, { path }) : state;
    const lease = await acquire(state);
    const patient = acquire(other, { project: 'shop' });
    const told = Promise.withResolvers<void>();
    let isTold = false;
    const unlisten = lease.onWanted(() => {
      isTold = true;
      told.resolve();
    });
    await new Promise(setImmediate);
    assert.equal(isTold, false);
    const insistent = acquire(where === 'another one' ? openedState(t, { path }) : state, { insists: true });
    await told.promise;
    unlisten();
    lease.release();
    for (const next of await Promise.all([patient.then(releaseOf), insistent.then(releaseOf)])) assert.ok(next);
  });
}

/** Gives it away at once. */
function releaseOf(lease: Lease): boolean {
  const isHeld = lease.isHeld();
  lease.release();
  return isHeld;
}

test('two states of one process never hold the same lease', async (t) => {
  const path = join(temporaryDirectory(t), 'engine.db');
  const one = openedState(t, { path });
  const other = openedState(t, { path });
  const lease = await acquire(one);
  assert.equal(other.leases.holder('shop')?.pid, process.pid);
  const waiting = acquire(other);
  lease.release();
  const second = await waiting;
  assert.ok(second.isHeld());
  assert.equal(lease.isHeld(), false);
});

test('a wait that is given up rejects with its reason and lets the next one through', async (t) => {
  const state = openedState(t, { path: join(temporaryDirectory(t), 'engine.db') });
  const first = await acquire(state);
  const gaveUp = new AbortController();
  const second = acquire(state, { signal: gaveUp.signal });
  const third = acquire(state);
  const reason = new Error('enough');
  gaveUp.abort(reason);
  await assert.rejects(second, reason);
  first.release();
  const lease = await third;
  lease.release();
  await assert.rejects(acquire(state, { signal: gaveUp.signal }), reason);
  assert.ok((await acquire(state)).isHeld());
});

test('a state that is closed holds no lease that it was still waiting for', async (t) => {
  const path = join(temporaryDirectory(t), 'engine.db');
  const closing = openState({ path });
  const waiting = acquire(closing);
  closing.close();
  await assert.rejects(waiting, /closed/);
  const state = openedState(t, { path });
  assert.ok((await acquire(state, { signal: AbortSignal.timeout(5000) })).isHeld());
});

test('a living process keeps its lease; who waits is told once who it is, and may give up', async (t) => {
  const path = join(temporaryDirectory(t), 'engine.db');
  const child = await holding(t, path);
  const state = openedState(t, { path });
  assert.equal(state.leases.holder('shop')?.pid, child.pid);
  const gaveUp = new AbortController();
  const waits: LeaseHolder[] = [];
  const waiting = acquire(state, {
    signal: gaveUp.signal,
    onWait: (holder) => {
      waits.push(holder);
      setImmediate(() => gaveUp.abort());
    },
  });
  await assert.rejects(waiting, { name: 'AbortError' });
  assert.equal(waits.length, 1);
  assert.equal(waits[0]?.pid, child.pid);
  assert.equal(waits[0]?.command, 'watch');
});

test('the lease of a process that was killed is taken over', async (t) => {
  const path = join(temporaryDirectory(t), 'engine.db');
  const child = await holding(t, path);
  const state = openedState(t, { path });
  const lease = await acquire(state, { onWait: () => child.kill('SIGKILL') });
  assert.ok(lease.isHeld());
  assert.equal(child.signalCode ?? 'SIGKILL', 'SIGKILL');
  assert.equal(state.leases.holder('shop')?.pid, process.pid);
});

test('the lease of a process that died before is had at once, and nobody is said to hold it', async (t) => {
  const path = join(temporaryDirectory(t), 'engine.db');
  const child = await holding(t, path);
  child.kill('SIGKILL');
  await once(child, 'exit');
  const state = openedState(t, { path });
  assert.equal(state.leases.holder('shop'), undefined);
  await acquire(state, { onWait: () => assert.fail('waited for a dead process') });
});

test('a lease whose file was removed is no longer held', async (t) => {
  const path = join(temporaryDirectory(t), 'engine.db');
  const state = openedState(t, { path });
  const lease = await acquire(state);
  rmSync(`${path}.locks/shop`);
  assert.equal(lease.isHeld(), false);
});

test('of several processes never two hold the lease', async (t) => {
  const directory = temporaryDirectory(t);
  const path = join(directory, 'engine.db');
  const log = join(directory, 'log');
  const children = Array.from({ length: 4 }, () => started(t, [path, 'shop', log, '50']));
  const codes = await Promise.all(children.map(async (child) => (await once(child, 'exit'))[0] as unknown));
  assert.deepEqual(codes, [0, 0, 0, 0]);
  const lines = readFileSync(log, 'utf8').trimEnd().split('\n');
  assert.equal(lines.length, 4 * 50 * 2);
  for (let n = 0; n < lines.length; n += 2) {
    const pid = lines[n]?.split(' ')[1];
    assert.deepEqual(lines.slice(n, n + 2), [`enter ${pid}`, `leave ${pid}`]);
  }
});
