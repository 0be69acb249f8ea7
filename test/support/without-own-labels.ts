/**
 * A unix socket in front of an engine whose answers hold no label of reeve's own (`io.reeve.*`): for a comparison with
 * what Docker Compose makes, which has none of them. Only for readers of small JSON answers; the program under test talks
 * to the engine itself.
 */
import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { engineAddress } from './engine-client.ts';

/** Listens at `path` until it is disposed of; gives the `DOCKER_HOST` of the filtered engine. */
export async function withoutOwnLabels(path: string, host: string): Promise<AsyncDisposable & { host: string }> {
  const server = createServer((incoming, outgoing) => {
    const { method, url, headers } = incoming;
    const forwarded = request({ ...engineAddress(host), agent: false, method, path: url, headers }, (answer) => {
      void answerWith(outgoing, answer);
    });
    forwarded.on('error', (error) => outgoing.writeHead(502).end(JSON.stringify({ message: error.message })));
    incoming.pipe(forwarded);
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  return {
    host: `unix://${path}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function answerWith(outgoing: ServerResponse, answer: IncomingMessage): Promise<void> {
  const contentType = answer.headers['content-type'] ?? 'text/plain';
  const body = await text(answer);
  outgoing.writeHead(answer.statusCode ?? 502, { 'content-type': contentType });
  outgoing.end(isJson(contentType) ? filtered(body) : body);
}

function isJson(contentType: string): boolean {
  return contentType.startsWith('application/json');
}

function filtered(body: string): string {
  if (body === '') return body;
  return JSON.stringify(JSON.parse(body, withoutOwn));
}

function withoutOwn(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).filter(([name]) => !name.startsWith('io.reeve.')));
}
