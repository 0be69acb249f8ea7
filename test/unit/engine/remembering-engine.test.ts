import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { Engine, EngineNotice } from '../../../src/engine/engine.ts';
import { RememberingEngine } from '../../../src/engine/remembering-engine.ts';
import { EngineError } from '../../../src/model/errors.ts';
import type { ObservedProject } from '../../../src/model/observed.ts';
import { LABEL } from '../../../src/model/owner.ts';
import { containerRequest, network, sketchProject } from '../../engine/sketch.ts';
import { HeldNotices } from '../../support/held-notices.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';

const REQUEST = { project: 'shop', images: ['app'], networks: ['shop_default'], volumes: ['data'] };
const MAX_AGE_MS = 150_000;
const shop = sketchProject('shop', { web: { image: 'app', network_mode: 'none' } });

/** A container of the project under watch, and the engine that remembers it. */
class Bench {
  readonly engine = new HeldNotices();
  readonly clock = new VirtualClock();
  readonly remembering: Engine;
  readonly signal = new AbortController().signal;
  /** Questions to the engine, in order. */
  readonly asked: string[] = [];

  constructor() {
    this.remembering = new RememberingEngine(this.engine, { clock: this.clock, maxAgeMs: MAX_AGE_MS });
    this.engine.before = ({ name, subject }) => {
      this.asked.push(subject === '' ? name : `${name} ${this.engine.containers.get(subject)?.name ?? subject}`);
    };
    this.remembering.subscribe(() => {});
    this.engine.notify({ kind: 'connected' });
  }

  add(name: string, project = 'shop'): string {
    return this.engine.addContainer(name, { [LABEL.project]: project, [LABEL.service]: name }).id;
  }

  look(maxAgeMs?: number): Promise<ObservedProject> {
    return this.remembering.observeProject({ ...REQUEST, maxAgeMs }, this.signal);
  }

  /** What a look finds, and what it asked the engine for that. */
  async looks(maxAgeMs?: number): Promise<{ seen: string[]; asked: string[] }> {
    this.asked.length = 0;
    const { containers } = await this.look(maxAgeMs);
    return { seen: containers.map(({ name, state }) => `${name} ${state.status}`), asked: [...this.asked] };
  }
}

const ALL = ['list-containers shop', 'inspect-image app', 'list-networks', 'list-volumes'];

