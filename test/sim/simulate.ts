/** One simulation: the day of a scenario, step by step, then peace, then the questions. */
import { createHash } from 'node:crypto';
import { Day } from './day.ts';
import { worldBreaches } from './end-state.ts';
import { breaches } from './invariants.ts';
import type { Outcome } from './outcome.ts';
import type { Scenario } from './scenario.ts';
import { checkStillness, settle, takeDown } from './settling.ts';
import type { Universe } from './universe.ts';

export interface Simulated {
  readonly outcome: Outcome;
  readonly log: string;
}

export async function simulate(universe: Universe, scenario: Scenario): Promise<Simulated> {
  const beganMs = process.hrtime.bigint();
  const day = new Day(universe, scenario);
  try {
    await pass(day);
  } catch (error) {
    day.fail('the simulation goes through', String(error instanceof Error ? error.stack : error));
  } finally {
    await day.close();
  }
  const log = day.log();
  const outcome: Outcome = {
    seed: scenario.seed,
    breaches: day.found,
    digest: createHash('sha256').update(log).digest('hex').slice(0, 16),
    calls: day.calls(),
    virtualMs: universe.time.monotonic(),
    realMs: Number(process.hrtime.bigint() - beganMs) / 1e6,
  };
  return { outcome, log };
}

async function pass(day: Day): Promise<void> {
  for (const step of day.scenario.steps) await day.take(step);
  const final = await settle(day);
  if (final) day.found.push(...worldBreaches(day.world, final));
  if (final && day.found.length === 0) await checkStillness(day);
  if (day.scenario.down) await takeDown(day);
  day.found.push(...breaches(day.evidence()));
}
