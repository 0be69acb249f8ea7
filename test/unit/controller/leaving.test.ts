import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { DIRECTORY, projectNamed, WatchedDirectory } from '../../support/watched-directory.ts';
import { hook } from '../../support/world.ts';

const x = projectNamed('x');
const y = projectNamed('y');
const guarded = projectNamed('x', { web: { pre_stop: [hook('drain')] } });

const STAYS = ', so it stays (--force or on_failure: continue goes on)';

suite('a project whose folder goes away', () => {
  test('is left alone, and that is said, without --prune', async (t) => {
    const bench = new WatchedDirectory(t, { one: x, two: y }).start();
    await bench.pass();
    bench.change({ one: 'gone' });
    await bench.pass();
    assert.deepEqual(bench.running(), ['x-web-1', 'y-web-1']);
    assert.equal(
      bench.said().at(-1),
      'one: x Gone its containers are left alone: reeve down -p x takes it down, and so does --prune',
    );
  });

  test('is taken down with --prune', async (t) => {
    const bench = new WatchedDirectory(t, { one: x, two: y }).start({ prune: true });
    await bench.pass();
    bench.change({ one: 'gone' });
    await bench.pass();
    assert.deepEqual(bench.running(), ['y-web-1']);
    assert.equal(bench.said().at(-1), 'one: x Gone');
    assert.equal(bench.state.inventory.get('x'), undefined);
  });

  test('is taken down too when its files never loaded in this watch', async (t) => {
    const bench = new WatchedDirectory(t, { one: x });
    await bench.applied();
    bench.change({ one: undefined });
    bench.start({ prune: true });
    await bench.pass();
    assert.deepEqual(bench.running(), ['x-web-1']);
    bench.change({ one: 'gone' });
    await bench.pass();
    assert.deepEqual(bench.running(), []);
  });

  test('is left alone when it was not applied from that directory', async (t) => {
    const bench = new WatchedDirectory(t, { one: x }).start({ prune: true });
    await bench.pass();
    bench.state.inventory.record({ project: 'x', workingDir: '/home', configFiles: [], directory: undefined });
    bench.change({ one: 'gone' });
    await bench.pass();
    assert.deepEqual(bench.running(), ['x-web-1']);
    assert.match(bench.said().at(-1) ?? '', /^one: x Gone its containers are left alone, for it was not applied from/);
  });

  test('is kept by a folder of another name, renamed or one that asked for it before', async (t) => {
    for (const before of [{ one: x }, { one: x, uno: x }]) {
      const bench = new WatchedDirectory(t, before).start({ prune: true });
      await bench.pass();
      const { id } = bench.engine.get('x-web-1');
      bench.change({ one: 'gone', uno: x });
      await bench.pass();
      assert.equal(bench.engine.get('x-web-1').id, id);
      assert.deepEqual(bench.stands().at(-1), 'uno: x Converged');
      assert.ok(!bench.said().some((line) => line.includes('Gone')), bench.said().join('\n'));
      await bench.end();
    }
  });

  test('before the start is left to a folder that asks for it now, else taken down', async (t) => {
    for (const [folders, left] of [
      [{ uno: x }, ['x-web-1']],
      [{ two: y }, ['y-web-1']],
    ] as const) {
      const bench = new WatchedDirectory(t, { one: x });
      await bench.applied();
      bench.change({ one: 'gone', ...folders });
      bench.start({ prune: true, gone: [{ project: 'x', folder: `${DIRECTORY}/one` }] });
      await bench.pass();
      assert.deepEqual(bench.running(), left);
      await bench.end();
    }
  });
});

suite('a project that cannot be taken down', () => {
  /** A watch whose project `x` has lost its folder and has a pre_stop that fails; with the moments of its runs. */
  async function failing(bench: WatchedDirectory): Promise<readonly number[]> {
    const triedMs: number[] = [];
    bench.engine.script = () => {
      triedMs.push(bench.clock.monotonic());
      return { exitCode: 1 };
    };
    bench.start({ prune: true });
    await bench.pass();
    // The file and the directory tell of it, one after the other.
    bench.change({ one: 'gone' });
    await bench.clock.advance(500);
    bench.change({ one: 'gone' });
    await bench.pass();
    return triedMs;
  }

  test('is taken down all the same with --force', async (t) => {
    const bench = new WatchedDirectory(t, { one: guarded });
    bench.engine.script = () => ({ exitCode: 1 });
    bench.start({ prune: true, policy: { force: true } });
    await bench.pass();
    bench.change({ one: 'gone' });
    await bench.pass();
    assert.deepEqual(bench.running(), []);
  });

  test('is stalled, with the reason, and tried again after growing delays', async (t) => {
    const bench = new WatchedDirectory(t, { one: guarded });
    const triedMs = await failing(bench);
    for (let passes = 0; passes < 5; passes += 1) await bench.pass();
    assert.deepEqual(bench.statuses[1]?.messages, ['its files went away', `web/1: pre_stop hook 0 exited 1${STAYS}`]);
    assert.deepEqual(
      bench.statuses.map(({ state }) => state),
      ['ready', 'stalled'],
    );
    const gaps = triedMs.slice(1).map((ms, index) => ms - (triedMs[index] ?? 0));
    assert.ok(gaps.length >= 3, `${gaps.length} retries in 20 s`);
    assert.ok(
      gaps.every((gap, index) => gap >= 1000 * 2 ** index),
      gaps.join(', '),
    );
    bench.engine.script = () => ({});
    for (let passes = 0; passes < 10; passes += 1) await bench.pass();
    assert.deepEqual([bench.running(), bench.said().at(-1)], [[], 'one: x Gone']);
  });

  test('is its folder’s again as soon as that is back', async (t) => {
    const bench = new WatchedDirectory(t, { one: guarded });
    const triedMs = await failing(bench);
    await bench.pass();
    bench.change({ one: guarded });
    await bench.pass();
    const tries = triedMs.length;
    for (let passes = 0; passes < 10; passes += 1) await bench.pass();
    assert.equal(triedMs.length, tries);
    assert.deepEqual([bench.running(), bench.said().at(-1)], [['x-web-1'], 'one: x Converged']);
  });
});

