/**
 * A unix socket in front of the engine's that passes everything through and notes when which request was sent.
 * What is timed is the moment at which the client's bytes arrive here, so the engine's own speed does not count.
 */
import { createConnection, createServer } from 'node:net';
import { rmSync } from 'node:fs';
import { engineAddress } from './engine-client.ts';

export interface SentRequest {
  /** Milliseconds, performance.now(). */
  readonly atMs: number;
  /** `GET /v1.41/containers/json…` */
  readonly line: string;
}

export interface RecordingProxy extends AsyncDisposable {
  readonly host: string;
  readonly requests: SentRequest[];
  /** Resolves with the first request after `sinceMs` whose line matches. */
  next(pattern: RegExp, sinceMs?: number): Promise<SentRequest>;
}

const REQUEST_LINE = /^(?:GET|HEAD|POST|PUT|DELETE) \S+/gm;

/** Listens at `path`; the engine is the one that tests talk to. */
export async function recordingProxy(path: string): Promise<RecordingProxy> {
  const { socketPath } = engineAddress();
  if (!socketPath) throw new Error('this needs an engine on a unix socket');
  const requests: SentRequest[] = [];
  const waiting = new Set<() => void>();
  const sockets = new Set<{ destroy(): void }>();
  const server = createServer((client) => {
    const engine = createConnection(socketPath);
    for (const socket of [client, engine]) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        sockets.delete(socket);
        client.destroy();
        engine.destroy();
      });
    }
    client.on('data', (chunk) => {
      const atMs = performance.now();
      for (const [line] of chunk.toString('latin1').matchAll(REQUEST_LINE)) requests.push({ atMs, line });
      for (const look of waiting) look();
    });
    client.pipe(engine);
    engine.pipe(client);
  });
  rmSync(path, { force: true });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  return {
    host: `unix://${path}`,
    requests,
    next: (pattern, sinceMs = 0) =>
      new Promise((resolve) => {
        const look = (): void => {
          const found = requests.find((request) => request.atMs >= sinceMs && pattern.test(request.line));
          if (found === undefined) return;
          waiting.delete(look);
          resolve(found);
        };
        waiting.add(look);
        look();
      }),
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
