/**
 * The engine's events as Docker keeps and filters them: a history of the last 256, and listeners. How and when a listener
 * is told is the scheduler's business; here they are told at once.
 */
import type { SimTime } from './time.ts';

/** As it goes over the wire. */
export interface SimEvent {
  readonly type: 'container' | 'network' | 'volume' | 'image';
  readonly action: string;
  readonly id: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly ns: bigint;
  /** The line that a listener gets. */
  readonly line: string;
}

export type EventFilters = Readonly<Record<string, readonly string[]>>;

/** What Docker Engine remembers for `since`. */
const HISTORY = 256;

export class EventBus {
  readonly #time: SimTime;
  #history: SimEvent[] = [];
  readonly #listeners = new Set<(event: SimEvent) => void>();
  /** An engine that is down tells nobody. */
  isMute = false;

  constructor(time: SimTime) {
    this.#time = time;
  }

  tell(type: SimEvent['type'], action: string, id: string, attributes: Readonly<Record<string, string>>): void {
    if (this.isMute) return;
    const ns = this.#time.stampNs();
    const event = { type, action, id, attributes, ns, line: lineOf(type, action, { id, attributes, ns }) };
    this.#history.push(event);
    if (this.#history.length > HISTORY) this.#history.shift();
    for (const listener of this.#listeners) listener(event);
  }

  listen(listener: (event: SimEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Remembered ones from `sinceNs` to `untilNs`. */
  past(sinceNs: bigint, untilNs: bigint | undefined): SimEvent[] {
    return this.#history.filter(({ ns }) => ns >= sinceNs && (untilNs === undefined || ns <= untilNs));
  }

  /** An engine that starts anew remembers nothing. */
  forget(): void {
    this.#history = [];
  }
}

/** Members in the engine's order; containers have the old ones too. */
function lineOf(
  type: SimEvent['type'],
  action: string,
  { id, attributes, ns }: Pick<SimEvent, 'id' | 'attributes' | 'ns'>,
): string {
  const old =
    type === 'container'
      ? { status: action, id, from: attributes['image'] }
      : type === 'image'
        ? { status: action, id }
        : {};
  const event = { ...old, Type: type, Action: action, Actor: { ID: id, Attributes: attributes }, scope: 'local' };
  // timeNano is past what JSON.stringify writes exactly.
  const time = `"time":${ns / 1_000_000_000n},"timeNano":${ns}`;
  return `${JSON.stringify(event).slice(0, -1)},${time}}\n`;
}

/** Whether a listener with these filters hears of it. */
export function passes(filters: EventFilters, event: SimEvent): boolean {
  const some = (name: string, holds: (value: string) => boolean): boolean =>
    filters[name] === undefined || filters[name].length === 0 || filters[name].some(holds);
  const ofThing = (type: string): boolean =>
    some(type, (value) => event.type === type && (event.id.startsWith(value) || event.attributes['name'] === value));
  return (
    some('type', (value) => value === event.type) &&
    some('event', (value) => event.action === value || event.action.startsWith(`${value}:`)) &&
    some('label', (value) => hasLabel(event.attributes, value)) &&
    ofThing('container') &&
    ofThing('network') &&
    ofThing('volume') &&
    some('image', (value) => event.attributes['image'] === value || (event.type === 'image' && event.id === value))
  );
}

/** `KEY` or `KEY=VALUE`. */
export function hasLabel(labels: Readonly<Record<string, string>>, wanted: string): boolean {
  const equals = wanted.indexOf('=');
  return equals === -1 ? Object.hasOwn(labels, wanted) : labels[wanted.slice(0, equals)] === wanted.slice(equals + 1);
}
