/** Part of the API's contract: commands in containers and what is remembered of them. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Api } from './world.ts';
import { PROGRAMS, refused } from './world.ts';

interface Record {
  readonly Running: boolean;
  readonly ExitCode: number | null;
  readonly Pid: number;
  readonly ContainerID: string;
}

export function commandsApi(api: Api): void {
  const record = async (execId: string): Promise<Record> => (await api.get(`/exec/${execId}/json`)) as Record;

  describe('records of commands', () => {
    it('say nothing before the start, the exit code after the end, and that it runs in between', async (t) => {
      const ear = await api.listen(t);
      const id = await api.running(t);
      const exec = await api.exec(id, PROGRAMS.failSoon);
      const before = await record(exec);
      assert.deepEqual([before.Running, before.ExitCode, before.Pid, before.ContainerID], [false, null, 0, id]);
      await api.post(`/exec/${exec}/start`, {}, { Detach: true });
      const during = await record(exec);
      assert.deepEqual([during.Running, during.ExitCode], [true, null]);
      const story = await ear.about(id, 'exec_die');
      const after = await record(exec);
      assert.deepEqual([after.Running, after.ExitCode], [false, 3]);
      assert.ok(after.Pid > 0);
      const told = story.filter(({ action }) => action.startsWith('exec_'));
      assert.deepEqual(
        told.map(({ action }) => action),
        ['exec_create: sh -c sleep 0.5; exit 3', 'exec_start: sh -c sleep 0.5; exit 3', 'exec_die'],
      );
      assert.ok(told.every(({ attributes }) => attributes['execID'] === exec));
      assert.equal(told.at(-1)?.attributes['exitCode'], '3');
    });

    it('a command that is not there has 126 or 127, no process, and the words as its output', async (t) => {
      const id = await api.running(t);
      const exec = await api.exec(id, PROGRAMS.missing);
      assert.match(await api.runExec(exec), /OCI runtime exec failed: .*no such file or directory/);
      const { Running, ExitCode, Pid } = await record(exec);
      assert.deepEqual([Running, ExitCode === 126 || ExitCode === 127, Pid], [false, true, 0]);
    });

    it('a command runs once', async (t) => {
      const id = await api.running(t);
      const exec = await api.exec(id, PROGRAMS.succeed);
      await api.runExec(exec);
      assert.match(await api.runExec(exec), /exec command [0-9a-f]{64} has already run/i);
    });

    it('that ended outlive the end of the container, and go with its removal', async (t) => {
      const id = await api.running(t);
      const exec = await api.exec(id, PROGRAMS.succeed);
      await api.runExec(exec);
      await api.post(`/containers/${id}/stop`);
      const { Running, ExitCode } = await record(exec);
      assert.deepEqual([Running, ExitCode], [false, 0]);
      await api.remove(`/containers/${id}`);
      await assert.rejects(record(exec), refused(404, /No such exec instance/));
    });

    it('that a container takes along say 137 where their end was told before', async (t) => {
      const ear = await api.listen(t);
      const id = await api.running(t);
      const exec = await api.exec(id, PROGRAMS.forever);
      const output = api.runExec(exec);
      await ear.about(id, 'exec_start: sleep 300');
      await api.post(`/containers/${id}/stop`);
      await output;
      const wasSeen = (await ear.about(id, 'stop')).some(({ action }) => action === 'exec_die');
      // Where its end was not seen first, the record may be gone, or never be put right.
      if (wasSeen) assert.equal((await record(exec)).ExitCode, 137);
    });

    it('that were never started go with the end of the container', async (t) => {
      const id = await api.running(t);
      const exec = await api.exec(id, PROGRAMS.succeed);
      await api.post(`/containers/${id}/stop`);
      await assert.rejects(api.runExec(exec), refused(404, /No such exec instance/));
    });

    it('a command without words is refused', async (t) => {
      const id = await api.running(t);
      await assert.rejects(api.exec(id, []), refused(400, /No exec command specified/));
    });
  });
}
