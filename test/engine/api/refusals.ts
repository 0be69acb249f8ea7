/** Part of the API's contract: what an engine refuses, with which status and words. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Api } from './world.ts';
import { PROGRAMS, refused } from './world.ts';

const NOBODY = '0'.repeat(64);

export function refusalsContract(api: Api): void {
  describe('what is so already', () => {
    it('a start of what runs and a stop of what does not change nothing', async (t) => {
      const id = await api.create(api.name(t), PROGRAMS.forever);
      assert.equal(await api.post(`/containers/${id}/stop`), 304);
      assert.equal(await api.start(id), 204);
      assert.equal(await api.start(id), 304);
      assert.equal(await api.post(`/containers/${id}/stop`), 204);
      assert.equal(await api.post(`/containers/${id}/stop`), 304);
    });

    it('a second pause is a conflict, an unpause of what runs a failure', async (t) => {
      const id = await api.running(t);
      await assert.rejects(api.post(`/containers/${id}/unpause`), refused(500, /is not paused/));
      await api.post(`/containers/${id}/pause`);
      await assert.rejects(api.post(`/containers/${id}/pause`), refused(409, /is already paused/));
    });
  });

  describe('what is not there', () => {
    it('is not found, and named', async () => {
      for (const verb of ['start', 'stop', 'kill', 'pause', 'unpause', 'wait', 'restart']) {
        await assert.rejects(api.post(`/containers/${NOBODY}/${verb}`), refused(404, /No such container: 0{64}/));
      }
      await assert.rejects(api.get(`/containers/${NOBODY}/json`), refused(404, /No such container/));
      await assert.rejects(api.remove(`/containers/${NOBODY}`), refused(404, /No such container/));
      await assert.rejects(api.get(`/exec/${NOBODY}/json`), refused(404, /No such exec instance/));
      await assert.rejects(api.runExec(NOBODY), refused(404, /No such exec instance/));
      await assert.rejects(api.remove('/networks/reeve-no-such'), refused(404, /network reeve-no-such not found/));
      await assert.rejects(api.remove('/volumes/reeve-no-such'), refused(404, /no such volume/));
      await assert.rejects(
        api.create('reeve-no-such', [], { Image: 'reeve-test/no:1' }),
        refused(404, /No such image/),
      );
    });
  });

  describe('names', () => {
    it('a taken one is a conflict that names its holder; the own one is refused', async (t) => {
      const name = api.name(t);
      const id = await api.create(name, PROGRAMS.forever);
      const other = await api.create(`${name}-other`, PROGRAMS.forever);
      const taken = refused(409, new RegExp(`The container name .*/${name}.* is already in use by container .*${id}`));
      await assert.rejects(api.create(name, PROGRAMS.forever), taken);
      await assert.rejects(api.post(`/containers/${other}/rename`, { name }), taken);
      await assert.rejects(api.post(`/containers/${id}/rename`, { name }), refused(400, /same name/));
      await assert.rejects(api.create('-', PROGRAMS.forever), refused(400, /Invalid container name/));
    });
  });

  describe('states', () => {
    it('what needs a running container is a conflict with one that is not', async (t) => {
      const id = await api.create(api.name(t), PROGRAMS.forever);
      await assert.rejects(api.exec(id, PROGRAMS.succeed), refused(409, /is not running/));
      await assert.rejects(api.post(`/containers/${id}/pause`), refused(409, /is not running/));
      await assert.rejects(api.post(`/containers/${id}/kill`), refused(409, /is not running/));
      await api.start(id);
      await assert.rejects(api.post(`/containers/${id}/kill`, { signal: 'FOO' }), refused(400, /invalid signal: FOO/i));
      await api.post(`/containers/${id}/pause`);
      await assert.rejects(
        api.exec(id, PROGRAMS.succeed),
        refused(409, /is paused, unpause the container before exec/),
      );
      await assert.rejects(api.start(id), refused(409, /cannot start a paused container, try unpause instead/));
      await assert.rejects(api.remove(`/containers/${id}`), refused(409, /cannot remove .*paused/));
    });

    it('a running container is removed by force alone', async (t) => {
      const id = await api.running(t);
      await assert.rejects(api.remove(`/containers/${id}`), refused(409, /cannot remove .*running/));
      await api.remove(`/containers/${id}`, { force: '1' });
      await assert.rejects(api.inspect(id), refused(404, /No such container/));
    });
  });

  describe('networks and volumes', () => {
    it('a network is there once, stays while a running container is on it, and is missed at the next start', async (t) => {
      const name = api.name(t);
      await api.post('/networks/create', {}, { Name: name, CheckDuplicate: true });
      const again = api.post('/networks/create', {}, { Name: name, CheckDuplicate: true });
      await assert.rejects(again, refused(409, new RegExp(`network with name ${name} already exists`)));
      const id = await api.create(name, PROGRAMS.forever, { HostConfig: { NetworkMode: name } });
      await api.start(id);
      await assert.rejects(api.remove(`/networks/${name}`), refused(403, /has active endpoints/));
      const connect = api.post(`/networks/${name}/connect`, {}, { Container: id });
      await assert.rejects(connect, refused(403, new RegExp(`endpoint with name ${name} already exists`)));
      await api.post(`/containers/${id}/stop`);
      await api.remove(`/networks/${name}`);
      await assert.rejects(api.start(id), refused(404, /network [0-9a-f]{64} not found/));
    });

    it('a network that is not there yet is missed at the start, not before', async (t) => {
      const name = api.name(t);
      const id = await api.create(name, PROGRAMS.forever, { HostConfig: { NetworkMode: `${name}-none` } });
      await assert.rejects(api.start(id), refused(404, new RegExp(`network ${name}-none not found`)));
    });

    it('a volume stays while any container has it, running or not', async (t) => {
      const name = api.name(t);
      await api.post('/volumes/create', {}, { Name: name });
      assert.equal(await api.post('/volumes/create', {}, { Name: name }), 201);
      const id = await api.create(name, PROGRAMS.forever, { HostConfig: { Binds: [`${name}:/data:rw`] } });
      await assert.rejects(api.remove(`/volumes/${name}`), refused(409, new RegExp(`volume is in use - \\[${id}\\]`)));
      await api.remove(`/containers/${id}`);
      await api.remove(`/volumes/${name}`);
    });
  });
}
