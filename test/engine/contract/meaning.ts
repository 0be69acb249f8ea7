/** Part of the engine contract: success and refusal by meaning. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { World } from './world.ts';
import { COMMANDS, NO_NETWORK, engineError } from './world.ts';

export function meaningContract(world: World): void {
  describe('calls whose purpose is met already', () => {
    it('start on running, stop on stopped, stop and remove on missing succeed', async (t) => {
      const { id } = await world.running(t);
      await world.engine.startContainer(id, t.signal);
      await world.engine.stopContainer(id, undefined, t.signal);
      await world.engine.stopContainer(id, 1000, t.signal);
      assert.equal(await world.status(id, t), 'exited');
      await world.engine.removeContainer(id, { volumes: true }, t.signal);
      await world.engine.removeContainer(id, { volumes: true }, t.signal);
      await world.engine.stopContainer(id, undefined, t.signal);
      assert.equal(await world.status(id, t), undefined);
    });

    it('two removals at the same time both succeed', async (t) => {
      const whole = await world.project(t, { web: NO_NETWORK });
      const id = await world.create(whole, t);
      const remove = () => world.engine.removeContainer(id, { volumes: true }, t.signal);
      await Promise.all([remove(), remove(), remove()]);
      assert.equal(await world.status(id, t), undefined);
    });

    it('pausing what is paused and unpausing what is not succeed', async (t) => {
      const { id } = await world.running(t);
      await world.engine.unpauseContainer(id, t.signal);
      await world.engine.pauseContainer(id, t.signal);
      await world.engine.pauseContainer(id, t.signal);
      assert.equal(await world.status(id, t), 'paused');
      await world.engine.unpauseContainer(id, t.signal);
      assert.equal(await world.status(id, t), 'running');
    });

    it('connecting twice, disconnecting twice and removing missing networks and volumes succeed', async (t) => {
      const whole = await world.project(t, undefined, ['back']);
      const id = await world.create(whole, t);
      const service = whole.services['web'];
      assert.ok(service);
      const connect = () =>
        world.engine.connectNetwork(
          { project: whole, service, number: 1, containerId: id, networkKey: 'back' },
          t.signal,
        );
      const disconnect = () => world.engine.disconnectNetwork(`${whole.name}_back`, id, t.signal);
      const networks = async () =>
        (await world.observe(whole.name, t)).containers[0]?.networks.map((one) => one.network).toSorted();
      await connect();
      await connect();
      assert.deepEqual(await networks(), [`${whole.name}_back`, `${whole.name}_default`]);
      await disconnect();
      await disconnect();
      assert.deepEqual(await networks(), [`${whole.name}_default`]);
      await world.engine.removeNetwork(`${whole.name}_back`, t.signal);
      await world.engine.removeNetwork(`${whole.name}_back`, t.signal);
      await world.engine.removeVolume(`${whole.name}_none`, t.signal);
    });
  });

  describe('refusals', () => {
    it('a running container is not removed: its stop is the business of the plan', async (t) => {
      const { id } = await world.running(t);
      await assert.rejects(world.engine.removeContainer(id, { volumes: true }, t.signal), engineError('conflict'));
      assert.equal(await world.status(id, t), 'running');
    });

    it('a network that a running container is on is a conflict', async (t) => {
      const { whole } = await world.running(t, {});
      await assert.rejects(world.engine.removeNetwork(`${whole.name}_default`, t.signal), engineError('conflict'));
    });

    it('renaming to a taken name is a conflict', async (t) => {
      const whole = await world.project(t, { web: NO_NETWORK, db: NO_NETWORK });
      const id = await world.create(whole, t);
      await world.create(whole, t, 'db');
      const rename = (name: string) => world.engine.renameContainer(id, name, t.signal);
      await assert.rejects(rename(`${whole.name}-db-1`), engineError('conflict'));
      await rename(`${whole.name}-renamed`);
      const names = (await world.observe(whole.name, t)).containers.map(({ name }) => name);
      assert.ok(names.includes(`${whole.name}-renamed`));
    });

    it("a start that fails is refused with the engine's words", async (t) => {
      const whole = await world.project(t, { web: { ...NO_NETWORK, command: COMMANDS.missing } });
      const id = await world.create(whole, t);
      await assert.rejects(world.engine.startContainer(id, t.signal), engineError('rejected', /no such file/i));
    });

    it('an aborted call rejects with the reason of its signal', async () => {
      const reason = new Error('no longer wanted');
      const signal = AbortSignal.abort(reason);
      await assert.rejects(world.engine.listProjects(signal), (error) => error === reason);
    });
  });
}
