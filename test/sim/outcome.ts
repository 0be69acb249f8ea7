/** What came of a simulation, as it goes from a worker to its parent. */
import type { Breach } from './evidence.ts';
import type { Scenario } from './scenario.ts';

export interface Outcome {
  readonly seed: number;
  readonly breaches: readonly Breach[];
  /** Of the whole log: the same seed has the same one. */
  readonly digest: string;
  readonly calls: number;
  readonly virtualMs: number;
  readonly realMs: number;
}

/** What a worker is asked for. */
export type Request =
  | { readonly kind: 'seed'; readonly seed: number }
  | { readonly kind: 'scenario'; readonly scenario: Scenario; readonly withLog: boolean }
  | { readonly kind: 'shrink'; readonly scenario: Scenario; readonly rule: string; readonly budget: number };

export type Reply =
  | { readonly kind: 'outcome'; readonly outcome: Outcome; readonly log?: string }
  | { readonly kind: 'shrunk'; readonly scenario: Scenario }
  | { readonly kind: 'ready' };
