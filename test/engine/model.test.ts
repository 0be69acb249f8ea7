/** The contract of the port on the engine in memory: what properties are proved on is held to what the real one does. */
import type { ExecScript, ModelContainer } from '../support/model-world.ts';
import { ModelEngine } from '../support/model-engine.ts';
import { COMMANDS, engineContract } from './contract.ts';

const MISSING = 'exec: "/no/such/command": stat /no/such/command: no such file or directory';

engineContract('the engine in memory', async () => {
  const engine = new ModelEngine();
  engine.images.set('reeve-test/busybox:1', { id: `sha256:${'b'.repeat(64)}`, volumes: [] });
  engine.script = (command, { files }) => scriptOf(command, files);
  engine.process = ({ service }) => {
    if (is(service?.command, COMMANDS.missing)) return { refused: MISSING };
    if (is(service?.command, COMMANDS.exitSoon)) return { endsAfter: 5, exitCode: 7 };
    const { exitCode = 0, output = [] } = scriptOf(service?.command ?? []);
    return { output, ...(exitCode === 0 ? {} : { exitCode, endsAfter: 1 }) };
  };
  let names = 0;
  return {
    engine,
    uniqueName: () => `model-${(names += 1)}`,
    // The whole world goes with the test.
    cleanUp: async () => {},
    canKillExecs: true,
  };
});

function scriptOf(command: readonly string[], files: ModelContainer['files'] = new Map()): ExecScript {
  if (is(command, COMMANDS.missing)) return { refused: MISSING };
  if (is(command, COMMANDS.exitSoon)) return { lasts: 5, exitCode: 7 };
  if (is(command, COMMANDS.sleep) || is(command, COMMANDS.sleepWithChild)) return { lasts: Infinity };
  if (is(command, COMMANDS.speakThenSleep)) return { output: [['stdout', 'ready\n']], lasts: Infinity };
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

function is(command: readonly string[] | null | undefined, known: readonly string[]): boolean {
  return JSON.stringify(command) === JSON.stringify(known);
}
