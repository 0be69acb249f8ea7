/** The contract of the port on the simulated engine, by the adapter of the real one: HTTP over a unix socket and all. */
import { connect } from '../../src/engine/connect.ts';
import { cannotExec, cannotStart, type ExecBehaviour, type Program } from '../support/sim/program.ts';
import { image } from '../support/sim/images.ts';
import { Simulation } from '../support/sim/simulation.ts';
import type { SimContainer } from '../support/sim/things.ts';
import { COMMANDS, engineContract } from './contract.ts';

const MISSING = COMMANDS.missing[0];

/** What the suite's commands do on a real machine. */
const program: Program = {
  process(words) {
    if (is(words, COMMANDS.missing)) return { refused: cannotStart(MISSING) };
    return is(words, COMMANDS.exitSoon) ? { endsAfterMs: 300, exitCode: 7 } : {};
  },
  exec: (words, container) => commandOf(words, container),
  probe: () => ({ exitCode: 0 }),
};

for (const apiVersion of ['1.41', '1.51']) {
  engineContract(`the simulated engine, API ${apiVersion}`, async () => {
    const sim = new Simulation({ program, apiVersion });
    sim.world.state.images.set('reeve-test/busybox:1', image('busybox'));
    const { host, clock, processes } = await sim.client('reeve');
    const stop = sim.play();
    const engine = await connect({ host, env: {}, clock, processes });
    let names = 0;
    const close = async (): Promise<void> => {
      await engine.close();
      await stop();
      sim.close();
    };
    return {
      engine: Object.assign(engine, { close: oneTime(engine.close.bind(engine), close) }),
      uniqueName: () => `sim-${(names += 1)}`,
      // The whole world goes with the test.
      cleanUp: async () => {},
      canKillExecs: true,
    };
  });
}

/** The first call closes all, which closes the engine again. */
function oneTime(inner: () => Promise<void>, all: () => Promise<void>): () => Promise<void> {
  let isFirst = true;
  return () => {
    if (!isFirst) return inner();
    isFirst = false;
    return all();
  };
}

function commandOf(command: readonly string[], { files }: SimContainer): ExecBehaviour {
  if (is(command, COMMANDS.missing)) return { refused: cannotExec(MISSING) };
  if (is(command, COMMANDS.exitSoon)) return { lastsMs: 300, exitCode: 7 };
  if (is(command, COMMANDS.sleep) || is(command, COMMANDS.sleepWithChild)) return { lastsMs: 300_000 };
  if (is(command, COMMANDS.speakThenSleep)) return { output: [['stdout', 'ready\n']], lastsMs: 303_000 };
  if (is(command, COMMANDS.listSecret)) {
    const file = files.get('/run/secrets/token');
    const mode = file?.mode === 0o440 ? '-r--r-----' : String(file?.mode);
    return { output: [['stdout', `${mode} 1 ${file?.uid} ${file?.gid} ${file?.bytes.length} /run/secrets/token\n`]] };
  }
  if (!is(command, COMMANDS.speakAndFail)) return {};
  return {
    exitCode: 3,
    output: [
      ['stdout', 'out\n'],
      ['stderr', 'err\n'],
      ['stdout', 'more\n'],
    ],
  };
}

function is(command: readonly string[], known: readonly string[]): boolean {
  return JSON.stringify(command) === JSON.stringify(known);
}
