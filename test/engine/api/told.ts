/** Part of the API's contract: events, in their order and with what they say; health as it is told. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Api, Seen } from './world.ts';
import { deeds, PROGRAMS } from './world.ts';

export function toldContract(api: Api): void {
  describe('events', () => {
    it('tell the life of a container with its networks and volumes around it', async (t) => {
      const ear = await api.listen(t);
      const name = api.name(t);
      await api.post('/networks/create', {}, { Name: name, CheckDuplicate: true });
      await api.post('/volumes/create', {}, { Name: name });
      const HostConfig = { NetworkMode: name, Binds: [`${name}:/data:rw`] };
      const id = await api.create(name, PROGRAMS.forever, { Labels: { kind: 'probe' }, HostConfig });
      await api.start(id);
      await api.post(`/containers/${id}/pause`);
      await api.post(`/containers/${id}/unpause`);
      await api.post(`/containers/${id}/stop`);
      // Newer engines answer before they tell of the end.
      await ear.aboutAll(id, ['stop', 'die']);
      await api.post(`/containers/${id}/rename`, { name: `${name}-b` });
      await api.remove(`/containers/${id}`);
      const story = await ear.about(id, 'destroy');
      // Docker may tell of a pause twice: its runtime told it first, and then the call did.
      assert.deepEqual(Array.from(new Set(deeds(story))), [
        'create',
        'start',
        'pause',
        'unpause',
        'kill',
        'die',
        'stop',
        'rename',
        'destroy',
      ]);
      const place = (wanted: string): number => story.findIndex(({ type, action }) => `${type} ${action}` === wanted);
      assert.ok(place('container create') < place('network connect'));
      assert.ok(place('network connect') < place('container start'));
      assert.ok(place('volume mount') < place('container start'));
      // Before or after the end itself, as engines differ.
      assert.ok(place('container kill') < place('network disconnect'));
      assert.ok(place('container kill') < place('volume unmount'));
      const find = (action: string): Seen['attributes'] => story.find((one) => one.action === action)?.attributes ?? {};
      assert.deepEqual(find('start'), { image: 'reeve-test/busybox:1', kind: 'probe', name });
      assert.deepEqual(find('rename'), {
        image: 'reeve-test/busybox:1',
        kind: 'probe',
        name: `${name}-b`,
        oldName: `/${name}`,
      });
      assert.deepEqual(find('connect'), { container: id, name, type: 'bridge' });
      assert.equal(find('mount')['destination'], '/data');
    });

    it('tell that a container which does not run was taken off a network, where the engine is older than API 1.44', async (t) => {
      const ear = await api.listen(t);
      const name = api.name(t);
      await api.post('/networks/create', {}, { Name: name, CheckDuplicate: true });
      const id = await api.create(name, PROGRAMS.forever, { HostConfig: { NetworkMode: name } });
      await api.post(`/networks/${name}/disconnect`, {}, { Container: id });
      await api.remove(`/containers/${id}`);
      const told = (await ear.about(id, 'destroy')).filter(({ type }) => type === 'network');
      const taken = { action: 'disconnect', attributes: { container: id, name, type: 'bridge' } };
      assert.deepEqual(
        told.map(({ action, attributes }) => ({ action, attributes })),
        (await api.isModern()) ? [] : [taken],
      );
    });

    it('of the past come back between since and until, through the filters', async (t) => {
      const ear = await api.listen(t);
      const name = api.name(t);
      const other = await api.create(`${name}-other`, PROGRAMS.forever);
      const id = await api.create(name, PROGRAMS.forever, { Labels: { kind: name } });
      await api.start(id);
      await api.post(`/containers/${id}/kill`);
      const [first, last] = [await ear.about(other, 'create'), await ear.about(id, 'die')];
      const seconds = (story: readonly Seen[], add: number): string =>
        String(Math.floor((story.at(-1)?.ms ?? 0) / 1000) + add);
      // Until has to be past: an engine waits for it otherwise.
      const between = { since: seconds(first, 0), until: seconds(last, 1) };
      const past = async (filters: object): Promise<string[]> => {
        const text = await api.text('/events', { query: { ...between, filters: JSON.stringify(filters) } });
        const lines = text.split('\n').filter(Boolean);
        return lines.map((line) => (JSON.parse(line) as { Action: string }).Action);
      };
      assert.deepEqual(await past({ label: [`kind=${name}`] }), ['create', 'start', 'kill', 'die']);
      assert.deepEqual(await past({ container: [id], event: ['start', 'die'] }), ['start', 'die']);
      assert.deepEqual(await past({ container: [other] }), ['create']);
      assert.deepEqual(await past({ label: [`kind=${name}`], type: ['network'] }), []);
    });
  });

  describe('health', () => {
    const check = (Test: readonly string[]): object => ({
      Healthcheck: { Test: ['CMD', ...Test], Interval: 200_000_000, Retries: 2 },
    });

    it('begins as starting and is told once when it changes', async (t) => {
      const ear = await api.listen(t);
      const id = await api.running(t, PROGRAMS.forever, check(PROGRAMS.succeed));
      const story = await ear.about(id, 'health_status: healthy');
      const [started] = story.filter(({ action }) => action === 'start');
      assert.ok(
        (story.at(-1)?.ms ?? 0) - (started?.ms ?? 0) >= 195,
        'the first probe comes one interval after the start',
      );
      assert.equal((await api.inspect(id)).State.Health?.Status, 'healthy');
      await ear.about(id, 'exec_die', 3);
      const changes = (await ear.about(id, 'exec_die', 3)).filter(({ action }) => action.startsWith('health_status'));
      assert.equal(changes.length, 1);
      await api.post(`/containers/${id}/stop`);
      assert.equal((await api.inspect(id)).State.Health?.Status, 'unhealthy');
    });

    it('is unhealthy after as many failures in a row as it takes', async (t) => {
      const ear = await api.listen(t);
      const id = await api.running(t, PROGRAMS.forever, check(PROGRAMS.fail));
      const story = await ear.about(id, 'health_status: unhealthy');
      // The end of the last one may be told after what it came to.
      assert.equal(story.filter(({ action }) => action.startsWith('exec_start')).length, 2);
      assert.equal((await api.inspect(id)).State.Health?.Status, 'unhealthy');
    });
  });
}
