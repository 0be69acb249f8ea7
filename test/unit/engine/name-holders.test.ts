import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { holdersOf } from '../../../src/engine/name-holders.ts';
import { LABEL } from '../../../src/model/owner.ts';
import { answer, fakeServer, HASTY_CLOCK } from './fake-server.ts';

const CONTAINERS = [
  { Id: 'a', Names: ['/shop-web-1'], Labels: {} },
  { Id: 'b', Names: ['/shop-web-10'], Labels: {} },
  { Id: 'c', Names: ['/shop-db-1'], Labels: { [LABEL.project]: 'other' } },
  { Id: 'd', Names: ['/shop-app-1'], Labels: { [LABEL.project]: 'shop' } },
];

describe('who has a name', () => {
  for (const [what, count] of [
    ['few names are asked for as patterns, of which only whole names count', 0],
    ['for many all containers are listed', 50],
  ] as const) {
    it(what, async (t) => {
      const { wire, requests } = await fakeServer(
        t,
        (_request, response) => answer(response, 200, CONTAINERS),
        HASTY_CLOCK,
      );
      const more = Array.from({ length: count }, (_, index) => `shop-more-${index}`);
      const names = ['shop-web-1', 'shop-db-1', 'shop-app-1', ...more];
      assert.deepEqual(
        [...(await holdersOf(wire, names, 'shop', t.signal))],
        [
          ['shop-web-1', { project: undefined }],
          ['shop-db-1', { project: 'other' }],
        ],
      );
      const [line = '', ...rest] = requests;
      assert.deepEqual([rest.length, line.includes('filters')], [0, count === 0]);
    });
  }
});
