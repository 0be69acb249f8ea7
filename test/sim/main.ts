/**
 * `npm run sim -- [--seeds N] [--from N] [--first] [--seed N] [--case FILE] [--log]`: days by seed (until the first that fails), or
 * one of them again. A failing one is cut down, printed, written to a file and named with the command that replays it. Exits 1 when any failed.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { generate } from './generate.ts';
import type { Outcome } from './outcome.ts';
import { describe, type Scenario } from './scenario.ts';
import { runScenario, runSeeds, runShrink } from './workers.ts';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '300' },
    from: { type: 'string', default: '1' },
    seed: { type: 'string' },
    case: { type: 'string' },
    workers: { type: 'string', default: String(Math.min(2, availableParallelism())) },
    log: { type: 'boolean', default: false },
    shrink: { type: 'string', default: '300' },
    most: { type: 'string', default: '3' },
    first: { type: 'boolean', default: false },
  },
});

const isWell = values.seed === undefined && values.case === undefined ? await many() : await one();
process.exitCode = isWell ? 0 : 1;

async function many(): Promise<boolean> {
  const [count, from] = [Number(values.seeds), Number(values.from)];
  const failed: Outcome[] = [];
  const beganMs = performance.now();
  let [done, calls] = [0, 0];
  const seeds = Array.from({ length: count }, (_, index) => from + index);
  await runSeeds({
    seeds,
    workers: Number(values.workers),
    isOver: () => values.first && failed.length > 0,
    onOutcome: (outcome) => {
      done += 1;
      calls += outcome.calls;
      if (outcome.breaches.length > 0) {
        failed.push(outcome);
        say(
          `seed ${outcome.seed} fails: ${outcome.breaches.map(({ rule, message }) => `${rule}: ${message}`).join('\n  ')}`,
        );
      }
      if (done % 500 === 0) say(`${done} of ${count}, ${failed.length} failed, ${seconds(beganMs)} s`);
    },
  });
  for (const { seed, breaches } of failed.slice(0, Number(values.most))) {
    await report(generate(seed), breaches[0]?.rule ?? '', `--seed ${seed}`);
  }
  say(
    `${done} seeds from ${from}: ${done - failed.length} passed, ${failed.length} failed; ${calls} engine calls in ${seconds(beganMs)} s`,
  );
  return failed.length === 0;
}

async function one(): Promise<boolean> {
  const scenario = values.case === undefined ? generate(Number(values.seed)) : readCase(values.case);
  const { outcome, log } = await runScenario(scenario);
  if (values.log) say(log);
  for (const { rule, message } of outcome.breaches) say(`${rule}: ${message}`);
  say(`${outcome.calls} calls, ${(outcome.virtualMs / 1000).toFixed(1)} s of virtual time, log ${outcome.digest}`);
  const rule = outcome.breaches[0]?.rule;
  if (rule === undefined) say('passed');
  else await report(scenario, rule, values.case === undefined ? `--seed ${values.seed}` : `--case ${values.case}`);
  return rule === undefined;
}

async function report(scenario: Scenario, rule: string, again: string): Promise<void> {
  const small = await runShrink(scenario, rule, Number(values.shrink));
  const { outcome } = await runScenario(small);
  const path = join(tmpdir(), `reeve-sim-${scenario.seed}.json`);
  writeFileSync(path, `${JSON.stringify(small, undefined, 2)}\n`);
  say(`\n${rule}\n${outcome.breaches.map(({ message }) => `  ${message}`).join('\n')}\n\n${describe(small)}\n`);
  say(`replay:       npm run sim -- ${again}\ncut down:     npm run sim -- --case ${path} --log\n`);
}

function readCase(path: string): Scenario {
  return JSON.parse(readFileSync(path, 'utf8')) as Scenario;
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

function seconds(sinceMs: number): string {
  return ((performance.now() - sinceMs) / 1000).toFixed(1);
}
