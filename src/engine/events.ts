/**
 * The engine's event stream, one for all listeners: opened by the first, closed a moment after the last has left
 * (waits follow each other, and opening costs a round trip). A broken stream is opened again with growing delay,
 * from the last event's time on; listeners hear of both. Events are hints: doubled ones are possible, and so are
 * lost ones, which is why whoever listens looks again on `connected`.
 */

import type { CancelTimer } from '../clock.ts';
import { LABEL } from '../model/owner.ts';
import type { EventAnswer } from './answers.ts';
import type { EngineNotice } from './engine.ts';
import { linesOf } from './lines.ts';
import type { Wire } from './wire.ts';

type Listener = (notice: EngineNotice) => void;

const LINGER_MS = 1000;
const FIRST_DELAY_MS = 50;
const LONGEST_DELAY_MS = 5000;
/** A stream that lived for so long was well; one that opens and breaks at once is not opened in a hot loop. */
const WELL_AFTER_MS = 5000;

/** Podman's words for what Docker calls otherwise. */
const ACTION: Readonly<Record<string, string>> = { remove: 'destroy', died: 'die', exec_died: 'exec_die' };

export class EventStream {
  readonly #wire: Wire;
  readonly #clockOffsetMs: number;
  readonly #listeners = new Set<Listener>();
  #stop: AbortController | undefined;
  #cancelLinger: CancelTimer | undefined;
  #isClosed = false;
  /** Time of the newest event, as the engine wants it in `since`. */
  #since: string | undefined;

  /** `clockOffsetMs`: how far the engine's clock is ahead of ours. */
  constructor(wire: Wire, clockOffsetMs: number) {
    this.#wire = wire;
    this.#clockOffsetMs = clockOffsetMs;
  }

  subscribe(listener: Listener): () => void {
    const own: Listener = (notice) => listener(notice);
    this.#listeners.add(own);
    this.#cancelLinger?.();
    if (!this.#stop && !this.#isClosed) {
      this.#stop = new AbortController();
      void this.#run(this.#stop.signal);
    }
    return () => {
      if (this.#listeners.delete(own) && this.#listeners.size === 0) this.#hangUpSoon();
    };
  }

  /** For good: who subscribes later hears nothing. */
  close(): void {
    this.#isClosed = true;
    this.#listeners.clear();
    this.#hangUp();
  }

  #hangUp(): void {
    this.#cancelLinger?.();
    this.#stop?.abort();
    this.#stop = undefined;
  }

  #hangUpSoon(): void {
    this.#cancelLinger?.();
    this.#cancelLinger = this.#wire.clock.setTimer(LINGER_MS, () => this.#hangUp());
  }

  async #run(stop: AbortSignal): Promise<void> {
    // The engine answers before it listens: asking from now on brings back what falls in between.
    this.#since = secondsText(BigInt(Math.round(this.#wire.clock.now() + this.#clockOffsetMs)) * 1_000_000n);
    let delayMs = FIRST_DELAY_MS;
    while (!stop.aborted) {
      let failure: unknown;
      let openedAtMs = Infinity;
      try {
        await this.#readUntilItEnds(stop, () => {
          openedAtMs = this.#wire.clock.monotonic();
        });
      } catch (error) {
        failure = error;
      }
      if (stop.aborted) return;
      if (this.#wire.clock.monotonic() - openedAtMs >= WELL_AFTER_MS) delayMs = FIRST_DELAY_MS;
      this.#tell({ kind: 'disconnected', error: failure ?? new Error('the engine ended its event stream') });
      await this.#wire.clock.delay(delayMs, stop).catch(() => {});
      delayMs = Math.min(delayMs * 2, LONGEST_DELAY_MS);
    }
  }

  async #readUntilItEnds(stop: AbortSignal, opened: () => void): Promise<void> {
    const stream = await this.#wire.stream({
      what: 'listen to events',
      path: '/events',
      query: { since: this.#since, filters: { type: ['container', 'network', 'volume', 'image'] } },
      signal: stop,
    });
    opened();
    this.#tell({ kind: 'connected' });
    for await (const line of linesOf(stream)) this.#take(line);
  }

  #take(line: string): void {
    if (line.trim() === '') return;
    let event: EventAnswer;
    try {
      event = JSON.parse(line) as EventAnswer;
    } catch {
      return; // A line torn by the end of the connection.
    }
    const timeNs = eventTime(line, event);
    this.#since = secondsText(timeNs);
    const notice = parseEvent(event, timeNs);
    if (notice) this.#tell(notice);
  }

  #tell(notice: EngineNotice): void {
    for (const listener of this.#listeners) listener(notice);
  }
}

/** undefined: nothing that concerns us. */
export function parseEvent(event: EventAnswer, timeNs: bigint): EngineNotice | undefined {
  const attributes = event.Actor?.Attributes ?? {};
  const [word = ''] = (event.Action ?? '').split(':');
  const action = ACTION[word] ?? word;
  const project = attributes[LABEL.project];
  const id = event.Actor?.ID ?? '';
  switch (event.Type) {
    case 'container':
      return {
        kind: 'container',
        action,
        containerId: id,
        project,
        service: attributes[LABEL.service],
        execId: attributes['execID'],
        timeNs: timeNs.toString(),
      };
    case 'network': {
      const containerId = attributes['container'];
      return { kind: 'network', action: word, id, name: attributes['name'] ?? id, project, containerId };
    }
    case 'volume':
    case 'image':
      return { kind: event.Type, action: word, name: attributes['name'] ?? id, project };
    default:
      return undefined;
  }
}

/** `timeNano` is past what a double holds exactly: its digits are taken from the text. */
function eventTime(line: string, event: EventAnswer): bigint {
  const digits = /"timeNano":\s*(\d+)/.exec(line)?.[1];
  return digits === undefined ? BigInt(event.time ?? 0) * 1_000_000_000n : BigInt(digits);
}

function secondsText(timeNs: bigint): string {
  return `${timeNs / 1_000_000_000n}.${(timeNs % 1_000_000_000n).toString().padStart(9, '0')}`;
}
