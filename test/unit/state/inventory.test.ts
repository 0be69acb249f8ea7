import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Hold, InventoryEntry } from '../../../src/state/state.ts';
import { openState } from '../../../src/state/sqlite.ts';
import { openedState, temporaryDirectory } from '../../support/state.ts';

const shop: InventoryEntry = {
  project: 'shop',
  workingDir: '/srv/shop',
  configFiles: ['/srv/shop/compose.yaml', '-'],
  directory: undefined,
};

test('what was applied from where is known until it is forgotten', (t) => {
  const { inventory } = openedState(t);
  inventory.record(shop);
  inventory.record({ ...shop, workingDir: '/srv/moved' });
  assert.deepEqual(inventory.get('shop'), { ...shop, workingDir: '/srv/moved' });
  inventory.forget('shop');
  assert.equal(inventory.get('shop'), undefined);
});

test('a run that applies the same from the same place writes nothing into the database', async (t) => {
  const path = join(temporaryDirectory(t), 'engine.db');
  const first = openState({ path });
  first.inventory.record(shop);
  first.close();
  const state = openedState(t, { path });
  const lease = await state.leases.acquire({ project: 'shop', command: 'apply', signal: t.signal });
  state.inventory.record(shop);
  lease.release();
  assert.equal(statSync(`${path}-wal`).size, 0);
});

test('projects are listed by the directory they were applied from', (t) => {
  const { inventory } = openedState(t);
  const b = { ...shop, project: 'b', directory: '/srv' };
  const a = { ...shop, project: 'a', directory: '/srv' };
  for (const entry of [shop, b, a, { ...shop, project: 'c', directory: '/srv/other' }]) inventory.record(entry);
  assert.deepEqual(inventory.list('/srv'), [a, b]);
  assert.deepEqual(
    inventory.list().map((entry) => entry.project),
    ['a', 'b', 'c', 'shop'],
  );
});

test('a hold stands until it is released; that of the project releases every one of its kind', (t) => {
  const { inventory } = openedState(t);
  const whole: Hold = { project: 'shop', service: undefined, kind: 'stopped' };
  const web: Hold = { project: 'shop', service: 'web', kind: 'stopped' };
  const suspended: Hold = { project: 'shop', service: 'web', kind: 'suspended' };
  for (const hold of [suspended, web, whole, web]) inventory.hold(hold);
  assert.deepEqual(inventory.holds('shop'), [whole, web, suspended]);
  inventory.release(web);
  assert.deepEqual(inventory.holds('shop'), [whole, suspended]);
  inventory.hold(web);
  inventory.release(whole);
  assert.deepEqual(inventory.holds('shop'), [suspended]);
  assert.deepEqual(inventory.holds('elsewhere'), []);
});

test('a project that is forgotten is no longer stopped, but stays suspended', (t) => {
  const { inventory } = openedState(t);
  inventory.hold({ project: 'shop', service: 'web', kind: 'stopped' });
  inventory.hold({ project: 'shop', service: undefined, kind: 'suspended' });
  inventory.forget('shop');
  assert.deepEqual(inventory.holds('shop'), [{ project: 'shop', service: undefined, kind: 'suspended' }]);
});
