/**
 * HTTP to the engine: one call, its deadline, its retries, its failure as EngineError. Knows nothing of containers.
 *
 * Reads go to node:http (line.ts says why), the rest to dockerode's modem and not to its resource classes, for two reasons
 * that were measured (dockerode 5.0): their promises never settle when a connection breaks in the middle of a body, and
 * they put the options of a call into its query and its body alike. Here every answer is read as a stream, whose end and
 * breaking are both seen.
 */

import type { Readable } from 'node:stream';
import type { IncomingMessage } from 'node:http';
import type { Clock } from '../clock.ts';
import { systemClock } from '../clock.ts';
import { EngineError } from '../model/errors.ts';
import type { Purpose } from './faults.ts';
import { withExactNumbers } from './json.ts';
import type { Line } from './line.ts';
import type { Pulse } from './pulse.ts';
import { connectionError, isConnectionLoss, isEngineFailure, isMet, refusalError, refusalText } from './faults.ts';

export interface Call {
  /** Subject and action for messages: `start container web-1`. */
  readonly what: string;
  readonly method?: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE';
  /** Without version and query. */
  readonly path: string;
  /** Objects are sent as JSON; undefined members are left out. */
  readonly query?: Readonly<Record<string, unknown>>;
  readonly body?: object;
  /** Sent instead of a JSON body. */
  readonly archive?: Buffer | Readable;
  /** Value of `X-Registry-Auth`. */
  readonly registryAuth?: string;
  /** Value of `X-Registry-Config`. */
  readonly registryConfig?: string;
  readonly signal: AbortSignal;
  /** How long the engine may take to answer, in milliseconds; default 60 s for GET and HEAD, 5 min for others. */
  readonly deadlineMs?: number;
}

export interface Reply<T> {
  readonly headers: IncomingMessage['headers'];
  readonly body: T | undefined;
}

const READ_DEADLINE_MS = 60_000;
const WRITE_DEADLINE_MS = 300_000;
const READ_ATTEMPTS = 3;
const MAKE_ATTEMPTS = 3;
const MAKE_PAUSE_MS = 200;
/** Tells the modem that no status is an error: which one is, is decided in faults.ts. */
const ANY_STATUS = Object.fromEntries(Array.from({ length: 500 }, (_, index) => [index + 100, true]));

export class Wire {
  readonly #line: Line;
  /** What all paths begin with: `/v1.41`, or nothing for the engine's newest. */
  readonly #prefix: string;
  readonly #apiVersion: string | undefined;
  /** What deadlines, pauses and looks back go by. */
  readonly clock: Clock;
  #pulse: Pulse | undefined;

  /** `apiVersion` undefined: the engine's newest. */
  constructor(line: Line, apiVersion?: string, clock: Clock = systemClock) {
    this.#line = line;
    this.#apiVersion = apiVersion;
    this.#prefix = apiVersion === undefined ? '' : `/v${apiVersion}`;
    this.clock = clock;
  }

  /** The engine is on this machine. */
  get isNear(): boolean {
    return this.#line.isNear;
  }

