import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { describe, it } from 'node:test';
import { systemClock } from '../../../src/clock.ts';
import type { EngineNotice } from '../../../src/engine/engine.ts';
import { EventStream } from '../../../src/engine/events.ts';
import { waitFor } from '../../../src/engine/await-state.ts';
import { fakeServer } from './fake-server.ts';

const start = { Type: 'container', Action: 'start', Actor: { ID: 'c1', Attributes: {} } };

function send(response: ServerResponse, seconds: number): void {
  response.write(`${JSON.stringify({ ...start, time: seconds }).slice(0, -1)},"timeNano":${seconds}000000007}\n`);
}

/** Resolves at the nth notice of a kind. */
function hear(events: EventStream, kind: EngineNotice['kind'], nth = 1): Promise<EngineNotice> {
  return new Promise((resolve) => {
    let heard = 0;
    const unsubscribe = events.subscribe((notice) => {
      if (notice.kind !== kind || ++heard < nth) return;
      resolve(notice);
      unsubscribe();
    });
  });
}

describe('the event stream', () => {
  it('is one for all listeners, opened by the first', async (t) => {
    const { wire, requests } = await fakeServer(t, (_, response) => {
      response.writeHead(200);
      send(response, 1_700_000_000);
    });
    const events = new EventStream(wire, 0);
    t.after(() => events.close());
    assert.equal(requests.length, 0);
    const heard = await Promise.all([hear(events, 'container'), hear(events, 'container')]);
    assert.deepEqual(
      heard.map((notice) => notice.kind === 'container' && notice.timeNs),
      Array(2).fill('1700000000000000007'),
    );
    assert.equal(requests.length, 1);
  });

  it('a broken stream is opened again from the last event on, and both are told', async (t) => {
    const { wire, requests } = await fakeServer(t, (_, response, nth) => {
      response.writeHead(200);
      send(response, 1_700_000_000 + nth);
      if (nth === 1) setImmediate(() => response.socket?.destroy());
    });
    const events = new EventStream(wire, 0);
    t.after(() => events.close());
    const kinds: string[] = [];
    t.after(events.subscribe(({ kind }) => kinds.push(kind)));
    await hear(events, 'container', 2);
    assert.deepEqual(kinds, ['connected', 'container', 'disconnected', 'connected', 'container']);
    assert.match(requests[1] ?? '', /since=1700000001\.000000007&/);
  });

  it('a stream that opens and breaks at once, again and again, is opened after growing delays', async (t) => {
    const openedAtMs: number[] = [];
    const { wire } = await fakeServer(t, (_, response) => {
      openedAtMs.push(performance.now());
      response.writeHead(200).flushHeaders();
      setImmediate(() => response.socket?.destroy());
    });
    const events = new EventStream(wire, 0);
    t.after(() => events.close());
    await hear(events, 'connected', 5);
    const [first = 0, second = 0, , fourth = 0, fifth = 0] = openedAtMs;
    assert.ok(second - first >= 45);
    assert.ok(fifth - fourth >= 395, `${fifth - fourth} ms`);
  });

  it("begins at the engine's own time", async (t) => {
    const { wire, requests } = await fakeServer(t, (_, response) => response.writeHead(200).flushHeaders());
    const events = new EventStream(wire, -3_600_000);
    t.after(() => events.close());
    await hear(events, 'connected');
    const since = Number(/since=(\d+)/.exec(requests[0] ?? '')?.[1]);
    assert.ok(Math.abs(since - (Date.now() / 1000 - 3600)) < 60);
  });
});

describe('a wait settled by events', () => {
  it('looks again after an event that came during a look', async (t) => {
    let listener: (notice: EngineNotice) => void = () => {};
    const looks: PromiseWithResolvers<string | undefined>[] = [];
    const wait = waitFor({
      subscribe: (own) => {
        listener = own;
        return () => {};
      },
      matters: () => true,
      look: () => {
        const look = Promise.withResolvers<string | undefined>();
        looks.push(look);
        return look.promise;
      },
      clock: systemClock,
      signal: t.signal,
    });
    listener({ kind: 'connected' });
    listener({ kind: 'connected' });
    assert.equal(looks.length, 1);
    looks[0]?.resolve(undefined);
    await Promise.resolve().then(() => Promise.resolve());
    assert.equal(looks.length, 2);
    looks[1]?.resolve('settled');
    assert.equal(await wait, 'settled');
  });

  it('fails with the look that fails, and leaves no listener', async (t) => {
    let listeners = 0;
    const wait = waitFor({
      subscribe: () => {
        listeners++;
        return () => listeners--;
      },
      matters: () => true,
      look: () => Promise.reject(new Error('gone')),
      clock: systemClock,
      signal: t.signal,
    });
    await assert.rejects(wait, /gone/);
    assert.equal(listeners, 0);
  });
});
