import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { LiveRegion } from '../../../../src/cli/render/live-region.ts';
import { VirtualClock } from '../../../support/virtual-clock.ts';

function setUp(size = { columns: 20, rows: 10 }) {
  const clock = new VirtualClock();
  const written: string[] = [];
  const lines: string[] = [];
  const region = new LiveRegion({
    write: (text) => written.push(text.replaceAll('\u001b', '^')),
    clock,
    size: () => size,
    lines: () => lines.map((text) => ({ text })),
  });
  return { clock, written, lines, region };
}

suite('the live region of a terminal', () => {
  test('lines in flight are drawn again in place, finished ones scroll up', async () => {
    const { clock, written, lines, region } = setUp();
    lines.push('one', 'two');
    region.changed();
    await clock.advance(200);
    lines.shift();
    region.print('one done');
    assert.deepEqual(written, ['one\ntwo\n', '\r^[2A^[Jone done\ntwo\n']);
  });

  test('it draws at most ten times a second', async () => {
    const { clock, written, lines, region } = setUp();
    lines.push('one');
    for (let i = 0; i < 50; i += 1) {
      region.changed();
      await clock.advance(10);
    }
    assert.ok(written.length <= 6, `${written.length} draws in half a second`);
  });

  test('times go on while something is in flight, and nothing is drawn while nothing is', async () => {
    const { clock, written, lines, region } = setUp();
    lines.push('one');
    region.changed();
    await clock.advance(3000);
    assert.equal(written.length, 4);
    lines.pop();
    region.changed();
    await clock.advance(200);
    const before = written.length;
    await clock.advance(60_000);
    assert.equal(written.length, before);
    assert.equal(clock.pendingTimers, 0);
  });

  test('the end takes the region away and prints what is finished', () => {
    const { clock, written, lines, region } = setUp();
    lines.push('one');
    region.changed();
    region.print('done');
    region.end();
    assert.deepEqual(written, ['one\n', '\r^[1A^[Jdone\n']);
    assert.equal(clock.pendingTimers, 0);
  });

  test('a line is cut where the terminal ends, so that it never wraps', () => {
    const { written, lines, region } = setUp({ columns: 10, rows: 10 });
    lines.push('0123456789abc');
    region.changed();
    assert.deepEqual(written, ['01234567…\n']);
  });

  test('wide characters count as the columns they take, and a tab is one space', () => {
    const { written, lines, region } = setUp({ columns: 10, rows: 10 });
    lines.push('日本語日本語', 'a\tb\tc');
    region.changed();
    assert.deepEqual(written, ['日本語日…\na b c\n']);
  });

  test('more lines than the terminal has are counted instead', () => {
    const { written, lines, region } = setUp({ columns: 20, rows: 5 });
    lines.push('a', 'b', 'c', 'd', 'e', 'f');
    region.changed();
    assert.deepEqual(written, ['a\nb\nc\n… 3 more\n']);
  });

  test('without a region finished lines come out as they are', () => {
    const { written, region } = setUp();
    region.print('a');
    region.end();
    assert.deepEqual(written, ['a\n']);
  });
});
