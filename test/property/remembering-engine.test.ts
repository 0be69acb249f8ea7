import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import * as fc from 'fast-check';
import { RememberingEngine } from '../../src/engine/remembering-engine.ts';
import type { ObservedProject } from '../../src/model/observed.ts';
import { LABEL } from '../../src/model/owner.ts';
import { containerRequest, network, sketchProject } from '../engine/sketch.ts';
import { HeldNotices } from '../support/held-notices.ts';
import { rest, VirtualClock } from '../support/virtual-clock.ts';

const REQUEST = { project: 'shop', images: ['app', 'db'], networks: ['shop_default', 'outer'], volumes: ['data'] };
const MAX_AGE_MS = 150_000;
const shop = sketchProject('shop', { web: { image: 'app', network_mode: 'none' } });
const SERVICES = ['web', 'db', 'job'];

/** What happens to the world, done by others or through the engine that remembers; and what becomes of the notices. */
const DEEDS = [
  'add',
  'kill',
  'start',
  'restart',
  'pause',
  'rename',
  'remove',
  'unhealthy',
  'their-network',
  'no-network',
  'their-volume',
  'pull',
  'own-create',
  'own-start',
  'own-stop',
  'own-remove',
  'own-network',
] as const;
const FATES = ['once', 'twice', 'lost', 'all'] as const;

const step = fc.oneof(
  { weight: 5, arbitrary: fc.record({ deed: fc.constantFrom(...DEEDS), which: fc.nat(5) }) },
  { weight: 4, arbitrary: fc.record({ fate: fc.constantFrom(...FATES), index: fc.nat(6) }) },
  { weight: 2, arbitrary: fc.record({ looks: fc.constant(true), waits: fc.boolean() }) },
  { weight: 1, arbitrary: fc.constant({ reconnects: true as const }) },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

class World {
  readonly engine = new HeldNotices();
  readonly clock = new VirtualClock();
  readonly remembering = new RememberingEngine(this.engine, { clock: this.clock, maxAgeMs: MAX_AGE_MS });
  readonly signal = new AbortController().signal;
  readonly looking = new Set<Promise<unknown>>();
  losses = 0;
  #names = 0;

  constructor() {
    this.engine.images.set('app', { id: 'sha256:app', volumes: [] });
    this.remembering.subscribe(() => {});
    this.engine.notify({ kind: 'connected' });
    this.engine.isHolding = true;
  }

  look(): Promise<ObservedProject> {
    return this.remembering.observeProject(REQUEST, this.signal);
  }

  async take(taken: Step): Promise<void> {
    if ('deed' in taken) {
      // What the engine refuses changes nothing.
      await this.#do(taken.deed, taken.which).catch(() => {});
    } else if ('fate' in taken) this.#decide(taken.fate, taken.index % Math.max(1, this.engine.held.length));
    else if ('looks' in taken) {
      const look = this.look();
      this.looking.add(look);
      if (taken.waits) await look;
    } else {
      this.engine.reconnect();
      this.losses = 0;
    }
    void this.clock.advance(1);
  }

  #decide(fate: (typeof FATES)[number], index: number): void {
    if (fate === 'all') return this.engine.deliverAll();
    if (fate !== 'lost') return this.engine.deliver(index, fate);
    if (this.engine.held.length > 0) this.losses += 1;
    this.engine.lose(index);
  }

  async #do(deed: (typeof DEEDS)[number], which: number): Promise<void> {
    const { engine, remembering, signal } = this;
    const ids = [...engine.containers.keys()];
    const id = ids[which % Math.max(1, ids.length)] ?? 'none';
    const name = `thing-${(this.#names += 1)}`;
    const labels = { [LABEL.project]: which === 5 ? 'blog' : 'shop', [LABEL.service]: SERVICES[which % 3] ?? '' };
    const outer = { project: shop, key: 'outer', network: network('outer'), labels: {} };
    switch (deed) {
      case 'add':
        return void engine.addContainer(name, labels, which % 2 === 0);
      case 'kill':
        return engine.kill(id);
      case 'start':
        return engine.start(id);
      case 'restart':
        return engine.restart(id);
      case 'pause':
        return engine.pause(id);
      case 'rename':
        return engine.rename(id, name);
      case 'remove':
        return engine.remove(id);
      case 'unhealthy':
        return engine.setHealth(id, 'unhealthy');
      case 'their-network':
        return await engine.createNetwork(outer, signal);
      case 'no-network':
        return await engine.removeNetwork('outer', signal);
      case 'their-volume':
        return await engine.createVolume({ project: shop, key: 'data', volume: { name: 'data' }, labels }, signal);
      case 'pull':
        engine.registry.set('db', { id: `sha256:${name}`, volumes: [] });
        return await engine.pullImage({ ref: 'db', platform: undefined }, signal);
      case 'own-create':
        return void (await remembering.createContainer(containerRequest(shop, 'web', { name }), signal));
      case 'own-start':
        return await remembering.startContainer(id, signal);
      case 'own-stop':
        return await remembering.stopContainer(id, 0, signal);
      case 'own-remove':
        return await remembering.removeContainer(id, { volumes: true }, signal);
      case 'own-network':
        return await remembering.createNetwork({ ...outer, network: network('shop_default'), labels }, signal);
    }
  }
}

/** Without its age, and in an order of its own. */
function contents({ containers, networks, volumes, images }: ObservedProject): unknown {
  const byKey = <T>(things: readonly T[], key: (thing: T) => string): T[] =>
    things.toSorted((a, b) => (key(a) < key(b) ? -1 : 1));
  return {
    containers: byKey(containers, ({ id }) => id),
    networks: byKey(networks, ({ id }) => id),
    volumes: byKey(volumes, ({ name }) => name),
    images: byKey([...images], ([ref]) => ref),
  };
}

suite('what is remembered of an engine', () => {
  test('is what the engine would say: in whatever order notices come, after lost ones from the next list on', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 40, size: 'max' }),
        fc.constantFrom('deliver', 'reconnect', 'wait'),
        async (steps, ending) => {
          const world = new World();
          for (const taken of steps) await world.take(taken);
          await Promise.all(world.looking);
          if (ending === 'reconnect' || (ending === 'deliver' && world.losses > 0)) world.engine.reconnect();
          else if (ending === 'deliver') world.engine.deliverAll();
          else await world.clock.advance(MAX_AGE_MS + 1);
          await rest();
          const fresh = await world.engine.observeProject(REQUEST, world.signal);
          assert.deepEqual(contents(await world.look()), contents(fresh));
        },
      ),
      { numRuns: 400 },
    );
  });
});
