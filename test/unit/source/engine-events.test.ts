import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { EngineNotice } from '../../../src/engine/engine.ts';
import { engineEventsSource } from '../../../src/source/engine-events.ts';

const container = (action: string, project = 'shop'): EngineNotice => ({
  kind: 'container',
  action,
  containerId: 'c1',
  project: project === '' ? undefined : project,
  service: 'web',
  execId: undefined,
  timeNs: '1',
});
const network = (action: string, name: string, project?: string): EngineNotice => ({
  kind: 'network',
  action,
  id: `id of ${name}`,
  name,
  project,
  containerId: undefined,
});

const DISCONNECTED: EngineNotice = { kind: 'disconnected', error: new Error('EOF') };

/** An engine of notices only, with two known projects, whose keys are their folders; and what the source emitted. */
async function setUp() {
  const listeners = new Set<(notice: EngineNotice) => void>();
  const stop = new AbortController();
  const folders = new Map([
    ['shop', '/srv/shop'],
    ['my_blog', '/srv/blog'],
  ]);
  const emitted: string[] = [];
  const source = engineEventsSource({
    engine: {
      subscribe(listener) {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
    },
    keys: {
      all: () => folders.values(),
      ofProject: (project) => [folders.get(project) ?? []].flat(),
    },
  });
  await source.start((key, wake = {}) => {
    emitted.push([key, wake.delayMs ?? 0, wake.priority ?? 0].join(' '));
  }, stop.signal);
  return {
    stop,
    listeners,
    /** What the source emits for a notice: `key delay priority`. */
    emissionsOf: (notice: EngineNotice): string[] => {
      for (const listener of listeners) listener(notice);
      return emitted.splice(0);
    },
  };
}

suite('engine events source', () => {
  test('what can change a container wakes its project at once', async () => {
    const { emissionsOf } = await setUp();
    for (const action of [
      'create',
      'start',
      'destroy',
      'stop',
      'pause',
      'unpause',
      'rename',
      'update',
      'oom',
      'health_status',
    ])
      assert.deepEqual(emissionsOf(container(action)), ['/srv/shop 0 0'], action);
  });

  test('what changes nothing wakes nobody', async () => {
    const { emissionsOf } = await setUp();
    for (const action of [
      'exec_create',
      'exec_start',
      'exec_die',
      'top',
      'attach',
      'resize',
      'kill',
      'archive-path',
      'toString',
    ])
      assert.deepEqual(emissionsOf(container(action)), [], action);
  });

  test('a death waits a few milliseconds for the removal that may follow it, which does not wait', async () => {
    const { emissionsOf } = await setUp();
    assert.deepEqual(emissionsOf(container('die')), ['/srv/shop 10 0']);
    assert.deepEqual(emissionsOf(container('destroy')), ['/srv/shop 0 0']);
  });

  test('containers of nobody and of projects that are not ours wake nobody', async () => {
    const { emissionsOf } = await setUp();
    assert.deepEqual(emissionsOf(container('die', '')), []);
    assert.deepEqual(emissionsOf(container('die', 'other')), []);
  });

  test('a connected stream wakes every key: anything may have happened before', async () => {
    const { emissionsOf } = await setUp();
    assert.deepEqual(emissionsOf({ kind: 'connected' }), ['/srv/shop 0 0', '/srv/blog 0 0']);
  });

  test('a stream that broke wakes every key: that the engine is gone is to be found out and said', async () => {
    const { emissionsOf } = await setUp();
    assert.deepEqual(emissionsOf(DISCONNECTED), ['/srv/shop 0 0', '/srv/blog 0 0']);
  });

  test("a project's network wakes it, be the project a label or the beginning of the name", async () => {
    const { emissionsOf } = await setUp();
    assert.deepEqual(emissionsOf(network('destroy', 'anything', 'shop')), ['/srv/shop 0 0']);
    assert.deepEqual(emissionsOf(network('disconnect', 'shop_default')), ['/srv/shop 0 0']);
    assert.deepEqual(emissionsOf(network('destroy', 'my_blog_default')), ['/srv/blog 0 0']);
    assert.deepEqual(emissionsOf({ kind: 'volume', action: 'destroy', name: 'my_blog_data', project: undefined }), [
      '/srv/blog 0 0',
    ]);
  });

  test('a network of nobody hints at all, later and after every notice', async () => {
    const { emissionsOf } = await setUp();
    assert.deepEqual(emissionsOf(network('destroy', 'external')), ['/srv/shop 2000 -5', '/srv/blog 2000 -5']);
    assert.deepEqual(emissionsOf({ kind: 'volume', action: 'mount', name: 'external', project: undefined }), []);
  });

  test("the engine's own networks, which every container joins, wake nobody", async () => {
    const { emissionsOf } = await setUp();
    assert.deepEqual(emissionsOf(network('connect', 'bridge')), []);
  });

  test('an image name that may stand for another image hints at all', async () => {
    const { emissionsOf } = await setUp();
    const image = (action: string): EngineNotice => ({ kind: 'image', action, name: 'web:latest', project: undefined });
    assert.deepEqual(emissionsOf(image('tag')), ['/srv/shop 2000 -5', '/srv/blog 2000 -5']);
    assert.deepEqual(emissionsOf(image('push')), []);
  });

  test('it listens no more after the abort', async () => {
    const { stop, listeners } = await setUp();
    stop.abort();
    assert.equal(listeners.size, 0);
  });
});
