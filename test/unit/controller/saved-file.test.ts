import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { projectNamed, WatchedDirectory } from '../../support/watched-directory.ts';
import { hook } from '../../support/world.ts';

suite('a file that is saved while a hook runs', () => {
  const long = projectNamed('one', { web: { post_start: [hook('warm-up')] } });

  test('and does not load is said at once, and the run goes on', async (t) => {
    const bench = new WatchedDirectory(t, { one: long });
    bench.engine.script = () => ({ lasts: Infinity });
    bench.start();
    await bench.pass();
    bench.change({ one: undefined });
    await bench.pass();
    assert.deepEqual(bench.stands(), ['one: one InvalidFile not YAML']);
    const [exec] = bench.engine.log.filter(({ what }) => what === 'exec-start').flatMap(({ execId }) => execId ?? []);
    bench.engine.endExec(exec ?? '', 0);
    await bench.pass();
    assert.deepEqual(bench.stands(), ['one: one InvalidFile not YAML']);
    bench.change({ one: long });
    await bench.pass();
    assert.deepEqual(bench.stands(), ['one: one Converged']);
    assert.equal(bench.engine.log.filter(({ what }) => what === 'exec-start').length, 1);
  });
});
