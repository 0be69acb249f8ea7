/**
 * A unix socket in front of the engine's that passes everything through and notes when which request was sent. It can keep
 * requests from the engine, and cut every connection after so many bytes of answers: in a header, a list, a hook's output.
 * What is timed is the moment at which the client's bytes arrive here, so the engine's own speed does not count.
 */
import { createConnection, createServer, type Socket } from 'node:net';
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
  /** Cuts every connection after so many bytes of answers, also those that had as many already; Infinity: no longer. */
  cutAfter(bytes: number): void;
  /** Resolves with the first request after `sinceMs` whose line matches. */
  next(pattern: RegExp, sinceMs?: number): Promise<SentRequest>;
}

export interface RecordingOptions {
  /** Told of the n-th request, from 1, before the engine gets it; `false` keeps it, and what follows it, from the engine. */
  readonly onRequest?: (n: number, line: string) => boolean;
}

const REQUEST_LINE = /^(?:GET|HEAD|POST|PUT|DELETE) \S+/gm;

/** Listens at `path`; the engine is the one that tests talk to. */
export async function recordingProxy(
  path: string,
  { onRequest = () => true }: RecordingOptions = {},
): Promise<RecordingProxy> {
  const { socketPath } = engineAddress();
  if (!socketPath) throw new Error('this needs an engine on a unix socket');
  const requests: SentRequest[] = [];
  const waiting = new Set<() => void>();
  const sockets = new Set<Socket>();
  const answered = new Map<Socket, number>();
  let limit = Infinity;
  const server = createServer((client) => {
    const engine = createConnection(socketPath);
    for (const socket of [client, engine]) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        sockets.delete(socket);
        answered.delete(socket);
        client.destroy();
        engine.destroy();
      });
    }
    client.on('data', (chunk) => {
      const atMs = performance.now();
      let passes = true;
      for (const [line] of chunk.toString('latin1').matchAll(REQUEST_LINE))
        passes = onRequest(requests.push({ atMs, line }), line) && passes;
      for (const look of waiting) look();
      if (!passes) client.unpipe(engine);
    });
    client.pipe(engine);
    engine.on('data', (chunk) => {
      const bytes = answered.get(client) ?? 0;
      answered.set(client, bytes + chunk.length);
      const left = Math.max(0, limit - bytes);
      if (chunk.length <= left) client.write(chunk);
      else client.end(chunk.subarray(0, left));
    });
    engine.on('end', () => client.end());
  });
  rmSync(path, { force: true });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  return {
    host: `unix://${path}`,
    requests,
    cutAfter: (bytes) => {
      limit = bytes;
      for (const [client, had] of answered) if (had > bytes) client.destroy();
    },
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
