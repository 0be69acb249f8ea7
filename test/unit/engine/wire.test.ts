import assert from 'node:assert/strict';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { describe, it } from 'node:test';
import { isEngineError } from '../../../src/model/errors.ts';
import type { EngineErrorCode } from '../../../src/model/errors.ts';
import { answer, cutOff, fakeServer } from './fake-server.ts';

const call = (signal: AbortSignal) => ({ what: 'ask', path: '/thing', signal });
const code = (expected: EngineErrorCode) => (error: unknown) => isEngineError(error, expected);

describe('a call to the engine', () => {
  it('gives the parsed answer, and nothing for an empty one', async (t) => {
    const { wire } = await fakeServer(t, (_, response, nth) => {
      if (nth === 1) answer(response, 200, { a: [1] });
      else response.writeHead(304).end();
    });
    assert.deepEqual(await wire.json(call(t.signal)), { a: [1] });
    assert.equal(await wire.json({ ...call(t.signal), method: 'POST' }), undefined);
  });

  it('sends the query and the body apart', async (t) => {
    let body = '';
    const take = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
      body = await text(request);
      answer(response, 201, {});
    };
    const { wire, requests } = await fakeServer(t, (request, response) => void take(request, response));
    const query = { name: 'a b', filters: { label: ['x=1'] }, none: undefined };
    await wire.json({ ...call(t.signal), method: 'POST', query, body: { Image: 'i', none: undefined } });
    assert.deepEqual(requests, ['POST /thing?name=a b&filters={"label":["x=1"]}']);
    assert.equal(body, '{"Image":"i"}');
  });

  it('a read whose answer breaks off in the middle is asked again', async (t) => {
    const { wire, requests } = await fakeServer(t, (_, response, nth) => {
      if (nth === 1) cutOff(response, '{"half":');
      else answer(response, 200, { whole: true });
    });
    assert.deepEqual(await wire.json(call(t.signal)), { whole: true });
    assert.equal(requests.length, 2);
  });

  it('a read that breaks off every time fails as unavailable', async (t) => {
    const { wire, requests } = await fakeServer(t, (_, response) => cutOff(response, '{"half":'));
    await assert.rejects(wire.json(call(t.signal)), code('unavailable'));
    assert.equal(requests.length, 3);
  });

  it('a write that breaks off is never asked again', async (t) => {
    const { wire, requests } = await fakeServer(t, (_, response) => cutOff(response, '{"Id":'));
    await assert.rejects(wire.json({ ...call(t.signal), method: 'POST' }), code('unavailable'));
    assert.equal(requests.length, 1);
  });

  it('an engine that does not answer is a timeout', async (t) => {
    const { wire } = await fakeServer(t, () => {});
    await assert.rejects(wire.json({ ...call(t.signal), deadlineMs: 20 }), code('timeout'));
    await assert.rejects(wire.stream({ ...call(t.signal), deadlineMs: 20 }), code('timeout'));
  });

  it('an engine that stops in the middle of an answer is a timeout', async (t) => {
    const { wire } = await fakeServer(t, (_, response) => response.writeHead(200).write('{"half":'));
    await assert.rejects(wire.json({ ...call(t.signal), deadlineMs: 50 }), code('timeout'));
  });

  it('an aborted call rejects with the reason, before and in the middle of the answer', async (t) => {
    const stop = new AbortController();
    const reason = new Error('enough');
    const { wire } = await fakeServer(t, (_, response) => {
      response.writeHead(200).write('{"half":', () => stop.abort(reason));
    });
    await assert.rejects(wire.json(call(stop.signal)), (error) => error === reason);
    await assert.rejects(wire.json(call(stop.signal)), (error) => error === reason);
  });

  it("a refusal bears the engine's words; not-found is nothing where it may be", async (t) => {
    const { wire } = await fakeServer(t, (_, response, nth) =>
      nth === 2
        ? answer(response, 409, { message: 'name taken' })
        : answer(response, 404, { message: 'no such thing' }),
    );
    assert.equal(await wire.find(call(t.signal)), undefined);
    await assert.rejects(wire.json(call(t.signal)), { code: 'conflict', message: 'ask: name taken' });
    await assert.rejects(wire.json(call(t.signal)), { code: 'not-found', message: 'ask: no such thing' });
  });
});
