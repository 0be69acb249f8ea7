/** Part of the engine contract: waits and notices. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { EngineNotice } from '../../../src/engine/engine.ts';
import type { World } from './world.ts';
import { COMMANDS, NO_NETWORK } from './world.ts';

export function noticesContract(world: World): void {
  describe('waiting and notices', () => {
    it('a wait for a state ends with the event that brings it', async (t) => {
      const { id } = await world.running(t, { ...NO_NETWORK, command: COMMANDS.exitSoon });
      const code = await world.engine.awaitState(
        id,
        (state) => (state?.status === 'exited' ? state.exitCode : undefined),
        t.signal,
      );
      assert.equal(code, 7);
    });

    it('a wait sees that its container is gone', async (t) => {
      const whole = await world.project(t, { web: NO_NETWORK });
      const id = await world.create(whole, t);
      const gone = world.engine.awaitState(id, (state) => (state === undefined ? 'gone' : undefined), t.signal);
      await world.engine.removeContainer(id, { volumes: true }, t.signal);
      assert.equal(await gone, 'gone');
    });

    it('a wait that is aborted rejects with the reason', async (t) => {
      const { id } = await world.running(t);
      const stop = new AbortController();
      const wait = world.engine.awaitState(id, () => undefined, stop.signal);
      const reason = new Error('enough');
      stop.abort(reason);
      await assert.rejects(wait, (error) => error === reason);
    });

    it("notices tell of a container's life with project and service, commands with their exec id", async (t) => {
      const whole = await world.project(t, { web: NO_NETWORK });
      const heard: Extract<EngineNotice, { kind: 'container' }>[] = [];
      const destroyed = Promise.withResolvers<void>();
      const connected = Promise.withResolvers<void>();
      const unsubscribe = world.engine.subscribe((notice) => {
        if (notice.kind === 'connected') connected.resolve();
        if (notice.kind !== 'container' || notice.project !== whole.name) return;
        heard.push(notice);
        if (notice.action === 'destroy') destroyed.resolve();
      });
      t.after(unsubscribe);
      const id = await world.create(whole, t);
      await world.engine.startContainer(id, t.signal);
      const exec = await world.startExec(id, COMMANDS.succeed, t);
      await world.engine.runExec(exec, () => {}, t.signal);
      await world.engine.stopContainer(id, 0, t.signal);
      await world.engine.removeContainer(id, { volumes: true }, t.signal);
      await destroyed.promise;
      const story = heard.filter(({ action }) => ['create', 'start', 'exec_die', 'die', 'destroy'].includes(action));
      assert.deepEqual(
        story.map(({ action }) => action),
        ['create', 'start', 'exec_die', 'die', 'destroy'],
      );
      assert.ok(story.every((notice) => notice.service === 'web' && notice.containerId === id));
      // An engine may leave it out; it never names another one.
      assert.ok([exec, undefined].includes(story[2]?.execId));
      assert.match(story[0]?.timeNs ?? '', /^\d{19}$/);
    });

    it('who has unsubscribed hears nothing more', async (t) => {
      const whole = await world.project(t, { web: NO_NETWORK });
      let heard = 0;
      world.engine.subscribe(() => heard++)();
      const heardBefore = heard;
      const seen = Promise.withResolvers<void>();
      t.after(
        world.engine.subscribe((notice) => {
          if (notice.kind === 'container' && notice.project === whole.name) seen.resolve();
        }),
      );
      await world.create(whole, t);
      await seen.promise;
      assert.equal(heard, heardBefore);
    });
  });
}
