/**
 * Serves parked requests, with the faults that befall them, and keeps the streams that wait for delivery. When each of
 * them has its turn is the scheduler's business.
 */
import type { ServerResponse } from 'node:http';
import type { Desk, Parked } from './door.ts';
import type { Faults, RequestFault } from './faults.ts';
import type { EngineSettings, SimAnswer, SimRequest } from './http/exchange.ts';
import { serve } from './http/router.ts';
import type { Random } from './random.ts';
import { SimStream } from './stream.ts';
import type { SimWorld } from './world.ts';

export interface FrontDeskParts {
  readonly world: SimWorld;
  readonly faults: () => Faults;
  readonly settings: EngineSettings;
  readonly random: Random;
}

export class FrontDesk implements Desk {
  readonly #parts: FrontDeskParts;
  parked: Parked[] = [];
  #streams: SimStream[] = [];
  #reading = 0;
  #news = 0;
  #served = 0;
  #wake: () => void = () => {};

  constructor(parts: FrontDeskParts) {
    this.#parts = parts;
  }

  /** Counts what comes in from outside the world. */
  get newsCount(): number {
    return this.#news;
  }

  get served(): number {
    return this.#served;
  }

  get isReading(): boolean {
    return this.#reading > 0;
  }

  /** Streams that have something to deliver now. */
  deliverable(): SimStream[] {
    this.#streams = this.#streams.filter((stream) => !stream.isClosed);
    const now = this.#parts.world.time.elapsedMs;
    return this.#streams.filter((stream) => stream.hasWork(now));
  }

  /** Resolves with the next news. */
  nextNews(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  news(): void {
    this.#news += 1;
    this.#wake();
  }

  reading(change: 1 | -1): void {
    this.#reading += change;
    this.news();
  }

  park(parked: Parked): void {
    // In an order that does not hang on which socket the kernel looks at first.
    const at = this.parked.findIndex(({ key }) => key > parked.key);
    this.parked.splice(at === -1 ? this.parked.length : at, 0, parked);
    this.news();
  }

  /** Requests of a client that is cut off: each may still take effect, its answer never arrives. */
  abandon(client: string): void {
    for (const parked of this.parked.filter(({ request }) => request.client === client)) {
      this.#take(parked);
      if (this.#parts.random.chance(0.5)) void this.#answer(parked);
    }
    for (const stream of this.#streams) if (stream.client === client) stream.break();
  }

  /** The engine is gone: nothing that waits takes effect. */
  drop(): void {
    this.parked = [];
    for (const stream of this.#streams) stream.break();
    this.#streams = [];
  }

  /** A turn of a parked request. */
  serve(parked: Parked): void {
    const { request, response } = parked;
    const { world, faults } = this.#parts;
    this.#take(parked);
    if (parked.isAbandoned() && this.#parts.random.chance(0.5)) return;
    const fault = parked.isHeld ? undefined : faults().request?.(request);
    if (!fault) return void this.#answer(parked);
    world.log.add(
      { kind: 'fault' },
      { what: 'fault', fault: `${fault.kind} ${request.client} ${request.method} ${request.path}` },
    );
    switch (fault.kind) {
      case 'reset-before':
        return void response.destroy();
      case 'error-before':
        return this.#send(response, errorAnswer(fault.status), request);
      case 'held':
        world.time.after(fault.ms, () => this.park({ ...parked, isHeld: true }));
        return;
      case 'reset-after':
      case 'error-after':
      case 'late-answer':
      case 'torn':
      case 'cut':
        void this.#answer(parked, fault);
    }
  }

  #take(parked: Parked): void {
    const at = this.parked.indexOf(parked);
    if (at !== -1) this.parked.splice(at, 1);
  }

  async #answer({ request, response }: Parked, fault?: RequestFault): Promise<void> {
    const { world, settings } = this.#parts;
    this.#served += 1;
    const given = serve(world, request, settings);
    const answer = given instanceof Promise ? await given : given;
    const by = { kind: 'client', client: request.client } as const;
    const status = 'stream' in answer ? undefined : answer.status;
    world.log.add(by, { what: 'request', method: request.method, path: request.path, status });
    switch (fault?.kind) {
      case 'reset-after':
        if ('stream' in answer) this.#begin(request, response, answer, { cutAfter: 0 });
        response.destroy();
        return;
      case 'error-after':
        if ('stream' in answer) this.#begin(request, response, answer, { cutAfter: 0 }).break();
        return this.#send(response, errorAnswer(fault.status), request);
      case 'late-answer':
        world.time.after(fault.ms, () => this.#send(response, answer, request));
        return;
      default:
        this.#send(response, answer, request, fault);
    }
  }

  #send(response: ServerResponse, answer: SimAnswer, request: SimRequest, fault?: RequestFault): void {
    if ('stream' in answer) {
      const streamFault = {
        torn: fault?.kind === 'torn',
        cutAfter: fault?.kind === 'cut' ? fault.afterBytes : undefined,
      };
      this.#begin(request, response, answer, streamFault);
      return;
    }
    if (response.destroyed) return;
    const { status, body, headers } = answer;
    const text = body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body);
    const type = typeof body === 'object' ? { 'content-type': 'application/json' } : {};
    const length = { 'content-length': Buffer.byteLength(text) };
    response.sendDate = false;
    response.writeHead(status, { 'api-version': this.#parts.settings.apiVersion, ...type, ...length, ...headers });
    response.end(request.method === 'HEAD' ? '' : text);
  }

  #begin(
    request: SimRequest,
    response: ServerResponse,
    answer: Extract<SimAnswer, { stream: unknown }>,
    fault: { readonly torn?: boolean; readonly cutAfter?: number | undefined },
  ): SimStream {
    const { faults, settings } = this.#parts;
    const stream = new SimStream(request.client, response, fault);
    this.#streams.push(stream);
    response.sendDate = false;
    // Output ends with its connection, as the engine's does: a cut looks like an end.
    if (answer.kind === 'output') response.useChunkedEncodingByDefault = false;
    response.writeHead(answer.status, { 'api-version': settings.apiVersion, ...answer.headers });
    response.flushHeaders();
    if (answer.kind !== 'events') answer.stream(stream);
    else this.#tell(answer, stream, faults);
    return stream;
  }

  /** Events on their way to a listener, with what befalls them. */
  #tell(answer: Extract<SimAnswer, { stream: unknown }>, stream: SimStream, faults: () => Faults): void {
    const { world } = this.#parts;
    answer.stream({
      write: (line, event) => {
        const fault = event && faults().event?.(event, stream.client);
        if (!fault) return stream.write(line);
        world.log.add(
          { kind: 'fault' },
          { what: 'fault', fault: `event ${fault.kind} ${stream.client} ${event.action}` },
        );
        if (fault.kind === 'broken') return stream.break();
        if (fault.kind === 'late') {
          stream.notBeforeMs = world.time.elapsedMs + fault.ms;
          // Time has to have a reason to go on to that moment.
          world.time.after(fault.ms, () => {});
        }
        stream.write(line);
        if (fault.kind === 'twice') stream.write(line);
      },
      end: () => stream.end(),
      onClose: (listener) => stream.onClose(listener),
    });
  }
}

function errorAnswer(status: number): SimAnswer {
  return { status, body: { message: 'the simulated engine failed' } };
}
