/** The engine's faults as a scenario's steps ask for them: each befalls the next few requests or events, then is over. */
import type { EventFault, Faults, RequestFault } from '../support/sim/faults.ts';
import type { SimRequest } from '../support/sim/http/exchange.ts';
import type { EngineFault } from './scenario.ts';

type Kind = EngineFault['fault'];

const REQUEST_FAULTS: Partial<Record<Kind, RequestFault>> = {
  'reset-before': { kind: 'reset-before' },
  'reset-after': { kind: 'reset-after' },
  'error-before': { kind: 'error-before', status: 500 },
  'error-after': { kind: 'error-after', status: 500 },
  slow: { kind: 'late-answer', ms: 3000 },
  held: { kind: 'held', ms: 3000 },
  torn: { kind: 'torn' },
  cut: { kind: 'cut', afterBytes: 5 },
};

const EVENT_FAULTS: Partial<Record<Kind, EventFault>> = {
  'double-events': { kind: 'twice' },
  'late-events': { kind: 'late', ms: 2000 },
  'break-events': { kind: 'broken' },
};

/** These are about answers that last. */
const STREAM_FAULTS: ReadonlySet<Kind> = new Set(['torn', 'cut']);

export class Trouble implements Faults {
  readonly #left = new Map<Kind, number>();

  add({ fault, times }: EngineFault): void {
    this.#left.set(fault, (this.#left.get(fault) ?? 0) + times);
  }

  end(): void {
    this.#left.clear();
  }

  request({ method, path }: SimRequest): RequestFault | undefined {
    if (path === '/_ping' || path === '/info') return undefined;
    const isStream = path === '/events' || path.endsWith('/start') === path.startsWith('/exec/');
    for (const [kind, fault] of entriesOf(REQUEST_FAULTS)) {
      if (STREAM_FAULTS.has(kind) ? !isStream : kind.endsWith('-after') && method === 'GET') continue;
      if (this.#use(kind)) return fault;
    }
    return undefined;
  }

  event(): EventFault | undefined {
    for (const [kind, fault] of entriesOf(EVENT_FAULTS)) if (this.#use(kind)) return fault;
    return undefined;
  }

  #use(kind: Kind): boolean {
    const left = this.#left.get(kind) ?? 0;
    if (left > 0) this.#left.set(kind, left - 1);
    return left > 0;
  }
}

function entriesOf<T>(table: Partial<Record<Kind, T>>): [Kind, T][] {
  return Object.entries(table) as [Kind, T][];
}