suite('an engine that remembers', () => {
  test('is asked once for each kind of thing, and for nothing while nothing happens', async () => {
    const bench = new Bench();
    bench.add('web');
    assert.deepEqual(await bench.looks(), { seen: ['web running'], asked: ALL });
    assert.deepEqual(await bench.looks(), { seen: ['web running'], asked: [] });
  });

  test('is asked each time as long as nobody listens to it', async () => {
    const engine = new HeldNotices();
    const asked: string[] = [];
    engine.before = ({ name }) => {
      asked.push(name);
    };
    const remembering = new RememberingEngine(engine, { clock: new VirtualClock() });
    const { signal } = new AbortController();
    for (const _ of [1, 2]) await remembering.observeProject(REQUEST, signal);
    assert.deepEqual(asked, ['observe', 'observe']);
  });

  test('is asked for what a notice names, and for that only', async () => {
    const bench = new Bench();
    bench.add('web');
    const id = bench.add('db');
    await bench.look();
    bench.engine.kill(id);
    assert.deepEqual(await bench.looks(), { seen: ['web running', 'db exited'], asked: ['inspect db'] });
    bench.add('cache');
    bench.engine.remove(id);
    const { seen, asked } = await bench.looks();
    assert.deepEqual(seen, ['web running', 'cache running']);
    assert.deepEqual(asked, ['inspect cache', `inspect ${id}`]);
  });

  test('is not asked for what happens to other projects, nor for commands that run in a container', async () => {
    const bench = new Bench();
    const id = bench.add('web');
    await bench.look();
    bench.add('theirs', 'blog');
    for (const action of ['exec_create', 'exec_start', 'exec_die', 'top', 'kill'])
      bench.engine.notify({ ...notice(id), action });
    assert.deepEqual((await bench.looks()).asked, []);
  });

  test('is asked again for everything after the stream broke, and each time while it is broken', async () => {
    const bench = new Bench();
    const id = bench.add('web');
    await bench.look();
    bench.engine.isHolding = true;
    bench.engine.kill(id);
    bench.engine.held.length = 0;
    bench.engine.isHolding = false;
    bench.engine.notify({ kind: 'disconnected', error: new Error('EOF') });
    assert.deepEqual(await bench.looks(), { seen: ['web exited'], asked: ['observe shop'] });
    assert.deepEqual((await bench.looks()).asked, ['observe shop']);
    bench.engine.notify({ kind: 'connected' });
    assert.deepEqual(await bench.looks(), { seen: ['web exited'], asked: ALL });
    assert.deepEqual((await bench.looks()).asked, []);
  });

  test('a lost notice is made good when the memory is too old', async () => {
    const bench = new Bench();
    const id = bench.add('web');
    await bench.look();
    bench.engine.isHolding = true;
    bench.engine.kill(id);
    assert.deepEqual(await bench.looks(), { seen: ['web running'], asked: [] });
    await bench.clock.advance(MAX_AGE_MS + 1);
    assert.deepEqual(await bench.looks(), { seen: ['web exited'], asked: ALL });
  });

  test('says how old its memory is, and gives a younger one to who asks for it', async () => {
    const bench = new Bench();
    bench.add('web');
    assert.equal((await bench.look()).ageMs, undefined);
    await bench.clock.advance(6000);
    assert.equal((await bench.look()).ageMs, 6000);
    const { asked } = await bench.looks(5000);
    assert.deepEqual(asked, ALL);
    await bench.clock.advance(1000);
    assert.equal((await bench.look(5000)).ageMs, 1000);
  });

  test('a notice that comes twice, or long after, does no harm', async () => {
    const bench = new Bench();
    const id = bench.add('web');
    await bench.look();
    bench.engine.isHolding = true;
    bench.engine.kill(id);
    bench.engine.start(id);
    bench.engine.deliver(1, 'twice');
    assert.deepEqual((await bench.looks()).seen, ['web running']);
    // The start that is heard of again, and the death before it.
    bench.engine.deliver(1);
    bench.engine.deliver(0);
    assert.deepEqual(await bench.looks(), { seen: ['web running'], asked: ['inspect web'] });
  });

  test('a notice of a container that comes after that of its end brings nothing back', async () => {
    const bench = new Bench();
    await bench.look();
    bench.engine.isHolding = true;
    const id = bench.add('web');
    bench.engine.remove(id);
    bench.engine.deliver(bench.engine.held.length - 1);
    assert.deepEqual((await bench.looks()).seen, []);
    bench.engine.deliverAll();
    assert.deepEqual((await bench.looks()).seen, []);
  });

  test('what is named while the engine is being asked is asked for again', async () => {
    const bench = new Bench();
    const id = bench.add('web');
    const looking = bench.look();
    bench.engine.kill(id);
    await looking;
    assert.deepEqual(await bench.looks(), { seen: ['web exited'], asked: ['inspect web'] });
  });

  test('a stream that breaks while the engine is being asked makes the next look ask again', async () => {
    const bench = new Bench();
    const looking = bench.look();
    bench.engine.reconnect();
    await looking;
    assert.deepEqual((await bench.looks()).asked, ALL);
  });

  test('networks and volumes are found by label and by name, whoever makes and removes them', async () => {
    const bench = new Bench();
    await bench.look();
    await bench.engine.createNetwork(
      { project: shop, key: 'default', network: network('shop_default'), labels: {} },
      bench.signal,
    );
    await bench.engine.createVolume(
      { project: shop, key: 'data', volume: { name: 'data' }, labels: { [LABEL.project]: 'shop' } },
      bench.signal,
    );
    const { networks, volumes } = await bench.look();
    assert.deepEqual([networks.map(({ name }) => name), volumes.map(({ name }) => name)], [['shop_default'], ['data']]);
    await bench.engine.removeNetwork('shop_default', bench.signal);
    await bench.engine.removeVolume('data', bench.signal);
    const after = await bench.look();
    assert.deepEqual([after.networks, after.volumes], [[], []]);
  });

  test('an image that a name stands for from now on is seen, and one that is asked for the first time', async () => {
    const bench = new Bench();
    assert.equal((await bench.look()).images.get('app')?.id, 'sha256:app');
    bench.engine.registry.set('app', { id: 'sha256:newer', volumes: [] });
    await bench.engine.pullImage({ ref: 'app', platform: undefined }, bench.signal);
    assert.equal((await bench.look()).images.get('app')?.id, 'sha256:newer');
    bench.engine.images.set('db', { id: 'sha256:db', volumes: [] });
    const both = await bench.remembering.observeProject({ ...REQUEST, images: ['app', 'db'] }, bench.signal);
    assert.deepEqual([...both.images.keys()], ['app', 'db']);
  });

  test('what it does itself is seen at once, and needs no notice', async () => {
    const bench = new Bench();
    bench.engine.isHolding = true;
    const { remembering, signal } = bench;
    await bench.look();
    const id = await remembering.createContainer(containerRequest(shop, 'web'), signal);
    assert.deepEqual((await bench.looks()).seen, ['shop-web-1 created']);
    await remembering.startContainer(id, signal);
    assert.deepEqual((await bench.looks()).seen, ['shop-web-1 running']);
    await remembering.renameContainer(id, 'other', signal);
    assert.deepEqual((await bench.looks()).seen, ['other running']);
    await remembering.stopContainer(id, 0, signal);
    assert.deepEqual(await bench.looks(), { seen: ['other exited'], asked: ['inspect other'] });
    await remembering.removeContainer(id, { volumes: true }, signal);
    assert.deepEqual((await bench.looks()).seen, []);
    await remembering.createNetwork(
      { project: shop, key: 'default', network: network('shop_default'), labels: {} },
      signal,
    );
    assert.deepEqual((await bench.look()).networks.length, 1);
    await remembering.removeNetwork('shop_default', signal);
    assert.deepEqual((await bench.look()).networks.length, 0);
  });

  test('a container that ends with a command run in it is seen to have ended', async () => {
    const bench = new Bench();
    const id = bench.add('web');
    bench.engine.script = () => ({ ends: 'container' });
    await bench.look();
    bench.engine.isHolding = true;
    const exec = { command: ['end'], user: undefined, privileged: false, workingDir: undefined, environment: [] };
    const execId = await bench.remembering.createExec(id, exec, bench.signal);
    await bench.remembering.runExec(execId, () => {}, bench.signal);
    assert.deepEqual((await bench.looks()).seen, ['web exited']);
  });

  test('a call that fails puts its project in doubt, and no other one', async () => {
    const bench = new Bench();
    bench.add('theirs', 'blog');
    await bench.look();
    await bench.remembering.observeProject({ ...REQUEST, project: 'blog' }, bench.signal);
    bench.engine.isHolding = true;
    bench.add('shop-web-1');
    await assert.rejects(bench.remembering.createContainer(containerRequest(shop, 'web'), bench.signal), EngineError);
    assert.deepEqual(await bench.looks(), { seen: ['shop-web-1 running'], asked: ALL });
    bench.asked.length = 0;
    await bench.remembering.observeProject({ ...REQUEST, project: 'blog' }, bench.signal);
    assert.deepEqual(bench.asked, []);
  });

  test('a look that fails is made again by the next one', async () => {
    const bench = new Bench();
    const id = bench.add('web');
    await bench.look();
    bench.engine.kill(id);
    const { before } = bench.engine;
    bench.engine.before = () => {
      throw new EngineError('unavailable', 'EOF');
    };
    await assert.rejects(bench.look(), EngineError);
    bench.engine.before = before;
    assert.deepEqual((await bench.looks()).seen, ['web exited']);
  });

  test('looks at the same time share what they ask for', async () => {
    const bench = new Bench();
    bench.add('web');
    await Promise.all([bench.look(), bench.look(), bench.look()]);
    assert.deepEqual(bench.asked, ALL);
  });

  test('a look that is aborted while another one asks ends at once', async () => {
    const bench = new Bench();
    const stop = new AbortController();
    const first = bench.look();
    const second = bench.remembering.observeProject(REQUEST, stop.signal);
    const reason = new Error('enough');
    stop.abort(reason);
    await assert.rejects(second, (error) => error === reason);
    await first;
  });
});

function notice(containerId: string): Extract<EngineNotice, { kind: 'container' }> {
  return {
    kind: 'container',
    action: 'start',
    containerId,
    project: 'shop',
    service: 'web',
    execId: undefined,
    timeNs: '1',
  };
}
