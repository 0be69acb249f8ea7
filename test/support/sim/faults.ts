/**
 * What goes wrong, as the server and the scheduler ask for it: by a script, by seed, or not at all. A fault decides about
 * one request, one answer that lasts, or one event; what happens to the whole engine between two steps is in `step`.
 */
import type { SimEvent } from './events.ts';
import type { SimRequest } from './http/exchange.ts';
import type { Random } from './random.ts';

export type RequestFault =
  /** The connection breaks and nothing has happened. */
  | { readonly kind: 'reset-before' }
  /** It has happened, and the answer is lost. */
  | { readonly kind: 'reset-after' }
  /** An error is said and nothing has happened. */
  | { readonly kind: 'error-before'; readonly status: number }
  /** It has happened, and an error is said. */
  | { readonly kind: 'error-after'; readonly status: number }
  /** It happens, and the answer comes after so long. */
  | { readonly kind: 'late-answer'; readonly ms: number }
  /** It happens after so long. */
  | { readonly kind: 'held'; readonly ms: number }
  /** An answer that lasts comes in pieces of a few bytes. */
  | { readonly kind: 'torn' }
  /** An answer that lasts ends after so many bytes. */
  | { readonly kind: 'cut'; readonly afterBytes: number };

/** What becomes of one event on its way to one listener. */
export type EventFault =
  | { readonly kind: 'twice' }
  | { readonly kind: 'late'; readonly ms: number }
  /** The stream breaks before it. */
  | { readonly kind: 'broken' };

export interface Faults {
  /** Asked once for each request, when its turn has come. */
  request?(request: SimRequest): RequestFault | undefined;
  /** Asked for each event and listener. */
  event?(event: SimEvent, client: string): EventFault | undefined;
  /** Between two steps of the scheduler: may change the world, stop the engine, cut a client. */
  step?(): void | Promise<void>;
}

export const NO_FAULTS: Faults = {};

/** Probabilities of each kind; what is left out never happens. */
export interface FaultRates {
  readonly resetBefore?: number;
  readonly resetAfter?: number;
  readonly errorBefore?: number;
  readonly errorAfter?: number;
  readonly lateAnswer?: number;
  readonly held?: number;
  readonly torn?: number;
  readonly cut?: number;
  readonly eventTwice?: number;
  readonly eventLate?: number;
  readonly eventsBroken?: number;
}

/** By seed, while `isOn` says so: a world that is left in peace has none. */
export function randomFaults(random: Random, rates: FaultRates, isOn: () => boolean = () => true): Faults {
  const ms = (): number => random.pick([1, 20, 300, 2000, 20_000]);
  const status = (): number => random.pick([500, 503]);
  const makers: readonly (readonly [number | undefined, () => RequestFault])[] = [
    [rates.resetBefore, () => ({ kind: 'reset-before' })],
    [rates.resetAfter, () => ({ kind: 'reset-after' })],
    [rates.errorBefore, () => ({ kind: 'error-before', status: status() })],
    [rates.errorAfter, () => ({ kind: 'error-after', status: status() })],
    [rates.lateAnswer, () => ({ kind: 'late-answer', ms: ms() })],
    [rates.held, () => ({ kind: 'held', ms: ms() })],
    [rates.torn, () => ({ kind: 'torn' })],
    [rates.cut, () => ({ kind: 'cut', afterBytes: random.below(40) })],
  ];
  return {
    request() {
      if (!isOn()) return undefined;
      let left = random.next();
      for (const [rate = 0, make] of makers) {
        if (left < rate) return make();
        left -= rate;
      }
      return undefined;
    },
    event() {
      if (!isOn()) return undefined;
      const { eventTwice = 0, eventLate = 0, eventsBroken = 0 } = rates;
      const roll = random.next();
      if (roll < eventTwice) return { kind: 'twice' };
      if (roll < eventTwice + eventLate) return { kind: 'late', ms: ms() };
      if (roll < eventTwice + eventLate + eventsBroken) return { kind: 'broken' };
      return undefined;
    },
  };
}
