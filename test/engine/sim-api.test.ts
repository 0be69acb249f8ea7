/** The simulated engine's API behaves as the real one's. */
import { cannotExec, cannotStart, type ExecBehaviour, type ProcessBehaviour } from '../support/sim/program.ts';
import { image } from '../support/sim/images.ts';
import { OUTSIDE } from '../support/sim/log.ts';
import { Simulation } from '../support/sim/simulation.ts';
import { apiContract, PROGRAMS } from './api.ts';

for (const apiVersion of ['1.41', '1.51']) {
  apiContract(`the simulated engine's API ${apiVersion}`, async () => {
    const sim = new Simulation({
      apiVersion,
      program: { process, exec, probe: ([word]) => ({ exitCode: word === 'true' ? 0 : 1 }) },
    });
    sim.world.state.images.set('reeve-test/busybox:1', image('busybox'));
    const { host } = await sim.client('tester');
    const stop = sim.play();
    let names = 0;
    return {
      host,
      uniqueName: () => `sim-${(names += 1)}-`,
      cleanUp: async (name) => {
        // What crashes or is probed for ever would keep time running; the rest goes with the whole world.
        const left = sim.world.all().filter((container) => container.name.startsWith(name));
        await Promise.all(left.map(({ id }) => sim.world.containers.remove(id, { force: true }, OUTSIDE)));
      },
      close: async () => {
        await stop();
        sim.close();
      },
    };
  });
}

function process(words: readonly string[]): ProcessBehaviour {
  if (is(words, PROGRAMS.missing)) return { refused: cannotStart(PROGRAMS.missing[0]) };
  if (is(words, PROGRAMS.obedient)) return { onStop: { afterMs: 1, exitCode: 5 } };
  if (is(words, PROGRAMS.speak)) {
    return {
      endsAfterMs: 1,
      exitCode: 4,
      output: [
        ['stdout', 'out\n'],
        ['stderr', 'err\n'],
      ],
    };
  }
  if (is(words, PROGRAMS.failAtOnce)) return { endsAfterMs: 1, exitCode: 3 };
  if (is(words, PROGRAMS.failSoon)) return { endsAfterMs: 500, exitCode: 3 };
  if (is(words, PROGRAMS.succeedSoon)) return { endsAfterMs: 500 };
  return { onStop: 'ignored', endsAfterMs: 300_000 };
}

function exec(words: readonly string[]): ExecBehaviour {
  if (is(words, PROGRAMS.missing)) return { refused: cannotExec(PROGRAMS.missing[0]) };
  if (is(words, PROGRAMS.failSoon)) return { lastsMs: 500, exitCode: 3 };
  return is(words, PROGRAMS.forever) ? { lastsMs: 300_000 } : {};
}

function is(command: readonly string[], known: readonly string[]): boolean {
  return JSON.stringify(command) === JSON.stringify(known);
}
