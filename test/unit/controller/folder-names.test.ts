import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { projectNamed, WatchedDirectory } from '../../support/watched-directory.ts';

const x = projectNamed('x');
const y = projectNamed('y');
const wider = projectNamed('x', { web: {}, more: {} });

suite('a watch of folders that ask for one project name', () => {
  test('lets the first have it, and says which that is', async (t) => {
    const bench = new WatchedDirectory(t, { one: x, two: wider }).start();
    await bench.pass();
    assert.deepEqual(bench.said(), [
      'two: - InvalidFile project x is made by /srv/one already; give each its own name',
      'one: x Converged',
    ]);
    assert.deepEqual(bench.running(), ['x-web-1']);
  });

  test('follows a renamed folder, without a word about twins', async (t) => {
    const bench = new WatchedDirectory(t, { one: x }).start();
    await bench.pass();
    bench.statuses.length = 0;
    bench.change({ one: 'gone', uno: wider });
    await bench.pass();
    assert.deepEqual(bench.running(), ['x-more-1', 'x-web-1']);
    assert.deepEqual(bench.said(), ['uno: x Converged']);
  });

  test('gives it to the other one as soon as the first goes away', async (t) => {
    const bench = new WatchedDirectory(t, { one: x, two: wider }).start();
    await bench.pass();
    bench.change({ one: 'gone' });
    await bench.pass();
    assert.deepEqual(bench.running(), ['x-more-1', 'x-web-1']);
    assert.equal(bench.said().at(-1), 'two: x Converged');
  });

  test('gives it to the other one as soon as the first takes another name', async (t) => {
    const bench = new WatchedDirectory(t, { one: x, two: wider }).start();
    await bench.pass();
    bench.change({ one: y });
    await bench.pass();
    assert.deepEqual(bench.running(), ['x-more-1', 'x-web-1', 'y-web-1']);
  });

  test('follows two folders that exchange their names', async (t) => {
    const bench = new WatchedDirectory(t, { one: x, two: y }).start();
    await bench.pass();
    bench.change({
      one: projectNamed('y', { web: {}, fromOne: {} }),
      two: projectNamed('x', { web: {}, fromTwo: {} }),
    });
    await bench.pass();
    assert.deepEqual(bench.running(), ['x-fromTwo-1', 'x-web-1', 'y-fromOne-1', 'y-web-1']);
    assert.deepEqual(bench.stands(), ['one: y Converged', 'two: x Converged']);
  });

  test('leaves alone what a folder made before it asked for the name of another one', async (t) => {
    const bench = new WatchedDirectory(t, { one: x, two: y }).start();
    await bench.pass();
    bench.change({ two: wider });
    await bench.pass();
    bench.engine.kill('y-web-1');
    await bench.pass();
    assert.deepEqual(bench.running(), ['x-web-1']);
    bench.change({ two: y });
    await bench.pass();
    assert.deepEqual(bench.running(), ['x-web-1', 'y-web-1']);
  });
});
