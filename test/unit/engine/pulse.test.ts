/** An engine that takes calls and does not answer is told of, and so is its first answer; a slow call alone is not. */
import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { test } from 'node:test';
import { systemClock } from '../../../src/clock.ts';
import { Pulse } from '../../../src/engine/pulse.ts';
import type { Wire } from '../../../src/engine/wire.ts';
import { answer, fakeServer } from './fake-server.ts';

function ping(wire: Wire, signal: AbortSignal): (deadlineMs: number) => Promise<unknown> {
  return (deadlineMs) => wire.head({ what: 'ping', path: '/_ping', signal, deadlineMs });
}

/** Gives what was said, and a promise of the n-th line. */
function listener(): { readonly said: string[]; say: (text: string) => void; nth: (n: number) => Promise<void> } {
  const said: string[] = [];
  const waiting: (() => void)[] = [];
  return {
    said,
    say: (text) => {
      said.push(text);
      for (const look of waiting) look();
    },
    nth: (n) =>
      new Promise((resolve) => {
        const look = (): void => {
          if (said.length >= n) resolve();
        };
        waiting.push(look);
        look();
      }),
  };
}

test('an engine that answers nothing is said once, whatever is asked of it, and once more when it answers', async (t) => {
  const held: ServerResponse[] = [];
  let isSilent = true;
  const { wire } = await fakeServer(t, (_, response) => {
    if (isSilent) held.push(response);
    else answer(response, 200, {});
  });
  const { said, say, nth } = listener();
  const pulse = new Pulse({
    ping: ping(wire, t.signal),
    host: 'unix:///x.sock',
    clock: systemClock,
    say,
    patienceMs: 20,
    pingMs: 20,
  });
  const followed = wire.followedBy(pulse);
  const calls = ['list networks', 'list volumes'].map((what) =>
    followed.json({ what, path: '/anything', signal: t.signal }),
  );
  await nth(1);
  isSilent = false;
  for (const response of held) answer(response, 200, {});
  await Promise.all(calls);
  await nth(2);
  assert.equal(said.length, 2);
  assert.match(
    said[0] ?? '',
    /^the engine at unix:\/\/\/x\.sock has not answered for \d+ s \(list networks\); waiting$/,
  );
  assert.match(said[1] ?? '', /^the engine at unix:\/\/\/x\.sock answers again, after \d+ s$/);
});

test('a call that takes long on an engine that answers others is not told of', async (t) => {
  const pinged = Promise.withResolvers<void>();
  const slow = Promise.withResolvers<ServerResponse>();
  let pings = 0;
  const { wire } = await fakeServer(t, (request, response) => {
    if (!request.url?.includes('/_ping')) return slow.resolve(response);
    answer(response, 200, 'OK');
    pings += 1;
    if (pings === 2) pinged.resolve();
    return undefined;
  });
  const { said, say } = listener();
  const pulse = new Pulse({
    ping: ping(wire, t.signal),
    host: 'unix:///x.sock',
    clock: systemClock,
    say,
    patienceMs: 10,
    pingMs: 5_000,
  });
  const call = wire.followedBy(pulse).json({ what: 'stop container web', path: '/stop', signal: t.signal });
  await pinged.promise;
  answer(await slow.promise, 200, {});
  await call;
  assert.deepEqual(said, []);
});
