/** Part of the engine contract: containers made and changed. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isEngineError } from '../../../src/model/errors.ts';
import { resourceDifferences } from '../../../src/model/resources.ts';
import { containerRequest, network, sketchService } from '../sketch.ts';
import type { World } from './world.ts';
import { COMMANDS, NO_NETWORK, engineError } from './world.ts';

export function makingContract(world: World): void {
  describe('creating', () => {
    it('a container is on every one of its networks before it starts', async (t) => {
      const whole = await world.project(t, { web: { networks: { default: null, back: { aliases: ['inner'] } } } }, [
        'back',
      ]);
      await world.create(whole, t);
      const [seen] = (await world.observe(whole.name, t)).containers;
      const aliases = Object.fromEntries((seen?.networks ?? []).map((one) => [one.network, one.aliases.toSorted()]));
      const own = [`${whole.name}-web-1`, 'web'];
      assert.deepEqual(aliases, { [`${whole.name}_default`]: own, [`${whole.name}_back`]: ['inner', ...own] });
    });

    it('a taken name is a conflict', async (t) => {
      const whole = await world.project(t, { web: NO_NETWORK });
      await world.create(whole, t);
      await assert.rejects(world.create(whole, t), engineError('conflict'));
    });

    it('a missing image is not found', async (t) => {
      const whole = await world.project(t, { web: { ...NO_NETWORK, image: 'reeve-test/no-such:1' } });
      await assert.rejects(world.create(whole, t), engineError('not-found'));
    });

    it('a container that cannot be put on all its networks is not left behind', async (t) => {
      const own = await world.project(t, { web: { networks: { default: null, forbidden: null } } });
      const whole = { ...own, networks: { ...own.networks, forbidden: network('host') } };
      await assert.rejects(world.create(whole, t), (error) => isEngineError(error));
      assert.deepEqual((await world.observe(whole.name, t)).containers, []);
    });

    it('an attribute that the engine cannot do is refused by name', async (t) => {
      const whole = await world.project(t, { web: { ...NO_NETWORK, provider: { type: 'elsewhere' } } });
      await assert.rejects(world.create(whole, t), engineError('rejected', /provider/));
    });

    it('volumes carried over from a replaced container are mounted again', async (t) => {
      const whole = await world.project(t, { web: { ...NO_NETWORK, volumes: [{ type: 'volume', target: '/data' }] } });
      const first = await world.create(whole, t);
      const carried = (await world.observe(whole.name, t)).containers[0]?.mounts[0]?.volume ?? '';
      const again = containerRequest(whole, 'web', {
        name: `${whole.name}-new`,
        carriedVolumes: new Map([['/data', carried]]),
      });
      const second = await world.engine.createContainer(again, t.signal);
      await world.engine.removeContainer(first, { volumes: false }, t.signal);
      const seen = (await world.observe(whole.name, t)).containers.find(({ id }) => id === second);
      assert.deepEqual(
        seen?.mounts.map(({ target, volume }) => [target, volume]),
        [['/data', carried]],
      );
      await world.engine.removeContainer(second, { volumes: true }, t.signal);
    });
  });

  describe('changing', () => {
    it('limits and the restart policy change in place', async (t) => {
      const { id, whole } = await world.running(t);
      const service = sketchService('web', { mem_limit: 64 * 1024 * 1024, restart: 'on-failure:4' });
      await world.engine.updateContainer(id, service, t.signal);
      const [seen] = (await world.observe(whole.name, t)).containers;
      assert.equal(seen?.id, id);
      assert.equal(seen.resources['Memory'], 64 * 1024 * 1024);
      assert.deepEqual(seen.restartPolicy, { name: 'on-failure', maximumRetryCount: 4 });
    });

    it('CPUs change in place, and are then no drift', async (t) => {
      const { id, whole } = await world.running(t, { ...NO_NETWORK, cpus: 0.25 });
      const service = sketchService('web', { cpus: 0.5 });
      await world.engine.updateContainer(id, service, t.signal);
      const [seen] = (await world.observe(whole.name, t)).containers;
      const limits = { isSameDefinition: true, uncontrolled: new Set<string>() };
      assert.deepEqual(seen && resourceDifferences(service, seen.resources, limits), []);
      const [differs] = seen ? resourceDifferences(sketchService('web', { cpus: 0.25 }), seen.resources, limits) : [];
      assert.ok(differs?.inPlace);
    });

    it('files are copied in before the first start, with mode and owner', async (t) => {
      const whole = await world.project(t, { web: { ...NO_NETWORK, user: '7:7' } });
      const id = await world.create(whole, t);
      const bytes = new TextEncoder().encode('secret');
      const file = { path: '/run/secrets/token', bytes, mode: 0o440, uid: 1001, gid: 1002 };
      await world.engine.copyFiles(id, [file], t.signal);
      await world.engine.startContainer(id, t.signal);
      const output = await world.outputOf(await world.startExec(id, COMMANDS.listSecret, t), t);
      assert.match(output.stdout, /^-r--r----- .*1001 .*1002 .*6 /);
    });

    it("a signal reaches the container's process", async (t) => {
      const { id } = await world.running(t);
      await world.engine.signalContainer(id, 'SIGKILL', t.signal);
      const code = await world.engine.awaitState(
        id,
        (state) => (state?.status === 'exited' ? state.exitCode : undefined),
        t.signal,
      );
      assert.equal(code, 137);
    });
  });
}
