/**
 * A unix socket in front of the engine's that knows from when to when each call that changes something was under way. One a
 * process under test: then it can be told whether two of them acted at the same time.
 */
import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import { rmSync } from 'node:fs';
import { engineAddress } from './engine-client.ts';

export interface Deed {
  readonly by: string;
  /** `POST /v1.41/containers/…/start` */
  readonly line: string;
  readonly beganMs: number;
  /** Infinity: still under way. */
  endedMs: number;
}

export interface ActingProxy extends AsyncDisposable {
  readonly host: string;
}

/** Listens at `path` for the process called `by`; what it does is added to `deeds`. */
export async function actingProxy(path: string, by: string, deeds: Deed[]): Promise<ActingProxy> {
  const server = createServer((asked, answer) => pass(asked, answer, by, deeds));
  rmSync(path, { force: true });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  return {
    host: `unix://${path}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function pass(asked: IncomingMessage, answer: ServerResponse, by: string, deeds: Deed[]): void {
  const { method = 'GET', url = '/', headers } = asked;
  const passed = request({ ...engineAddress(), agent: false, method, path: url, headers }, (given) => {
    answer.writeHead(given.statusCode ?? 500, given.headers);
    answer.flushHeaders();
    given.pipe(answer);
    given.on('error', () => answer.destroy());
  });
  if (method !== 'GET' && method !== 'HEAD') {
    const deed: Deed = { by, line: `${method} ${url}`, beganMs: performance.now(), endedMs: Infinity };
    deeds.push(deed);
    answer.on('close', () => {
      deed.endedMs = performance.now();
    });
  }
  asked.pipe(passed);
  passed.on('error', () => answer.destroy());
  answer.on('close', () => passed.destroy());
}

/** Pairs of deeds of different processes that were under way at the same time. */
export function overlaps(deeds: readonly Deed[]): string[] {
  return deeds.flatMap((one, index) =>
    deeds
      .slice(index + 1)
      .filter(({ by, beganMs }) => by !== one.by && beganMs < one.endedMs)
      .map((other) => `${one.by} ${one.line} and ${other.by} ${other.line}`),
  );
}
