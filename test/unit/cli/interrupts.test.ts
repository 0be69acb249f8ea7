import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { suite, test } from 'node:test';
import { Interrupted } from '../../../src/cli/exit.ts';
import { Interrupts } from '../../../src/cli/interrupts.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';

function setUp({ onTerminal = true } = {}) {
  const clock = new VirtualClock();
  const source = new EventEmitter();
  const said: string[] = [];
  const interrupts = new Interrupts({ source, clock, say: (text) => said.push(text), onTerminal, graceMs: 30_000 });
  return { clock, source, said, interrupts };
}

suite('interrupts', () => {
  test('the first ends the beginning of new actions and leaves running ones alone', () => {
    const { source, said, interrupts } = setUp();
    source.emit('SIGINT');
    assert.ok(interrupts.drain.reason instanceof Interrupted);
    assert.equal(interrupts.signal.aborted, false);
    assert.ok(interrupts.happened);
    assert.match(said.join('\n'), /nothing new begins, what runs has 30 s to settle/);
  });

  test('the end of the terminal that shows the progress is one; elsewhere nohup has the say', () => {
    const shown = setUp();
    shown.source.emit('SIGHUP');
    assert.ok(shown.interrupts.happened);
    assert.equal(setUp({ onTerminal: false }).source.listenerCount('SIGHUP'), 0);
  });

  test('the second leaves at once, and the third is not ours', () => {
    const { source, interrupts } = setUp();
    source.emit('SIGTERM');
    source.emit('SIGINT');
    assert.ok(interrupts.signal.reason instanceof Interrupted);
    assert.equal(source.listenerCount('SIGINT'), 0);
  });

  test('the end of the grace leaves', async () => {
    const { clock, source, said, interrupts } = setUp();
    source.emit('SIGINT');
    await clock.advance(29_000);
    assert.equal(interrupts.signal.aborted, false);
    await clock.advance(1000);
    assert.equal(interrupts.signal.aborted, true);
    assert.match(said[1] ?? '', /the grace is over/);
  });

  test('once closed, no timer and no listener is left', () => {
    const { clock, source, interrupts } = setUp();
    source.emit('SIGINT');
    interrupts.close();
    assert.equal(clock.pendingTimers, 0);
    assert.deepEqual(source.eventNames(), []);
  });
});
