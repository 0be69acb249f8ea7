/** Part of the engine contract: what a container needs that runs once, beside another one that has not been started. */
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import type { ContainerState } from '../../../src/model/observed.ts';
import { containerRequest } from '../sketch.ts';
import type { World } from './world.ts';
import { COMMANDS, NO_NETWORK, engineError } from './world.ts';

export function preludeContract(world: World): void {
  async function outputOf(id: string, t: TestContext): Promise<{ stdout: string; stderr: string }> {
    const output = { stdout: '', stderr: '' };
    await world.engine.followOutput(
      id,
      (stream, chunk) => {
        output[stream] += Buffer.from(chunk).toString('utf8');
      },
      t.signal,
    );
    return output;
  }

  const ended = (state: ContainerState | undefined): true | undefined =>
    state?.status === 'exited' ? true : undefined;

  describe('the output of a container', () => {
    it('is followed to its end, whole and by stream, and can be read again afterwards', async (t) => {
      const { id } = await world.running(t, { ...NO_NETWORK, command: COMMANDS.speakAndFail });
      const whole = { stdout: 'out\nmore\n', stderr: 'err\n' };
      assert.deepEqual(await outputOf(id, t), whole);
      await world.engine.awaitState(id, ended, t.signal);
      assert.equal((await world.engine.inspectState(id, t.signal))?.exitCode, 3);
      assert.deepEqual(await outputOf(id, t), whole);
    });

    it('arrives while it runs; an abort detaches and leaves it running', async (t) => {
      const { id } = await world.running(t, { ...NO_NETWORK, command: COMMANDS.speakThenSleep });
      const stop = new AbortController();
      const reason = new Error('enough');
      const follow = world.engine.followOutput(id, () => stop.abort(reason), stop.signal);
      await assert.rejects(follow, (error) => error === reason);
      assert.equal(await world.status(id, t), 'running');
      const rest = outputOf(id, t);
      await world.engine.stopContainer(id, 0, t.signal);
      assert.deepEqual(await rest, { stdout: 'ready\n', stderr: '' });
    });

    it('of a container that is gone is not found', async (t) => {
      await assert.rejects(
        world.engine.followOutput('0'.repeat(64), () => {}, t.signal),
        engineError('not-found'),
      );
    });
  });

  describe('volumes', () => {
    it('of a container that was never started are there for another one, anonymous ones too', async (t) => {
      const volumes = [{ type: 'volume', target: '/data' }] as const;
      const whole = await world.project(t, { web: { ...NO_NETWORK, volumes } });
      const lender = await world.create(whole, t);
      const request = containerRequest(whole, 'web');
      const { volumes: _own, ...service } = request.service;
      await world.engine.createContainer(
        {
          ...request,
          service: { ...service, volumes_from: [`container:${lender}`] },
          name: `${request.name}-borrower`,
        },
        t.signal,
      );
      const [one, other] = (await world.observe(whole.name, t)).containers.map(({ mounts }) => mounts);
      assert.equal(one?.[0]?.target, '/data');
      assert.deepEqual(one, other);
    });
  });
}
