import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspectImage } from '../../../src/engine/observe.ts';
import { answer, fakeServer } from './fake-server.ts';

test('a name that can be no image is one that is not there: it is for the pull to say why', async (t) => {
  const docker = 'no such image: Foo/Bar:1: invalid reference format: repository name must be lowercase';
  const podman = 'normalizing image: parsing reference "Foo/Bar:1": repository name must be lowercase';
  for (const [status, message] of [
    [400, docker],
    [500, docker],
    [500, podman],
  ] as const) {
    const { wire } = await fakeServer(t, (_, response) => answer(response, status, { message }));
    assert.equal(await inspectImage(wire, 'Foo/Bar:1', t.signal), undefined);
  }
  const { wire } = await fakeServer(t, (_, response) => answer(response, 500, { message: 'disk failure' }));
  await assert.rejects(inspectImage(wire, 'foo', t.signal), /disk failure/);
});
