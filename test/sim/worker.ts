/** A process that simulates what its parent asks for, one after the other: all that is real in it is replaced (universe.ts). */
import { generate } from './generate.ts';
import type { Breach } from './evidence.ts';
import type { Reply, Request } from './outcome.ts';
import { shrink } from './shrink.ts';
import { simulate, type Simulated } from './simulate.ts';
import type { Scenario } from './scenario.ts';
import { Universe } from './universe.ts';

const universe = new Universe();
universe.install();

/** What reeve left unhandled in the present simulation. */
let unhandled: Breach[] = [];
process.on('unhandledRejection', (error) => {
  unhandled.push({
    rule: 'no error is left unhandled',
    message: error instanceof Error ? String(error.stack) : String(error),
  });
});

process.on('message', (request: Request) => {
  void answer(request).then(reply);
});
reply({ kind: 'ready' });

async function answer(request: Request): Promise<Reply> {
  switch (request.kind) {
    case 'seed':
      return { kind: 'outcome', outcome: (await run(generate(request.seed))).outcome };
    case 'scenario': {
      const { outcome, log } = await run(request.scenario);
      return { kind: 'outcome', outcome, ...(request.withLog && { log }) };
    }
    case 'shrink': {
      const { scenario, rule, budget } = request;
      const fails = async (candidate: Scenario): Promise<boolean> =>
        (await run(candidate)).outcome.breaches.some((breach) => breach.rule === rule);
      return { kind: 'shrunk', scenario: await shrink(scenario, { fails, budget }) };
    }
  }
}

async function run(scenario: Scenario): Promise<Simulated> {
  unhandled = [];
  const { outcome, log } = await simulate(universe, scenario);
  return { outcome: { ...outcome, breaches: [...outcome.breaches, ...unhandled] }, log };
}

function reply(message: Reply): void {
  process.send?.(message);
}
