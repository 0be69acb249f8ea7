import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { createLanes } from '../../../src/execute/lanes.ts';
import { rest, VirtualClock } from '../../support/virtual-clock.ts';

/** Two places, and what began in them. */
function setUp(parallel = 2) {
  const clock = new VirtualClock();
  const lanes = createLanes({ parallel, clock });
  const began: string[] = [];
  /** Ends when the test says so. */
  const open = (name: string): { readonly run: () => Promise<string>; readonly end: () => void } => {
    const ended = Promise.withResolvers<string>();
    return {
      run: () => {
        began.push(name);
        return ended.promise;
      },
      end: () => ended.resolve(name),
    };
  };
  return { clock, lanes, began, open };
}

suite('the lanes of engine calls', () => {
  test('calls begin as far as there are places, the most urgent first', async () => {
    const { lanes, began, open } = setUp();
    const [one, two] = [open('one'), open('two')];
    const calls = [lanes.short(one.run), lanes.short(two.run)];
    calls.push(lanes.short(open('later').run), lanes.at(5).short(open('urgent').run));
    await rest();
    assert.deepEqual(began, ['one', 'two']);
    one.end();
    await rest();
    assert.deepEqual(began, ['one', 'two', 'urgent']);
  });

  test('a stop or a hook that is over at once takes a place like any other call', async () => {
    const { lanes, began, open } = setUp();
    const stops = ['a', 'b', 'c'].map(open);
    const ended = stops.map(({ run }) => lanes.long(run));
    await rest();
    assert.deepEqual(began, ['a', 'b']);
    for (const { end } of stops) end();
    assert.deepEqual(await Promise.all(ended), ['a', 'b', 'c']);
  });

  test('one that is slow gives its place back, and is waited for', async () => {
    const { clock, lanes, began, open } = setUp();
    const slow = [open('a'), open('b')];
    const ended = slow.map(({ run }) => lanes.long(run));
    void lanes.short(open('create').run);
    await clock.advance(249);
    assert.deepEqual(began, ['a', 'b']);
    await clock.advance(1);
    assert.deepEqual(began, ['a', 'b', 'create']);
    for (const { end } of slow) end();
    assert.deepEqual(await Promise.all(ended), ['a', 'b']);
  });

  test('a failure is the failure of its call alone', async () => {
    const { lanes } = setUp();
    await assert.rejects(
      lanes.long(() => Promise.reject(new Error('no'))),
      /no/,
    );
    assert.equal(await lanes.long(() => Promise.resolve('yes')), 'yes');
  });

  test('with one place everything is one at a time, however slow', async () => {
    const { clock, lanes, began, open } = setUp(1);
    void lanes.long(open('hook').run);
    void lanes.short(open('create').run);
    await clock.advance(60_000);
    assert.deepEqual(began, ['hook']);
  });
});
