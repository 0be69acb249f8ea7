import assert from 'node:assert/strict';
import { suite, test, type TestContext } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import type { Tenure } from '../../../src/controller/tenures.ts';
import { Tenures } from '../../../src/controller/tenures.ts';
import type { Attempt } from '../../../src/execute/hooks-in-flight.ts';
import { openedState } from '../../support/state.ts';

/** Two holders in one program, such as a watch and a command beside it. */
function setUp(t: TestContext): { readonly ours: Tenures; readonly others: Tenures } {
  const state = openedState(t, { path: ':memory:' });
  return { ours: new Tenures(state), others: new Tenures(state) };
}

async function enter(tenures: Tenures, waited: string[] = []): Promise<Tenure> {
  const { signal } = new AbortController();
  return tenures.enter({
    project: 'shop',
    command: 'watch',
    signal,
    insists: false,
    onWait: () => waited.push('waits'),
  });
}

/** A hook that runs until the returned function is called. */
function begin({ inFlight }: Tenure, recordId: number): () => void {
  const { promise, resolve } = Promise.withResolvers<Attempt>();
  const leave = new AbortController();
  inFlight.stay(recordId, { number: 1, end: promise }, leave.signal).catch(() => {});
  leave.abort(new Error('left'));
  return () => resolve({ outcome: 'succeeded', message: '' });
}

suite('the lease of a project', () => {
  test('is given away when a run is over', async (t) => {
    const { ours, others } = setUp(t);
    await ours.leave('shop', await enter(ours));
    await others.leave('shop', await enter(others));
  });

  test('is kept from others while a hook goes on that a run left', async (t) => {
    const { ours, others } = setUp(t);
    const tenure = await enter(ours);
    const end = begin(tenure, 7);
    const left = ours.leave('shop', tenure);
    const entering = enter(others);
    await turn();
    assert.equal(tenure.lease.isHeld(), true);
    end();
    await left;
    assert.equal(tenure.lease.isHeld(), false);
    await others.leave('shop', await entering);
  });

  test('is taken up with the hook by a next run, and given away when both are over', async (t) => {
    const { ours } = setUp(t);
    const first = await enter(ours);
    const end = begin(first, 7);
    const left = ours.leave('shop', first);
    const second = await enter(ours);
    assert.equal(second, first);
    end();
    await left;
    assert.equal(second.lease.isHeld(), true, 'the hook has ended, the run has not');
    const back = await second.inFlight.rejoin(7, new AbortController().signal);
    assert.equal(back?.last.outcome, 'succeeded');
    await ours.leave('shop', second);
    assert.equal(second.lease.isHeld(), false);
    assert.notEqual(await enter(ours), second);
  });

  test('is no longer taken up where the records of its hooks are lost: a next run waits for their end', async (t) => {
    const { ours } = setUp(t);
    const first = await enter(ours);
    const end = begin(first, 7);
    const left = ours.leave('shop', first);
    ours.close();
    const entering = enter(ours);
    await turn();
    assert.equal(first.lease.isHeld(), true);
    end();
    await left;
    const second = await entering;
    assert.equal(await second.inFlight.rejoin(7, new AbortController().signal), undefined);
    await ours.leave('shop', second);
  });
});
