import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { EngineError } from '../../../src/model/errors.ts';
import type { Hold } from '../../../src/state/state.ts';
import { projectNamed, WatchedDirectory } from '../../support/watched-directory.ts';

const x = projectNamed('x', { web: {}, db: {} });
const y = projectNamed('y');

suite('a watch that takes its projects down when it ends', () => {
  async function ended(bench: WatchedDirectory, meanwhile: () => void = () => {}): Promise<string[]> {
    bench.start({ downOnExit: true });
    await bench.pass();
    bench.statuses.length = 0;
    meanwhile();
    bench.drain.abort(new Error('interrupted'));
    await bench.ended;
    return bench.said();
  }

  function suspend(bench: WatchedDirectory, service: string | undefined): void {
    const hold: Hold = { project: 'x', service, kind: 'suspended' };
    bench.state.inventory.hold(hold);
  }

  test('says that they are down', async (t) => {
    const bench = new WatchedDirectory(t, { one: x });
    assert.deepEqual(await ended(bench), ['one: x Down']);
    assert.deepEqual(bench.running(), []);
  });

  test('leaves a suspended one alone, and says so', async (t) => {
    const bench = new WatchedDirectory(t, { one: x, two: y });
    const said = await ended(bench, () => suspend(bench, undefined));
    assert.ok(said.includes('one: x Suspended the project is suspended and left alone (reeve resume -p x)'));
    assert.deepEqual(bench.running(), ['x-db-1', 'x-web-1']);
  });

  test('leaves suspended services alone, and says so', async (t) => {
    const bench = new WatchedDirectory(t, { one: x });
    const said = await ended(bench, () => suspend(bench, 'db'));
    assert.deepEqual(said, ['one: x Down db is suspended and left alone (reeve resume -p x db)']);
    assert.deepEqual(bench.running(), ['x-db-1']);
  });

  test('goes on with the others when one fails', async (t) => {
    const bench = new WatchedDirectory(t, { one: x, two: y });
    const said = await ended(bench, () => {
      bench.engine.before = ({ name, subject }) => {
        if (subject === 'x' && /^(list|observe)/.test(name)) throw new EngineError('unavailable', 'it broke off');
      };
    });
    assert.deepEqual(said.toSorted(), ['one: x EngineUnavailable it broke off', 'two: y Down']);
    assert.deepEqual(bench.running(), ['x-db-1', 'x-web-1']);
  });
});
