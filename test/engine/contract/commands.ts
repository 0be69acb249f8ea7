/** Part of the engine contract: commands in running containers. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { World } from './world.ts';
import { COMMANDS, NO_NETWORK, engineError } from './world.ts';

export function commandsContract(world: World): void {
  describe('commands', () => {
    it("output arrives by stream and in order, the exit code is the command's", async (t) => {
      const { id } = await world.running(t);
      const { stdout, stderr, end } = await world.outputOf(await world.startExec(id, COMMANDS.speakAndFail, t), t);
      assert.deepEqual([stdout, stderr, end], ['out\nmore\n', 'err\n', { exitCode: 3 }]);
    });

    it("a command that does not exist is refused, with the engine's words", async (t) => {
      const { id } = await world.running(t);
      const exec = await world.startExec(id, COMMANDS.missing, t);
      await assert.rejects(
        world.engine.runExec(exec, () => {}, t.signal),
        engineError('rejected', /no such file/i),
      );
    });

    it('a command in a container that does not run is a conflict', async (t) => {
      const whole = await world.project(t, { web: NO_NETWORK });
      const id = await world.create(whole, t);
      await assert.rejects(world.startExec(id, COMMANDS.succeed, t), engineError('conflict'));
    });

    it('what was never started has no exit code, and what is not known is nothing', async (t) => {
      const { id } = await world.running(t);
      const exec = await world.startExec(id, COMMANDS.succeed, t);
      assert.deepEqual(await world.engine.inspectExec(exec, t.signal), { running: false, exitCode: undefined });
      assert.equal(await world.engine.inspectExec('0'.repeat(64), t.signal), undefined);
    });

    it('an aborted run detaches and leaves the command running; its end can be awaited by another', async (t) => {
      const { id } = await world.running(t);
      const exec = await world.startExec(id, COMMANDS.speakThenSleep, t);
      const stop = new AbortController();
      const reason = new Error('handed over');
      const run = world.engine.runExec(exec, () => stop.abort(reason), stop.signal);
      await assert.rejects(run, (error) => error === reason);
      assert.deepEqual(await world.engine.inspectExec(exec, t.signal), { running: true, exitCode: undefined });
      const end = world.engine.awaitExec(exec, id, t.signal);
      await world.engine.stopContainer(id, 0, t.signal);
      assert.deepEqual(await end, { exitCode: 137 });
    });

    it('the end of a command that somebody else runs is awaited', async (t) => {
      const { id } = await world.running(t);
      const exec = await world.startExec(id, COMMANDS.exitSoon, t);
      const run = world.engine.runExec(exec, () => {}, t.signal);
      assert.deepEqual(await world.engine.awaitExec(exec, id, t.signal), { exitCode: 7 });
      await run;
      assert.deepEqual(await world.engine.awaitExec(exec, id, t.signal), { exitCode: 7 });
    });

    it('a command that ends with its container has an end', async (t) => {
      const { id } = await world.running(t);
      const exec = await world.startExec(id, COMMANDS.speakThenSleep, t);
      const end = await world.engine.runExec(
        exec,
        () => void world.engine.stopContainer(id, 0, t.signal).catch(() => {}),
        t.signal,
      );
      assert.deepEqual(end, { exitCode: 137 });
    });

    it('a killed command takes its children along and leaves the container alone', async (t) => {
      if (!world.canKillExecs) return t.skip("the engine's processes are out of reach");
      const { id } = await world.running(t);
      const exec = await world.startExec(id, COMMANDS.sleepWithChild, t);
      const run = world.engine.runExec(exec, () => {}, t.signal);
      await world.untilRunning(exec, t);
      assert.equal(await world.engine.killExec(exec, id, t.signal), true);
      assert.deepEqual(await run, { exitCode: 137 });
      assert.equal(await world.engine.killExec(exec, id, t.signal), false);
      assert.equal(await world.status(id, t), 'running');
    });
  });
}
