import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openedState } from '../../support/state.ts';

test('what a container was last given is remembered until the container is gone', (t) => {
  const { contents } = openedState(t);
  contents.deliver('shop', 'c1', { 'config motd': 'v1' });
  contents.deliver('shop', 'c1', { 'config motd': 'v2' });
  contents.deliver('shop', 'c2', { 'secret token': 'v1' });
  contents.deliver('other', 'c3', {});
  assert.deepEqual(
    contents.view('shop'),
    new Map([
      ['c1', { 'config motd': 'v2' }],
      ['c2', { 'secret token': 'v1' }],
    ]),
  );
  contents.retain('shop', ['c2', 'c4']);
  assert.deepEqual([...contents.view('shop').keys()], ['c2']);
  assert.deepEqual([...contents.view('other').keys()], ['c3']);
});
