import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { describe, it } from 'node:test';
import type { TestContext } from 'node:test';
import { EventStream } from '../../../src/engine/events.ts';
import { awaitExec, createExec, inspectExec, runExec } from '../../../src/engine/exec.ts';
import type { ExecPorts } from '../../../src/engine/exec.ts';
import { isEngineError } from '../../../src/model/errors.ts';
import { answer, fakeServer, HASTY_CLOCK, type Handler } from './fake-server.ts';

interface Script {
  /** What `start` answers with; default: an empty output. */
  readonly start?: (response: ServerResponse) => void;
  /** The record, as it is at the nth look; undefined: gone. */
  readonly record: (look: number) => object | undefined;
  readonly container?: string;
  /** The event stream as it is opened. */
  readonly events?: (response: ServerResponse) => void;
}

async function engineOf(t: TestContext, script: Script): Promise<ExecPorts> {
  let looks = 0;
  const { wire } = await fakeServer(t, (request, response) => {
    const url = request.url ?? '';
    if (url.includes('/start')) return script.start ? script.start(response) : response.end();
    if (url.startsWith('/events')) return script.events?.(response.writeHead(200));
    if (url.startsWith('/containers'))
      return answer(response, 200, { Id: 'c1', State: { Status: script.container ?? 'running' } });
    const record = script.record(++looks);
    return record ? answer(response, 200, record) : answer(response, 404, { message: 'No such exec' });
  });
  const events = new EventStream(wire, 0);
  t.after(() => events.close());
  return { wire, subscribe: (listener) => events.subscribe(listener) };
}

const running = { Running: true, ExitCode: null, Pid: 42, ContainerID: 'c1' };
const ended = { ...running, Running: false, ExitCode: 3 };

const command = { command: ['true'], user: undefined, privileged: false, workingDir: undefined, environment: [] };

describe('a new exec', () => {
  it('is asked for again where the engine fails at it, for that is no refusal of the command', async (t) => {
    const failsTwice: Handler = (_, response, nth) =>
      nth <= 2 ? answer(response, 500, { message: 'try again' }) : answer(response, 201, { Id: 'e1' });
    const { wire } = await fakeServer(t, failsTwice, HASTY_CLOCK);
    assert.equal(await createExec(wire, 'c1', command, t.signal), 'e1');
  });

  it('is refused by an engine that goes on failing, and at once by one that says no', async (t) => {
    for (const [status, asked, code] of [
      [500, 3, 'rejected'],
      [400, 1, 'rejected'],
      [409, 1, 'conflict'],
    ] as const) {
      const refuse: Handler = (_, response) => answer(response, status, { message: 'no' });
      const { wire, requests } = await fakeServer(t, refuse, HASTY_CLOCK);
      await assert.rejects(createExec(wire, 'c1', command, t.signal), { code });
      assert.equal(requests.length, asked);
    }
  });
});

describe('the end of an exec', () => {
  it('is taken from the record when the connection breaks, after the event that tells of it', async (t) => {
    const said: string[] = [];
    const ports = await engineOf(t, {
      start: (response) => {
        response.writeHead(200);
        response.write(Buffer.concat([Buffer.from([1, 0, 0, 0, 0, 0, 0, 9]), Buffer.from('half')]), () =>
          response.socket?.destroy(),
        );
      },
      record: (look) => (look <= 2 ? running : ended),
      events: (response) =>
        response.write('{"Type":"container","Action":"exec_die","Actor":{"ID":"c1","Attributes":{"execID":"e1"}}}\n'),
    });
    const end = await runExec(ports, 'e1', (_, chunk) => said.push(Buffer.from(chunk).toString()), t.signal);
    assert.deepEqual([end, said], [{ exitCode: 3 }, ['half']]);
  });

  it('is taken from the record even when the connection breaks before the first answer', async (t) => {
    const ports = await engineOf(t, { start: (response) => response.socket?.destroy(), record: () => ended });
    assert.deepEqual(await runExec(ports, 'e1', () => {}, t.signal), { exitCode: 3 });
  });

  it('is open when the connection breaks and nothing tells of a start', async (t) => {
    const record = () => ({ Running: false, ExitCode: null, Pid: 0, ContainerID: 'c1' });
    const ports = await engineOf(t, { start: (response) => response.socket?.destroy(), record });
    await assert.rejects(
      runExec(ports, 'e1', () => {}, t.signal),
      { code: 'unavailable' },
    );
  });

  it('is open when the engine fails to tell of it: that is no refusal', async (t) => {
    const { wire } = await fakeServer(t, (request, response) =>
      request.url?.includes('/start') ? response.end() : answer(response, 500, { message: 'try again' }),
    );
    await assert.rejects(
      runExec({ wire, subscribe: () => () => {} }, 'e1', () => {}, t.signal),
      { code: 'unavailable' },
    );
  });

  it('is that of its container where the engine never saw it', async (t) => {
    const ports = await engineOf(t, { record: () => running, container: 'exited' });
    assert.deepEqual(await awaitExec(ports, 'e1', 'c1', t.signal), { exitCode: 137 });
  });

  it('is not known when the record is gone', async (t) => {
    const ports = await engineOf(t, { record: () => undefined });
    assert.equal(await awaitExec(ports, 'e1', 'c1', t.signal), undefined);
    assert.equal(await inspectExec(ports.wire, 'e1', t.signal), undefined);
    await assert.rejects(
      runExec(ports, 'e1', () => {}, t.signal),
      (error) => isEngineError(error, 'not-found'),
    );
  });

  it('is a refusal where the start itself is refused, whatever the status', async (t) => {
    for (const status of [404, 409, 500]) {
      const ports = await engineOf(t, {
        start: (response) => answer(response, status, { message: 'container is paused' }),
        record: () => ended,
      });
      await assert.rejects(
        runExec(ports, 'e1', () => {}, t.signal),
        { code: 'rejected', message: /container is paused/ },
      );
    }
  });

  it('is the exit code 127 of a command that itself could not find one', async (t) => {
    const ports = await engineOf(t, { record: () => ({ ...ended, ExitCode: 127 }) });
    assert.deepEqual(await runExec(ports, 'e1', () => {}, t.signal), { exitCode: 127 });
  });
});
