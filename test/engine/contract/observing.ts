/** Part of the engine contract: what observing shows. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { network, sketchProject } from '../sketch.ts';
import type { World } from './world.ts';
import { NO_NETWORK } from './world.ts';

export function observingContract(world: World): void {
  describe('observing', () => {
    it('a project that is not there is an empty snapshot', async (t) => {
      const seen = await world.observe(world.uniqueName(), t);
      assert.deepEqual([seen.containers, seen.networks, seen.volumes, seen.images.size], [[], [], [], 0]);
    });

    it('a created container is seen with what it was made from', async (t) => {
      const whole = await world.project(t, {
        web: { networks: { default: { aliases: ['www'] } }, stop_grace_period: 5e9 },
      });
      const id = await world.create(whole, t);
      const { containers, networks } = await world.observe(whole.name, t);
      const [seen] = containers;
      assert.ok(seen);
      assert.equal(seen.id, id);
      assert.equal(seen.name, `${whole.name}-web-1`);
      assert.deepEqual([seen.project, seen.service, seen.number], [whole.name, 'web', 1]);
      assert.deepEqual([seen.oneoff, seen.hookContainer, seen.ours], [false, false, false]);
      assert.equal(seen.configHash, 'sketch');
      assert.deepEqual([seen.state.status, seen.state.startedAt, seen.state.health], ['created', '', 'none']);
      assert.equal(seen.stopTimeoutS, 5);
      const endpoints = seen.networks.map((endpoint) => [endpoint.network, endpoint.aliases]);
      assert.deepEqual(endpoints, [[`${whole.name}_default`, [`${whole.name}-web-1`, 'web', 'www']]]);
      assert.deepEqual(
        networks.map((one) => one.name),
        [`${whole.name}_default`],
      );
    });

    it('networks and volumes are seen by name though they carry no label', async (t) => {
      const name = world.uniqueName();
      t.after(() => world.cleanUp(name));
      const bare = { ...sketchProject(name), volumes: { data: { name: `${name}_data` } } };
      const one = network(`${name}_bare`);
      await world.engine.createNetwork({ project: bare, key: 'bare', network: one, labels: {} }, t.signal);
      await world.engine.createVolume({ project: bare, key: 'data', volume: bare.volumes.data, labels: {} }, t.signal);
      const ask = { project: name, images: [], networks: [one.name], volumes: [`${name}_data`, `${name}_no`] };
      const seen = await world.engine.observeProject(ask, t.signal);
      assert.deepEqual(
        seen.networks.map((found) => found.name),
        [one.name],
      );
      assert.deepEqual(
        seen.volumes.map((found) => found.name),
        [`${name}_data`],
      );
    });

    it('a name that a container of others has is seen where it is asked for, with whose it is', async (t) => {
      const whole = await world.project(t, { web: NO_NETWORK });
      await world.create(whole, t);
      const [taken, free] = [`${whole.name}-web-1`, `${whole.name}-web-11`];
      const ask = { images: [], networks: [], volumes: [], names: [taken, free] };
      const others = await world.engine.observeProject({ ...ask, project: world.uniqueName() }, t.signal);
      assert.deepEqual([...(others.takenNames ?? [])], [[taken, { project: whole.name }]]);
      const own = await world.engine.observeProject({ ...ask, project: whole.name }, t.signal);
      assert.deepEqual([...(own.takenNames ?? [])], []);
    });

    it('images are seen by the reference asked for, an absent one is absent', async (t) => {
      const images = ['reeve-test/busybox:1', 'reeve-test/no-such:1'];
      const seen = await world.engine.observeProject(
        { project: world.uniqueName(), images, networks: [], volumes: [] },
        t.signal,
      );
      assert.deepEqual([...seen.images.keys()], ['reeve-test/busybox:1']);
      assert.match(seen.images.get('reeve-test/busybox:1')?.id ?? '', /^sha256:[0-9a-f]{64}$/);
    });

    it('its parts, asked for one by one, are what a look at all of them shows', async (t) => {
      const whole = await world.project(t);
      const id = await world.create(whole, t);
      const volume = { name: `${whole.name}_data` };
      await world.engine.createVolume({ project: whole, key: 'data', volume, labels: {} }, t.signal);
      const ask = { project: whole.name, images: [], networks: [], volumes: [volume.name] };
      const { containers, networks, volumes } = await world.engine.observeProject(ask, t.signal);
      assert.deepEqual(await world.engine.listContainers(whole.name, t.signal), containers);
      assert.deepEqual([await world.engine.inspectContainer(id, t.signal)], containers);
      const [only] = networks;
      assert.ok(only);
      for (const key of [only.id, only.name]) assert.deepEqual(await world.engine.inspectNetwork(key, t.signal), only);
      const ofProject = ({ name }: { readonly name: string }): boolean => name.startsWith(`${whole.name}_`);
      assert.deepEqual((await world.engine.listNetworks(t.signal)).filter(ofProject), networks);
      assert.deepEqual((await world.engine.listVolumes(t.signal)).filter(ofProject), volumes);
      assert.deepEqual([await world.engine.inspectVolume(volume.name, t.signal)], volumes);
      const none = 'a'.repeat(64);
      const { engine } = world;
      assert.deepEqual(
        [
          await engine.inspectContainer(none, t.signal),
          await engine.inspectNetwork(none, t.signal),
          await engine.inspectVolume(none, t.signal),
        ],
        [undefined, undefined, undefined],
      );
    });

    it('projects are listed when all they have is a network', async (t) => {
      const whole = await world.project(t);
      assert.ok((await world.engine.listProjects(t.signal)).includes(whole.name));
    });
  });
}
