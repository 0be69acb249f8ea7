import assert from 'node:assert/strict';
import { suite, test, type TestContext } from 'node:test';
import { until } from '../../support/virtual-clock.ts';
import { projectNamed, WatchedDirectory } from '../../support/watched-directory.ts';

suite('a watch that is interrupted', () => {
  /** A watch whose project waits for a database that does not become healthy. */
  async function waiting(t: TestContext): Promise<WatchedDirectory> {
    const depends_on = { db: { condition: 'service_healthy', required: true } } as const;
    const bench = new WatchedDirectory(t, { shop: projectNamed('shop', { db: {}, web: { depends_on } }) });
    bench.engine.process = ({ name }) => ({ health: name === 'shop-db-1' ? 'starting' : 'none' });
    bench.start();
    await until(() => bench.running().includes('shop-db-1'));
    await bench.clock.advance(100);
    return bench;
  }

  test('in the middle of a wait does not say that the project has converged', async (t) => {
    const bench = await waiting(t);
    bench.drain.abort(new Error('interrupted'));
    await bench.ended;
    assert.deepEqual(bench.said(), []);
  });

  test('does not say that it goes on with files that changed at the same time', async (t) => {
    const bench = await waiting(t);
    bench.change({ shop: projectNamed('shop') });
    bench.drain.abort(new Error('interrupted'));
    await bench.ended;
    assert.deepEqual(bench.said(), []);
  });
});
