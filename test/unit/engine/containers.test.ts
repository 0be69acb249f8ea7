import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createContainer } from '../../../src/engine/containers.ts';
import { answer, fakeServer } from './fake-server.ts';

test('what the engine leaves out of a new container is handed on, one text each', async (t) => {
  const said = ['Your kernel does not support Block I/O weight. Weight discarded.', 'No swap limit.'];
  const { wire, requests } = await fakeServer(t, (_, response, nth) =>
    answer(response, 201, { Id: 'c1', Warnings: nth === 1 ? said : null }),
  );
  const warnings: string[] = [];
  const request = {
    name: 'shop-web-1',
    platform: 'linux/arm64',
    body: {},
    onWarning: (text: string) => warnings.push(text),
  };
  assert.equal(await createContainer(wire, request, t.signal), 'c1');
  assert.equal(await createContainer(wire, request, t.signal), 'c1');
  assert.deepEqual(warnings, said);
  assert.equal(requests[0], 'POST /containers/create?name=shop-web-1&platform=linux/arm64');
});
