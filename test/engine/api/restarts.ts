/** Part of the API's contract: restart policies, and what is asked of a container that waits for its restart. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Api, Ear } from './world.ts';
import { PROGRAMS, refused } from './world.ts';

export function restartsContract(api: Api): void {
  describe('restart policies', () => {
    it('on-failure restarts so often and no more, after growing waits, and a start counts anew', async (t) => {
      const ear = await api.listen(t);
      const RestartPolicy = { Name: 'on-failure', MaximumRetryCount: 3 };
      const id = await api.running(t, PROGRAMS.failAtOnce, { HostConfig: { RestartPolicy } });
      const story = await ear.about(id, 'die', 4);
      await api.wait(id, 'not-running');
      const { State, RestartCount } = await api.inspect(id);
      assert.deepEqual([State.Status, State.ExitCode, RestartCount], ['exited', 3, 3]);
      const times = (action: string): number[] => story.flatMap((one) => (one.action === action ? [one.ms] : []));
      const [starts, dies] = [times('start'), times('die')];
      for (const [index, least] of [100, 200, 400].entries()) {
        const waited = (starts[index + 1] ?? 0) - (dies[index] ?? 0);
        assert.ok(waited >= least - 5, `restart ${index + 1} came after ${waited} ms`);
      }
      await api.start(id);
      await ear.about(id, 'die', 5);
      assert.ok((await api.inspect(id)).RestartCount <= 3);
    });

    it('on-failure leaves alone what ended with 0', async (t) => {
      const RestartPolicy = { Name: 'on-failure' };
      const id = await api.running(t, PROGRAMS.succeedSoon, { HostConfig: { RestartPolicy } });
      assert.equal(await api.wait(id, 'next-exit'), 0);
      assert.equal((await api.inspect(id)).State.Status, 'exited');
    });

    it('what a client killed is not brought back, by always neither', async (t) => {
      const id = await api.running(t, PROGRAMS.forever, { HostConfig: { RestartPolicy: { Name: 'always' } } });
      const wait = api.wait(id, 'not-running');
      await api.post(`/containers/${id}/kill`);
      assert.equal(await wait, 137);
      const { State, RestartCount } = await api.inspect(id);
      assert.deepEqual([State.Status, RestartCount], ['exited', 0]);
    });

    it('any signal ends the policy of a container that names no stop signal', async (t) => {
      const more = { StopSignal: undefined, HostConfig: { RestartPolicy: { Name: 'always' } } };
      const id = await api.running(t, PROGRAMS.failSoon, more);
      await api.post(`/containers/${id}/kill`, { signal: 'HUP' });
      assert.equal(await api.wait(id, 'not-running'), 3);
      assert.equal((await api.inspect(id)).State.Status, 'exited');
    });

    it('a policy that was updated holds from the next end on', async (t) => {
      const ear = await api.listen(t);
      const id = await api.running(t, PROGRAMS.failSoon);
      await api.post(`/containers/${id}/update`, {}, { RestartPolicy: { Name: 'always' } });
      await ear.about(id, 'start', 2);
      await api.post(`/containers/${id}/stop`);
    });
  });

  describe('a container that waits for its restart', () => {
    it('runs in the words of its state, and is neither started, paused, removed nor given a command', async (t) => {
      const id = await restarting(api, await api.listen(t), api.name(t));
      const { State } = await api.inspect(id);
      assert.deepEqual([State.Status, State.Running, State.ExitCode], ['restarting', true, 3]);
      assert.equal(await api.start(id), 304);
      const waiting = /is restarting, wait until the container is running/;
      await assert.rejects(api.exec(id, PROGRAMS.succeed), refused(409, waiting));
      await assert.rejects(api.post(`/containers/${id}/pause`), refused(409, waiting));
      await assert.rejects(api.remove(`/containers/${id}`), refused(409, /cannot remove .*restarting/));
    });

    it('a stop makes it exited at once', async (t) => {
      const ear = await api.listen(t);
      const id = await restarting(api, ear, api.name(t));
      assert.equal(await api.post(`/containers/${id}/stop`), 204);
      const { State } = await api.inspect(id);
      assert.deepEqual([State.Status, State.Running, State.ExitCode], ['exited', false, 3]);
      const actions = (await ear.about(id, 'stop')).map(({ action }) => action);
      assert.equal(count(actions, 'die'), count(actions, 'start'), 'there is no second end');
    });
  });
}

function count(actions: readonly string[], wanted: string): number {
  return actions.filter((action) => action === wanted).length;
}

/** Id of one that has ended so often that its next start is a while off. */
async function restarting(api: Api, ear: Ear, name: string): Promise<string> {
  const id = await api.create(name, PROGRAMS.failAtOnce, { HostConfig: { RestartPolicy: { Name: 'always' } } });
  await api.start(id);
  await ear.about(id, 'die', 6);
  return id;
}
