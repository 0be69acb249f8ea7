/** The ledger's view against a plain model of it: whatever is recorded, in whatever order, both show the same. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import type { HookOutcome, HookPhase } from '../../src/model/hook.ts';
import { openState } from '../../src/state/sqlite.ts';
import type { HookIntent, HookLedger } from '../../src/state/state.ts';
import { intent } from '../support/state.ts';

const containers = ['c1', 'c2', 'c3'];
const phases: readonly HookPhase[] = ['post_start', 'pre_stop'];
const outcomes: readonly HookOutcome[] = ['succeeded', 'failed', 'timed-out', 'refused', 'moot'];

type Step =
  | { readonly kind: 'intend'; readonly intent: Partial<HookIntent> }
  | { readonly kind: 'end'; readonly nth: number; readonly outcome: HookOutcome }
  | { readonly kind: 'supersedePreStop'; readonly ids: readonly string[] }
  | { readonly kind: 'supersede'; readonly id: string; readonly phase: HookPhase }
  | { readonly kind: 'adopt'; readonly id: string; readonly startedAt: string }
  | { readonly kind: 'retain'; readonly ids: readonly string[] };

const container = fc.constantFrom(...containers);
const some = fc.subarray(containers);
const startedAt = fc.constantFrom('s1', 's2');

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('intend' as const),
      intent: fc.record({
        containerId: container,
        startedAt,
        phase: fc.constantFrom(...phases),
        index: fc.nat(1),
        execId: fc.constantFrom('e1', undefined),
      }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('end' as const), nth: fc.nat(20), outcome: fc.constantFrom(...outcomes) }),
  },
  fc.record({ kind: fc.constant('supersedePreStop' as const), ids: some }),
  fc.record({ kind: fc.constant('supersede' as const), id: container, phase: fc.constantFrom(...phases) }),
  fc.record({ kind: fc.constant('adopt' as const), id: container, startedAt }),
  fc.record({ kind: fc.constant('retain' as const), ids: some }),
);

interface ModelRecord {
  readonly id: number;
  readonly intent: HookIntent;
  outcome: HookOutcome;
  superseded: boolean;
}

/** What the ledger's head comments promise, without a database. */
class Model {
  readonly records: ModelRecord[] = [];
  readonly delivered = new Set<string>();
  readonly adopted = new Map<string, string>();
  /** Which containers of those known at the last `retain` were gone. */
  readonly goneRecords = new Set<number>();
  readonly goneAdopted = new Set<string>();
  /** Containers of which it is not known yet that they are this project's. */
  readonly stray = new Set<string>();

  view(): { records: unknown[]; delivered: string[]; adopted: string[] } {
    const newest = new Map<string, ModelRecord>();
    for (const record of this.records) {
      if (this.goneRecords.has(record.id) || (record.superseded && !mayRun(record))) continue;
      const { containerId, startedAt: start, phase, index } = record.intent;
      newest.set(JSON.stringify([containerId, start, phase, index]), record);
    }
    return {
      records: [...newest.values()]
        .toSorted((a, b) => a.id - b.id)
        .map(({ id, outcome, superseded }) => ({ id, outcome, superseded })),
      delivered: [...this.delivered].toSorted(),
      adopted: [...this.adopted]
        .filter(([id]) => !this.goneAdopted.has(id))
        .map(String)
        .toSorted(),
    };
  }
}

function play(ledger: HookLedger, model: Model, one: Step): void {
  switch (one.kind) {
    case 'intend': {
      // A container keeps the hooks it was created with.
      const full = intent({ ...one.intent, digest: `d${one.intent.index}` });
      const id = ledger.intend(full);
      model.records.push({ id, intent: full, outcome: 'intended', superseded: false });
      return;
    }
    case 'end': {
      const record = model.records[one.nth];
      if (!record || !mayRun(record)) return;
      ledger.end(record.id, { outcome: one.outcome });
      record.outcome = one.outcome;
      if (one.outcome === 'succeeded' && !record.superseded) model.delivered.add(deliveryOf(record));
      return;
    }
    case 'supersedePreStop':
      ledger.supersedePreStop(one.ids);
      for (const record of model.records) {
        const { containerId, phase } = record.intent;
        if (one.ids.includes(containerId) && phase === 'pre_stop') record.superseded = true;
      }
      return;
    case 'supersede':
      ledger.supersede(one.id, one.phase);
      for (const record of model.records) {
        const { containerId, phase } = record.intent;
        if (containerId !== one.id || phase !== one.phase || record.superseded) continue;
        record.superseded = true;
        model.delivered.delete(deliveryOf(record));
      }
      if (one.phase !== 'post_start') return;
      if (!model.adopted.has(one.id) && !model.records.some(({ intent: { containerId } }) => containerId === one.id)) {
        model.stray.add(one.id);
      }
      model.adopted.set(one.id, '');
      return;
    case 'adopt':
      ledger.adopt('shop', [{ containerId: one.id, startedAt: one.startedAt }]);
      if (!model.adopted.has(one.id)) model.adopted.set(one.id, one.startedAt);
      model.goneAdopted.delete(one.id);
      model.stray.delete(one.id);
      return;
    case 'retain':
      ledger.retain('shop', one.ids);
      for (const {
        id,
        intent: { containerId },
      } of model.records) {
        if (one.ids.includes(containerId)) model.goneRecords.delete(id);
        else model.goneRecords.add(id);
      }
      for (const id of model.adopted.keys()) {
        if (one.ids.includes(id) || model.stray.has(id)) model.goneAdopted.delete(id);
        else model.goneAdopted.add(id);
      }
  }
}

function mayRun({ outcome, intent: { execId } }: ModelRecord): boolean {
  return outcome === 'intended' || (outcome === 'timed-out' && execId !== undefined);
}

function deliveryOf({ intent: { service, phase, digest } }: ModelRecord): string {
  return `${service} ${phase} ${digest}`;
}

function viewOf(ledger: HookLedger): ReturnType<Model['view']> {
  const view = ledger.view('shop');
  return {
    records: view.records.map(({ id, outcome, superseded = false }) => ({ id, outcome, superseded })),
    delivered: view.delivered.map(({ service, phase, digest }) => `${service} ${phase} ${digest}`).toSorted(),
    adopted: [...view.adopted].map(String).toSorted(),
  };
}

const exists = (one: Step): boolean => one.kind !== 'retain';

for (const [what, runs, allowed] of [
  ['that forgets nothing yet', 5000, () => true],
  ['that drops what decides nothing at every chance, while all containers exist', 1, exists],
] as const) {
  test(`a ledger ${what} shows what its model shows`, () => {
    fc.assert(
      fc.property(fc.array(step.filter(allowed), { maxLength: 80, size: 'max' }), (steps) => {
        const state = openState({ path: ':memory:', limits: { runs } });
        const model = new Model();
        for (const one of steps) {
          play(state.hooks, model, one);
          assert.deepEqual(viewOf(state.hooks), model.view());
        }
        state.close();
      }),
      { numRuns: 200 },
    );
  });
}
