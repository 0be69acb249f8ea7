import assert from 'node:assert/strict';
import { suite, test, type TestContext } from 'node:test';
import { look, observe } from '../../../src/controller/observe.ts';
import { ModelEngine } from '../../support/model-engine.ts';
import { modelVolume } from '../../support/model-world.ts';
import { intent, openedState } from '../../support/state.ts';
import { project } from '../../support/world.ts';

function bench(t: TestContext): Parameters<typeof look>[0] & { readonly engine: ModelEngine } {
  return { engine: new ModelEngine(), state: openedState(t) };
}

const shop = project({ web: { networks: {}, hostname: 'made by Compose' } });
const request = { project: 'shop', desired: shop, signal: new AbortController().signal };

suite('a look at a project', () => {
  test('notes the start of containers that others made, once', async (t) => {
    const ports = bench(t);
    const [web] = Object.values(shop.services);
    if (web) ports.engine.composeUp(shop, web);
    const { id, state } = ports.engine.get('web/1');
    const { startedAt } = state;
    assert.deepEqual((await observe(ports, request)).ledger.adopted, new Map([[id, startedAt]]));
    ports.engine.restart(id);
    assert.deepEqual((await observe(ports, request)).ledger.adopted, new Map([[id, startedAt]]));
  });

  test('lets go of what is known of containers that are gone', async (t) => {
    const ports = bench(t);
    const recordId = ports.state.hooks.intend(intent({ containerId: 'gone' }));
    ports.state.hooks.end(recordId, { outcome: 'succeeded', exitCode: 0 });
    assert.equal(ports.state.hooks.view('shop').records.length, 1);
    assert.deepEqual((await observe(ports, request)).ledger.records, []);
  });

  test('writes nothing when it only looks', async (t) => {
    const ports = bench(t);
    const [web] = Object.values(shop.services);
    if (web) ports.engine.composeUp(shop, web);
    ports.state.hooks.intend(intent({ containerId: 'gone' }));
    const { ledger } = await look(ports, request);
    assert.equal(ledger.records.length, 1);
    assert.deepEqual([...ledger.adopted], []);
  });

  test('asks for the images, networks and volumes that the files name', async (t) => {
    const ports = bench(t);
    const stocked = project(
      { web: { image: 'app' }, built: { build: {}, image: undefined as never } },
      { volumes: { data: { name: 'theirs' } } },
    );
    ports.engine.images.set('shop-built', { id: 'sha256:built', volumes: [] });
    ports.engine.images.set('other', { id: 'sha256:other', volumes: [] });
    ports.engine.volumes.set('theirs', modelVolume({ name: 'theirs' }, {}));
    const { observed } = await look(ports, { ...request, desired: stocked });
    assert.deepEqual([...observed.images.keys()].toSorted(), ['app', 'shop-built']);
    assert.deepEqual(
      observed.volumes.map(({ name }) => name),
      ['theirs'],
    );
  });
});
