/** An engine reduced to what one test scripts: a real HTTP server on a unix socket, spoken to through the real client. */
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { systemClock, type Clock } from '../../../src/clock.ts';
import { Line } from '../../../src/engine/line.ts';
import { Wire } from '../../../src/engine/wire.ts';

export type Handler = (request: IncomingMessage, response: ServerResponse, nth: number) => void;

export interface FakeServer {
  readonly wire: Wire;
  readonly host: string;
  /** `METHOD path?query` of every request so far. */
  readonly requests: readonly string[];
}

/** One whose pauses are over at once. */
export const HASTY_CLOCK: Clock = { ...systemClock, delay: async () => {} };

/** Serves until the test ends. `nth` counts requests from 1. */
export async function fakeServer(t: TestContext, handle: Handler, clock?: Clock): Promise<FakeServer> {
  const folder = mkdtempSync(join(tmpdir(), 'reeve-engine-'));
  const socketPath = join(folder, 'engine.sock');
  const requests: string[] = [];
  const server = createServer((request, response) => {
    requests.push(`${request.method} ${decodeURIComponent(request.url ?? '')}`);
    handle(request, response, requests.length);
  });
  await new Promise<void>((resolve) => {
    server.listen(socketPath, resolve);
  });
  const address = { kind: 'unix', socketPath } as const;
  const line = new Line(address);
  t.after(() => {
    line.close();
    server.closeAllConnections();
    server.close();
    rmSync(folder, { recursive: true });
  });
  return { wire: new Wire(line, undefined, clock), host: `unix://${socketPath}`, requests };
}

/** Sends the begin of a body that promises more, then cuts the connection. */
export function cutOff(response: ServerResponse, text: string): void {
  response.writeHead(200, { 'content-length': String(text.length + 100) });
  response.write(text, () => response.socket?.destroy());
}

export function answer(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}
