/**
 * A small HTTP client for the Docker Engine API, so that tests and the bootstrap see the world with other eyes than the
 * program under test. Uses node:http only; must never import anything from src/.
 */
import { request, type IncomingMessage, type RequestOptions } from 'node:http';
import { text } from 'node:stream/consumers';

/** Where the engine is: `DOCKER_HOST` (unix:// or tcp://), else the default socket. */
export function engineAddress(host = process.env['DOCKER_HOST']): RequestOptions {
  if (host === undefined || host === '') return { socketPath: '/var/run/docker.sock' };
  const url = new URL(host);
  if (url.protocol === 'unix:') return { socketPath: decodeURIComponent(url.pathname) };
  if (url.protocol === 'tcp:' || url.protocol === 'http:') return { host: url.hostname, port: url.port || '2375' };
  throw new Error(`DOCKER_HOST=${host}: tests reach engines by unix:// and tcp:// only`);
}

export interface EngineCall {
  readonly method?: string;
  readonly query?: Readonly<Record<string, string>>;
  /** Sent as JSON, or as it is when it is bytes (a tar archive). */
  readonly body?: unknown;
  readonly signal?: AbortSignal;
  /** Another engine than the tests' own, as in `DOCKER_HOST`. */
  readonly host?: string;
}

/** An answer of the engine that is not a success. */
export class EngineRefusal extends Error {
  readonly status: number;
  constructor(call: string, status: number, message: string) {
    super(`${call}: ${status} ${message}`);
    this.name = 'EngineRefusal';
    this.status = status;
  }
}

/** Sends one call and hands back the answer with its body unread; whatever the status is. */
export function open(path: string, call: EngineCall = {}): Promise<IncomingMessage> {
  const query = new URLSearchParams(call.query).toString();
  const bytes = call.body instanceof Uint8Array;
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const outgoing = request(
    {
      ...engineAddress(call.host),
      agent: false,
      method: call.method ?? 'GET',
      path: query === '' ? path : `${path}?${query}`,
      ...(call.signal && { signal: call.signal }),
      headers: call.body === undefined ? {} : { 'content-type': bytes ? 'application/x-tar' : 'application/json' },
    },
    resolve,
  );
  outgoing.on('error', reject);
  outgoing.end(call.body === undefined ? undefined : bytes ? call.body : JSON.stringify(call.body));
  return promise;
}

/** Sends one call and reads the whole answer as text; an answer of 400 and over is thrown as `EngineRefusal`. */
export async function callText(path: string, call: EngineCall = {}): Promise<string> {
  const answer = await open(path, call);
  const body = await text(answer);
  const status = answer.statusCode ?? 0;
  if (status >= 400) throw new EngineRefusal(`${call.method ?? 'GET'} ${path}`, status, body.trim());
  return body;
}

/** As `callText`, with the answer parsed as JSON; an empty answer is `undefined`. */
export async function callJson<T>(path: string, call: EngineCall = {}): Promise<T> {
  const body = await callText(path, call);
  return (body === '' ? undefined : JSON.parse(body)) as T;
}
