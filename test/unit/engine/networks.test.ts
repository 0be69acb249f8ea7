import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { TestContext } from 'node:test';
import { connectNetwork, removeNetwork } from '../../../src/engine/networks.ts';
import { isEngineError } from '../../../src/model/errors.ts';
import { answer, fakeServer, HASTY_CLOCK, type Handler } from './fake-server.ts';

const ACTIVE = { message: 'error while removing network: network shop_default id 1f0 has active endpoints' };

/** A network with one endpoint, removable from the nth attempt on. */
function networkOf(t: TestContext, container: { status: string } | undefined, removableFrom: number) {
  let attempts = 0;
  const handle: Handler = (request, response) => {
    if (request.method === 'DELETE') {
      return ++attempts >= removableFrom ? response.writeHead(204).end() : answer(response, 403, ACTIVE);
    }
    if (request.url?.startsWith('/networks'))
      return answer(response, 200, { Id: 'n1', Name: 'shop_default', Containers: { c1: {} } });
    if (container === undefined) return answer(response, 404, { message: 'No such container' });
    return answer(response, 200, { Id: 'c1', Name: '/mall-web-1', State: { Status: container.status } });
  };
  return fakeServer(t, handle, HASTY_CLOCK);
}

describe('removing a network', () => {
  for (const container of [undefined, { status: 'removing' }]) {
    it(`outlasts the endpoint of a container that is ${container?.status ?? 'gone'}`, async (t) => {
      const { wire, requests } = await networkOf(t, container, 3);
      await removeNetwork(wire, 'shop_default', t.signal);
      assert.equal(requests.filter((line) => line.startsWith('DELETE')).length, 3);
    });
  }

  it('is a conflict at once where the container stays, which is named', async (t) => {
    const { wire, requests } = await networkOf(t, { status: 'running' }, 3);
    await assert.rejects(
      removeNetwork(wire, 'shop_default', t.signal),
      (error) =>
        isEngineError(error, 'conflict') && error.message.endsWith('has active endpoints: mall-web-1 is on it'),
    );
    assert.equal(requests.filter((line) => line.startsWith('DELETE')).length, 1);
  });

  it('is given up where the engine counts an endpoint of which there is no container, with what to do', async (t) => {
    const { wire } = await networkOf(t, undefined, Infinity);
    await assert.rejects(
      removeNetwork(wire, 'shop_default', t.signal),
      (error) =>
        isEngineError(error, 'rejected') &&
        error.message ===
          'remove network shop_default: the engine counts an endpoint on it of which there is no container any more, and ' +
            'forgets it only when it is restarted: restart the engine, then try again',
    );
  });
});

describe('connecting to a network', () => {
  const refused = (t: TestContext, networks: object) =>
    fakeServer(t, (request, response) =>
      request.method === 'POST'
        ? answer(response, 403, { message: 'endpoint with name shop-web-1 already exists in network shop_default' })
        : answer(response, 200, { Id: 'c1', NetworkSettings: { Networks: networks } }),
    );
  const connection = { network: 'shop_default', containerId: 'c1', endpoint: {} };

  it('is done where the container is on it already, a failure where another one bears its name', async (t) => {
    const there = await refused(t, { shop_default: {} });
    await connectNetwork(there.wire, connection, t.signal);
    const another = await refused(t, {});
    await assert.rejects(connectNetwork(another.wire, connection, t.signal), /already exists in network/);
  });
});
