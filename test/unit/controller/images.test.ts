import assert from 'node:assert/strict';
import { suite, test, type TestContext } from 'node:test';
import { projectNamed, WatchedDirectory } from '../../support/watched-directory.ts';

const always = { image: 'app', pull_policy: 'always' };

function imageOf(bench: WatchedDirectory, name: string): string | undefined {
  return bench.engine.find(name)?.imageId;
}

suite('an image that a version of the files asks to be pulled', () => {
  test('is not made do without where that fails: nothing is made from the old one, and it is tried again', async (t) => {
    const bench = new WatchedDirectory(t, { one: projectNamed('one', { web: always }) });
    bench.engine.images.set('app', { id: 'sha256:old', volumes: [] });
    bench.start();
    await bench.pass();
    assert.deepEqual(bench.running(), []);
    assert.match(bench.stands().join(), /no registry has app/);
    bench.engine.registry.set('app', { id: 'sha256:new', volumes: [] });
    while (bench.running().length === 0) await bench.pass();
    assert.equal(imageOf(bench, 'one-web-1'), 'sha256:new');
  });

  test('is pulled once', async (t) => {
    const bench = new WatchedDirectory(t, { one: projectNamed('one', { web: always }) });
    bench.engine.registry.set('app', { id: 'sha256:app', volumes: [] });
    const pulls = pullsOf(bench);
    bench.start();
    await bench.pass();
    bench.engine.kill('one-web-1');
    bench.resync();
    await bench.pass();
    assert.deepEqual([bench.running(), pulls.length], [['one-web-1'], 1]);
  });
});

suite('while an image is being pulled', () => {
  /** `web` of an image that takes until the test lets it go, and `db`. */
  async function begun(t: TestContext): Promise<{
    readonly bench: WatchedDirectory;
    readonly pulls: readonly unknown[];
    readonly land: () => void;
  }> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const bench = new WatchedDirectory(t, {
      one: projectNamed('one', { web: { image: 'large' }, db: { image: 'app' } }),
    });
    bench.engine.images.delete('large');
    bench.engine.registry.set('large', { id: 'sha256:large', volumes: [] });
    bench.engine.downloads = (ref) => (ref === 'large' ? promise : Promise.resolve());
    const pulls = pullsOf(bench);
    bench.start();
    await bench.pass();
    assert.deepEqual(bench.running(), ['one-db-1']);
    return { bench, pulls, land: resolve };
  }

  test('what else there is to do is done, and the pull goes on', async (t) => {
    const { bench, land } = await begun(t);
    bench.engine.kill('one-db-1');
    await bench.pass();
    assert.deepEqual(bench.running(), ['one-db-1']);
    land();
    await bench.pass();
    assert.deepEqual(bench.running(), ['one-db-1', 'one-web-1']);
  });

  test('a saved file that wants another one counts at once', async (t) => {
    const { bench } = await begun(t);
    bench.change({ one: projectNamed('one', { web: { image: 'app' }, db: { image: 'app' } }) });
    await bench.pass();
    assert.deepEqual(bench.running(), ['one-db-1', 'one-web-1']);
    assert.equal(imageOf(bench, 'one-web-1'), 'sha256:app');
  });

  test('a saved file that wants it still stays with the pull', async (t) => {
    const { bench, pulls, land } = await begun(t);
    bench.change({ one: projectNamed('one', { web: { image: 'large' }, db: { image: 'app', hostname: 'db' } }) });
    await bench.pass();
    land();
    await bench.pass();
    assert.deepEqual(bench.running(), ['one-db-1', 'one-web-1']);
    assert.equal(pulls.length, 1);
  });
});

/** Pulls that the engine was asked for. */
function pullsOf(bench: WatchedDirectory): readonly unknown[] {
  const pulls: string[] = [];
  const { downloads } = bench.engine;
  bench.engine.downloads = (ref) => {
    pulls.push(ref);
    return downloads(ref);
  };
  return pulls;
}