suite('a project whose folder makes one of another name', () => {
  test('is left alone, and that is said, without --prune', async (t) => {
    const bench = new WatchedDirectory(t, { one: x }).start();
    await bench.pass();
    bench.change({ one: y });
    await bench.pass();
    assert.deepEqual(bench.running(), ['x-web-1', 'y-web-1']);
    const renamed = bench.statuses.find(({ reason }) => reason === 'Renamed');
    assert.deepEqual(
      [renamed?.project, renamed?.messages],
      [
        'x',
        ['its files make y now', 'its containers are left alone: reeve down -p x takes it down, and so does --prune'],
      ],
    );
    assert.deepEqual(bench.stands(), ['one: y Converged']);
  });

  test('is taken down with --prune before the other one is made', async (t) => {
    const bench = new WatchedDirectory(t, { one: x }).start({ prune: true });
    await bench.pass();
    const calls: string[] = [];
    bench.engine.before = ({ name, subject }) => {
      if (/^(create|remove)-container$/.test(name))
        calls.push(`${name} ${bench.engine.containers.get(subject)?.name ?? subject}`);
    };
    bench.change({ one: y });
    await bench.pass();
    assert.deepEqual(bench.running(), ['y-web-1']);
    assert.deepEqual(calls, ['remove-container x-web-1', 'create-container y-web-1']);
  });

  test('is taken down too when its files did not load in between', async (t) => {
    const bench = new WatchedDirectory(t, { one: x });
    await bench.applied();
    bench.change({ one: undefined });
    bench.start({ prune: true });
    await bench.pass();
    bench.change({ one: y });
    await bench.pass();
    assert.deepEqual(bench.running(), ['y-web-1']);
  });

  test('does not hold the other one up when it cannot be taken down', async (t) => {
    const bench = new WatchedDirectory(t, { one: guarded }).start({ prune: true });
    await bench.pass();
    bench.engine.script = () => ({ exitCode: 1 });
    bench.change({ one: y });
    await bench.pass();
    assert.deepEqual(bench.running(), ['x-web-1', 'y-web-1']);
    assert.ok(bench.said().some((line) => line.startsWith('one: x Failed')));
    assert.equal(bench.said().at(-1), 'one: y Converged');
  });

  test('stays when it gets its name back', async (t) => {
    const bench = new WatchedDirectory(t, { one: x }).start({ prune: true });
    await bench.pass();
    const { id } = bench.engine.get('x-web-1');
    bench.change({ one: y });
    bench.change({ one: x });
    await bench.pass();
    assert.deepEqual([bench.running(), bench.engine.get('x-web-1').id], [['x-web-1'], id]);
  });
});

suite('a suspended project whose folder goes away', () => {
  test('is spared by --prune until it is resumed', async (t) => {
    const hold = { project: 'x', service: undefined, kind: 'suspended' } as const;
    const bench = new WatchedDirectory(t, { one: x }).start({ prune: true });
    await bench.pass();
    bench.state.inventory.hold(hold);
    bench.change({ one: 'gone' });
    await bench.pass();
    assert.deepEqual(bench.running(), ['x-web-1']);
    assert.equal(bench.said().at(-1), 'one: x Gone the project is suspended and left alone (reeve resume -p x)');
    bench.state.inventory.release(hold);
    bench.resync();
    await bench.pass();
    assert.deepEqual([bench.running(), bench.said().at(-1)], [[], 'one: x Gone']);
  });

  test('keeps those of its services that are', async (t) => {
    const bench = new WatchedDirectory(t, { one: projectNamed('x', { web: {}, db: {} }) }).start({ prune: true });
    await bench.pass();
    bench.state.inventory.hold({ project: 'x', service: 'db', kind: 'suspended' });
    bench.change({ one: 'gone' });
    await bench.pass();
    assert.deepEqual(bench.running(), ['x-db-1']);
    assert.equal(bench.said().at(-1), 'one: x Gone db is suspended and left alone (reeve resume -p x db)');
  });
});
