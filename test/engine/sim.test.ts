/** The contract of the port on the simulated engine, by the adapter of the real one: HTTP over a unix socket and all. */
import { connect } from '../../src/engine/connect.ts';
import { cannotExec, cannotStart, type ExecBehaviour, type Output, type Program } from '../support/sim/program.ts';
import { image } from '../support/sim/images.ts';
import { Simulation } from '../support/sim/simulation.ts';
import type { SimContainer } from '../support/sim/things.ts';
import { COMMANDS, engineContract } from './contract.ts';

const MISSING = COMMANDS.missing[0];

const READY: Output = [['stdout', 'ready\n']];
const SPOKEN: Output = [
  ['stdout', 'out\n'],
  ['stderr', 'err\n'],
  ['stdout', 'more\n'],
];

/** What the suite's commands do on a real machine. */
const program: Program = {
  process(words) {
    if (is(words, COMMANDS.missing)) return { refused: cannotStart(MISSING) };
    if (is(words, COMMANDS.exitSoon)) return { endsAfterMs: 300, exitCode: 7 };
    if (is(words, COMMANDS.speakThenSleep)) return { output: READY };
    return is(words, COMMANDS.speakAndFail) ? { output: SPOKEN, exitCode: 3, endsAfterMs: 50 } : {};
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
  if (is(command, COMMANDS.speakThenSleep)) return { output: READY, lastsMs: 303_000 };
  if (is(command, COMMANDS.listSecret)) {
    const file = files.get('/run/secrets/token');
    const mode = file?.mode === 0o440 ? '-r--r-----' : String(file?.mode);
    return { output: [['stdout', `${mode} 1 ${file?.uid} ${file?.gid} ${file?.bytes.length} /run/secrets/token\n`]] };
  }
  return is(command, COMMANDS.speakAndFail) ? { exitCode: 3, output: SPOKEN } : {};
}

function is(command: readonly string[], known: readonly string[]): boolean {
  return JSON.stringify(command) === JSON.stringify(known);
}