  /** The same, with somebody who notices when the engine does not answer. */
  followedBy(pulse: Pulse | undefined): Wire {
    const followed = new Wire(this.#line, this.#apiVersion, this.clock);
    followed.#pulse = pulse;
    return followed;
  }

  /** The parsed answer; undefined for an empty one. Reads are repeated when the connection is lost. */
  async json<T>(call: Call): Promise<T | undefined> {
    return (await this.reply<T>(call)).body;
  }

  /** As `json`, with the headers of the answer. */
  async reply<T>(call: Call): Promise<Reply<T>> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#answer(call, async (response) => {
          const text = await textOf(response);
          return { headers: response.headers, body: text.trim() === '' ? undefined : (JSON.parse(text) as T) };
        });
      } catch (error) {
        call.signal.throwIfAborted();
        if (isRead(call) && attempt < READ_ATTEMPTS && isConnectionLoss(error)) continue;
        throw connectionError(call.what, error);
      }
    }
  }

  /** For calls whose answer says nothing; some engines fill it with a word. */
  async send(call: Call): Promise<void> {
    await this.head(call);
  }

  /** As `json`, for answers that the engine always gives. */
  async require<T>(call: Call): Promise<T> {
    const answer = await this.json<T>(call);
    if (answer === undefined) throw new EngineError('unavailable', `${call.what}: the engine gave an empty answer`);
    return answer;
  }

  /**
   * As `require`, for what may be made twice: an engine that fails is asked again a few times, after growing pauses. What
   * it says last is its word.
   */
  async insist<T>(call: Call): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.require<T>(call);
      } catch (error) {
        if (attempt === MAKE_ATTEMPTS || !isEngineFailure(error)) throw error;
        await this.clock.delay(MAKE_PAUSE_MS * attempt, call.signal);
      }
    }
  }

  /** undefined where the engine says not-found. */
  async find<T>(call: Call): Promise<T | undefined> {
    try {
      return await this.json<T>(call);
    } catch (error) {
      if (error instanceof EngineError && error.code === 'not-found') return undefined;
      throw error;
    }
  }

  /** A call that is a success too where the engine says that what it is for is so already. */
  async reach(purpose: Purpose, call: Call): Promise<void> {
    try {
      await this.send(call);
    } catch (error) {
      if (!isMet(purpose, error)) throw error;
    }
  }

  /** The headers' and body's text, for calls that answer in headers. */
  async head(call: Call): Promise<IncomingMessage['headers']> {
    try {
      return await this.#answer(call, async (response) => {
        await textOf(response);
        return response.headers;
      });
    } catch (error) {
      call.signal.throwIfAborted();
      throw connectionError(call.what, error);
    }
  }

  /** Hands the open answer over; the deadline ends at its headers, the signal destroys it. */
  async stream(call: Call): Promise<IncomingMessage> {
    const bound = this.#bound(call);
    try {
      const response = await this.#checked(call, bound.signal, this.#dial);
      response.once('close', bound.free);
      return response;
    } catch (error) {
      bound.free();
      call.signal.throwIfAborted();
      if (bound.signal.aborted) throw bound.signal.reason;
      throw connectionError(call.what, error);
    } finally {
      bound.endDeadline();
    }
  }

  async #answer<T>(call: Call, read: (response: IncomingMessage) => Promise<T>): Promise<T> {
    const { signal, endDeadline, free } = this.#bound(call);
    try {
      const dial = (call.method ?? 'GET') === 'GET' ? this.#read : this.#dial;
      return await read(await this.#checked(call, signal, dial));
    } catch (error) {
      throw signal.aborted && !call.signal.aborted ? signal.reason : error;
    } finally {
      endDeadline();
      free();
    }
  }

  /** Aborted with the call and at its deadline. By hand: AbortSignal.any takes several times as long, in each call. */
  #bound(call: Call): { readonly signal: AbortSignal; readonly endDeadline: () => void; readonly free: () => void } {
    const bound = new AbortController();
    const abort = (): void => bound.abort(call.signal.reason);
    const endDeadline = this.clock.setTimer(deadlineOf(call), () => bound.abort(lateError(call)));
    if (call.signal.aborted) abort();
    else call.signal.addEventListener('abort', abort, { once: true });
    return { signal: bound.signal, endDeadline, free: () => call.signal.removeEventListener('abort', abort) };
  }

  async #checked(call: Call, signal: AbortSignal, dial: Dial): Promise<IncomingMessage> {
    signal.throwIfAborted();
    const answer = dial(call, signal);
    const response = await (this.#pulse?.follow(call.what, answer) ?? answer);
    const status = response.statusCode ?? 0;
    if (status < 400) return response;
    throw refusalError(call.what, { status, text: refusalText(await textOf(response)) });
  }

  /** A redirection is followed by the client. */
  readonly #read: Dial = async (call, signal) => {
    const response = await this.#line.get(this.#prefix + call.path + queryText(call), signal);
    const status = response.statusCode ?? 0;
    if (status < 300 || status >= 400) return response;
    response.resume();
    return this.#dial(call, signal);
  };

  readonly #dial: Dial = (call, signal) => {
    const query = Object.fromEntries(Object.entries(call.query ?? {}).filter(([, value]) => value !== undefined));
    return new Promise((resolve, reject) => {
      this.#line.docker.modem.dial(
        {
          // The modem takes a query only from `options`, and cuts the last character off a path with `?` and no options.
          path: this.#prefix + (Object.keys(query).length > 0 ? `${call.path}?` : call.path),
          method: call.method ?? 'GET',
          options: { _query: query, _body: withExactNumbers(call.body ?? {}) },
          ...(call.archive ? { file: call.archive } : {}),
          ...(call.registryAuth ? { authconfig: { base64: call.registryAuth } } : {}),
          ...(call.registryConfig ? { registryconfig: { base64: call.registryConfig } } : {}),
          abortSignal: signal,
          isStream: true,
          statusCodes: ANY_STATUS,
        },
        (error: Error | null, response: unknown) => {
          if (error) reject(error);
          else resolve(response as IncomingMessage);
        },
      );
    });
  };
}

type Dial = (call: Call, signal: AbortSignal) => Promise<IncomingMessage>;

/** As the client writes it: objects as JSON. */
function queryText({ query = {} }: Call): string {
  const pairs = Object.entries(query).filter(([, value]) => value !== undefined);
  if (pairs.length === 0) return '';
  const written = pairs.map(([name, value]) => {
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    return `${name}=${encodeURIComponent(text)}`;
  });
  return `?${written.join('&')}`;
}

/** Rejects where the answer breaks off before its end. */
function textOf(response: IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    response.setEncoding('utf8');
    response.on('data', (chunk: string) => {
      text += chunk;
    });
    response.on('end', () => resolve(text));
    response.on('error', reject);
    response.on('close', () => reject(new Error('the answer broke off')));
  });
}

function isRead({ method = 'GET' }: Call): boolean {
  return method === 'GET' || method === 'HEAD';
}

function deadlineOf(call: Call): number {
  return call.deadlineMs ?? (isRead(call) ? READ_DEADLINE_MS : WRITE_DEADLINE_MS);
}

function lateError(call: Call): EngineError {
  return new EngineError('timeout', `${call.what}: the engine did not answer within ${deadlineOf(call) / 1000} s`);
}
