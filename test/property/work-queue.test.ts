import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import * as fc from 'fast-check';
import { Backoff } from '../../src/controller/backoff.ts';
import type { Outcome } from '../../src/controller/work-queue.ts';
import { WorkQueue } from '../../src/controller/work-queue.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

const key = fc.constantFrom('a', 'b', 'c', 'd');

const deed = fc.oneof(
  { weight: 4, arbitrary: fc.record({ add: key, delayMs: fc.nat(50), priority: fc.integer({ min: -2, max: 2 }) }) },
  { weight: 3, arbitrary: fc.record({ passMs: fc.nat(40) }) },
);

const run = fc.record({
  takesMs: fc.nat(30),
  kind: fc.constantFrom<Outcome['kind']>('done', 'requeue', 'retry', 'terminal'),
});

suite('work queue, whatever happens', () => {
  test('no key is with two workers, and every notice is followed by a run that starts after it', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(deed, { maxLength: 60, size: 'max' }),
        fc.array(run, { maxLength: 60, size: 'max' }),
        fc.integer({ min: 1, max: 3 }),
        async (deeds, runs, concurrency) => {
          const clock = new VirtualClock();
          const queue = new WorkQueue({ clock, backoff: new Backoff({ clock, random: () => 0.5 }) });
          const stop = new AbortController();
          const busy = new Set<string>();
          /** What a worker throws is the queue's to handle, so broken rules are written down. */
          const broken: string[] = [];
          /** Moments at which each key was last added and last given to a worker, in one count. */
          let moment = 0;
          const added = new Map<string, number>();
          const started = new Map<string, number>();

          const worker = async (taken: string): Promise<Outcome> => {
            if (busy.has(taken)) broken.push(`${taken} is with two workers`);
            if (busy.size >= concurrency) broken.push('more runs than workers');
            busy.add(taken);
            started.set(taken, ++moment);
            const { takesMs, kind } = runs.pop() ?? { takesMs: 1, kind: 'done' };
            await clock.delay(takesMs, new AbortController().signal);
            busy.delete(taken);
            if (kind === 'requeue') return { kind, afterMs: 7 };
            return kind === 'done' ? { kind } : { kind, error: new Error('refused') };
          };
          const running = queue.run(worker, { concurrency, signal: stop.signal });

          for (const each of deeds) {
            if ('passMs' in each) await clock.advance(each.passMs);
            else {
              added.set(each.add, ++moment);
              queue.add(each.add, each);
            }
          }
          await clock.advance(3_600_000);
          for (const [name, when] of added) assert.ok((started.get(name) ?? 0) > when, `${name} was lost`);
          assert.deepEqual(broken, []);
          assert.equal(busy.size, 0);
          stop.abort();
          await running;
          assert.equal(clock.pendingTimers, 0);
        },
      ),
    );
  });
});
