/** One request and what is answered, as routes see them: no sockets, no faults, no time. */
import { isAtLeast } from '../api-version.ts';
import type { SimEvent } from '../events.ts';
import { invalid } from '../refusal.ts';
import type { By } from '../log.ts';
import type { SimWorld } from '../world.ts';

export interface SimRequest {
  readonly client: string;
  readonly method: string;
  /** Without version and query, escapes undone by the routes. */
  readonly path: string;
  /** API version in the path; undefined where there is none. */
  readonly version: string | undefined;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

/** Where an answer that lasts goes. */
export interface Out {
  /** With the event that it tells of, where it does. */
  write(chunk: string | Buffer, event?: SimEvent): void;
  end(): void;
  /** Called once when nobody reads any more, whoever ended it. */
  onClose(listener: () => void): void;
}

export type SimAnswer =
  | { readonly status: number; readonly body?: unknown; readonly headers?: Readonly<Record<string, string>> }
  | {
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      /** What the stream is, for faults. */
      readonly kind: 'events' | 'output' | 'progress' | 'wait';
      readonly stream: (out: Out) => void;
    };

/** What a route works with. */
export interface Exchange {
  readonly world: SimWorld;
  readonly request: SimRequest;
  /** Parts of the path that the route names, escapes undone. */
  readonly parts: readonly string[];
  readonly by: By;
  readonly settings: EngineSettings;
}

export interface EngineSettings {
  readonly apiVersion: string;
  readonly engineId: string;
}

export interface Route {
  readonly method: string;
  /** Parts between slashes; `:` stands for any one of them. */
  readonly path: string;
  readonly handle: (exchange: Exchange) => SimAnswer | Promise<SimAnswer>;
}

/** The parsed body; what it is, is for the route to say. */
export function jsonOf({ body }: SimRequest): unknown {
  try {
    return body.length === 0 ? {} : JSON.parse(body.toString('utf8'));
  } catch {
    throw invalid('invalid JSON: got EOF while reading request body');
  }
}

/** As the engine reads a boolean of a query. */
export function isTrue(query: URLSearchParams, name: string): boolean {
  const value = (query.get(name) ?? '').toLowerCase();
  return !['', '0', 'no', 'false', 'none'].includes(value);
}

/** `filters`, in both forms that clients send: lists, and maps to true. */
export function filtersOf(query: URLSearchParams): Readonly<Record<string, readonly string[]>> {
  const text = query.get('filters');
  if (text === null || text === '') return {};
  const given = JSON.parse(text) as Record<string, readonly string[] | Record<string, boolean>>;
  return Object.fromEntries(
    Object.entries(given).map(([name, values]) => [name, Array.isArray(values) ? values : Object.keys(values)]),
  );
}

/** At least that API version. */
export function isApi({ request, settings }: Exchange, wanted: string): boolean {
  return isAtLeast(request.version ?? settings.apiVersion, wanted);
}
