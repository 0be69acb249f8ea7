/** Part of the API's contract: how containers end, and what waits for it. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Api } from './world.ts';
import { deeds, PROGRAMS, refused } from './world.ts';

export function endsContract(api: Api): void {
  describe('starts and stops', () => {
    it('a main process that is not there leaves the container created, with 127 and the words', async (t) => {
      const id = await api.create(api.name(t), PROGRAMS.missing);
      await assert.rejects(api.start(id), refused(400, /exec: .*no such file or directory/));
      const { State } = await api.inspect(id);
      assert.deepEqual([State.Status, State.ExitCode], ['created', 127]);
      assert.match(State.Error, /no such file or directory/);
    });

    it('a stop sends the stop signal and answers after the end', async (t) => {
      const ear = await api.listen(t);
      const id = await api.running(t, PROGRAMS.obedient, { StopSignal: 'SIGTERM' });
      assert.equal(await api.post(`/containers/${id}/stop`), 204);
      const { State } = await api.inspect(id);
      assert.deepEqual([State.Status, State.Running, State.ExitCode], ['exited', false, 5]);
      const story = await ear.aboutAll(id, ['stop', 'die']);
      assert.deepEqual(deeds(story).slice(-3), ['kill', 'die', 'stop']);
      assert.equal(story.find(({ action }) => action === 'kill')?.attributes['signal'], '15');
      assert.equal(story.find(({ action }) => action === 'die')?.attributes['exitCode'], '5');
    });

    it('what does not heed the stop signal is killed when its grace is over', async (t) => {
      const ear = await api.listen(t);
      const id = await api.running(t, PROGRAMS.forever, { StopSignal: 'SIGTERM' });
      assert.equal(await api.post(`/containers/${id}/stop`, { t: '1' }), 204);
      assert.equal((await api.inspect(id)).State.ExitCode, 137);
      const kills = (await ear.about(id, 'stop')).filter(({ action }) => action === 'kill');
      assert.deepEqual(
        kills.map(({ attributes }) => attributes['signal']),
        ['15', '9'],
      );
      assert.ok((kills[1]?.ms ?? 0) - (kills[0]?.ms ?? 0) >= 990);
    });

    it('a paused container is stopped', async (t) => {
      const id = await api.running(t);
      await api.post(`/containers/${id}/pause`);
      assert.equal(await api.post(`/containers/${id}/stop`, { t: '1' }), 204);
      assert.equal((await api.inspect(id)).State.Status, 'exited');
    });

    it('a restart is a stop and a start, of what runs and of what does not', async (t) => {
      const ear = await api.listen(t);
      const id = await api.running(t);
      const before = (await api.inspect(id)).State.StartedAt;
      assert.equal(await api.post(`/containers/${id}/restart`), 204);
      const { State } = await api.inspect(id);
      assert.ok(State.StartedAt > before);
      const story = await ear.about(id, 'restart');
      assert.deepEqual(deeds(story), ['create', 'start', 'kill', 'die', 'stop', 'start', 'restart']);
    });
  });

  describe('waits', () => {
    it('not-running is met at once by what does not run, and by the next end of what does', async (t) => {
      const id = await api.create(api.name(t), PROGRAMS.failSoon);
      assert.equal(await api.wait(id, 'not-running'), 0);
      await api.start(id);
      assert.equal(await api.wait(id, 'not-running'), 3);
    });

    it('next-exit waits for an end to come, even of a container that was never started', async (t) => {
      const id = await api.create(api.name(t), PROGRAMS.failSoon);
      const wait = api.wait(id, 'next-exit');
      await api.start(id);
      assert.equal(await wait, 3);
    });

    it('removed is met when a container goes with its end', async (t) => {
      const id = await api.create(api.name(t), PROGRAMS.failSoon, { HostConfig: { AutoRemove: true } });
      const wait = api.wait(id, 'removed');
      await api.start(id);
      assert.equal(await wait, 3);
      await assert.rejects(api.inspect(id), refused(404, /No such container/));
    });
  });

  describe('output', () => {
    it('logs are framed by stream, past ones too', async (t) => {
      const id = await api.create(api.name(t), PROGRAMS.speak);
      const wait = api.wait(id, 'next-exit');
      await api.start(id);
      await wait;
      const log = await api.text(`/containers/${id}/logs`, { query: { stdout: '1', stderr: '1' } });
      assert.ok(log.includes('\u0001\0\0\0\0\0\0\u0004out\n') && log.includes('\u0002\0\0\0\0\0\0\u0004err\n'), log);
      const errors = await api.text(`/containers/${id}/logs`, { query: { stderr: '1' } });
      assert.equal(errors, '\u0002\0\0\0\0\0\0\u0004err\n');
      await assert.rejects(api.text(`/containers/${id}/logs`), refused(400, /at least one stream/));
    });

    it('logs that follow end with the container', async (t) => {
      const id = await api.running(t, PROGRAMS.speak);
      const log = await api.text(`/containers/${id}/logs`, { query: { stdout: '1', follow: '1' } });
      assert.equal(log, '\u0001\0\0\0\0\0\0\u0004out\n');
    });
  });
}
