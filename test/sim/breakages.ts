/**
 * `npm run sim:breakages [WORD...]`: is the simulation able to find anything? Five rules of reeve are broken on purpose, each in
 * a copy of the sources of its own, by exact replacement of text; each has to be found within 1000 seeds. Fails when one is
 * not, or when a text to replace is no longer there: then the breakage has to be written anew.
 */
import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

interface Replacement {
  readonly file: string;
  readonly text: string;
  readonly by: string;
}

const root = join(import.meta.dirname, '../..');
const MOST_SEEDS = 1000;

const BREAKAGES: Readonly<Record<string, readonly Replacement[]>> = {
  'intent not recorded': [
    {
      file: 'src/execute/hook-run.ts',
      text: `    const recordId = ledger.intend({ ...intent, execId });
    const end = this.#execute({ execId, recordId, startedAt });
    return await this.#context.inFlight.stay(recordId, { number: attempt, end }, this.#context.leave);`,
      by: `    let late: number | undefined;
    const recordId = (): number => (late ??= ledger.intend({ ...intent, execId }));
    return await this.#execute({ execId, startedAt, get recordId() { return recordId(); } });`,
    },
    {
      file: 'src/execute/hook-run.ts',
      text: 'liveOutput(this.#context, this.#action, exec.recordId)',
      by: 'liveOutput({ ...this.#context, ledger: { appendOutput() {}, values() {} } as never }, this.#action, 0)',
    },
  ],
  'ledger written before success': [
    {
      file: 'src/execute/hook-run.ts',
      text: "    const isFirst = this.#action.phase === 'pre_stop' && incarnations.expectEnd(this.#containerId);",
      by: "    const isFirst = this.#action.phase === 'pre_stop' && incarnations.expectEnd(this.#containerId);\n    this.#context.ledger.end(exec.recordId, { outcome: 'succeeded', exitCode: 0 });",
    },
  ],
  'pre_stop left out on recreate': [
    {
      file: 'src/plan/leaving.ts',
      text: '  const hooks = hooksOf(container, desired);',
      by: '  const hooks = { ...hooksOf(container, desired), pre_stop: [] };',
    },
  ],
  'events without relist': [
    {
      file: 'src/source/engine-events.ts',
      text: "    case 'disconnected':\n      return wakeAll(keys.all(), NOTICE);",
      by: "    case 'disconnected':\n      return;",
    },
    {
      file: 'src/engine/observed-world.ts',
      text: '        this.#isLive = true;\n        return this.#forget();',
      by: '        this.#isLive = true;\n        return;',
    },
  ],
  'lease ignored': [
    {
      file: 'src/controller/tenures.ts',
      text: 'const lease = await this.#state.leases.acquire(request);',
      by: 'const lease = { isHeld: () => true, onWanted: () => () => {}, release: () => {} };',
    },
  ],
};

const words = process.argv.slice(2);
const chosen = Object.entries(BREAKAGES).filter(
  ([name]) => words.length === 0 || words.some((word) => name.includes(word)),
);
const missed: string[] = [];
for (const [name, replacements] of chosen) {
  process.stdout.write(`\n# ${name}\n`);
  if (!(await isFound(replacements))) missed.push(name);
}
process.stdout.write(`\n${chosen.length - missed.length} of ${chosen.length} breakages found\n`);
for (const name of missed) process.stdout.write(`not found within ${MOST_SEEDS} seeds: ${name}\n`);
process.exitCode = missed.length > 0 ? 1 : 0;

async function isFound(replacements: readonly Replacement[]): Promise<boolean> {
  const copy = mkdtempSync(join(tmpdir(), 'reeve-breakage-'));
  try {
    for (const part of ['src', 'test/sim', 'test/support', 'package.json']) {
      cpSync(join(root, part), join(copy, part), { recursive: true });
    }
    symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
    for (const { file, text, by } of replacements) {
      const before = readFileSync(join(copy, file), 'utf8');
      if (before.split(text).length !== 2) throw new Error(`${file} does not have this text once any more:\n${text}`);
      writeFileSync(
        join(copy, file),
        before.replace(text, () => by),
      );
    }
    const args = ['test/sim/main.ts', '--seeds', String(MOST_SEEDS), '--first', '--most', '1'];
    const child = spawn(process.execPath, args, { cwd: copy, stdio: 'inherit' });
    const status = await new Promise((resolve) => {
      child.on('close', resolve);
    });
    return status === 1;
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}
