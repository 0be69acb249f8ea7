/**
 * Records what Docker Compose makes of the cases in own-cases.jsonl: `node test/conformance/record.ts`.
 *
 * A line is one case: its name, its files, and under `want` what the reference says. To add a case, add a line without
 * `want` and run this. It needs `docker compose` 2.40.3; the tests that read the file do not.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { environmentOf, layOut, readCases, type OwnCase, type Want } from './own-cases.ts';

const VERSION = '2.40.3';
const file = join(import.meta.dirname, 'own-cases.jsonl');
const home = realpathSync(mkdtempSync(join(tmpdir(), 'reeve-record-')));
// The project's name follows from the folder's.
const folder = join(home, 'case');

try {
  const version = compose(home, ['version', '--short'], {}).trim();
  if (!version.startsWith(VERSION)) throw new Error(`Docker Compose ${VERSION} is needed, this is ${version}`);
  const lines = readCases(readFileSync(file, 'utf8')).map((one) => JSON.stringify({ ...one, want: record(one) }));
  writeFileSync(file, `${lines.join('\n')}\n`);
} finally {
  rmSync(home, { recursive: true, force: true });
}

function record(one: OwnCase): Want {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  layOut(one, folder);
  const args = one.args ?? [];
  const env = environmentOf(one);
  try {
    const text = compose(folder, [...args, 'config', '--format', 'json'], env);
    const model: unknown = JSON.parse(text.replaceAll(folder, '${CASE_DIR}').replaceAll(home, '${CASE_PARENT}'));
    // Hashes cover absolute paths, those of env files too, which the model does not show.
    if (text.includes(home) || JSON.stringify(one.files).includes('env_file')) return { model };
    return {
      model,
      hash: compose(folder, [...args, 'config', '--hash', '*'], env)
        .trim()
        .split('\n'),
    };
  } catch (error) {
    const text = error instanceof Error && 'stderr' in error ? String(error.stderr) : String(error);
    return { error: text.trim().split('\n').at(-1)?.replaceAll(folder, '${CASE_DIR}') ?? '' };
  }
}

function compose(cwd: string, args: readonly string[], variables: Readonly<Record<string, string>>): string {
  // Where the plug-in is; a case's HOME is another.
  const env = { DOCKER_CONFIG: process.env['DOCKER_CONFIG'] ?? join(homedir(), '.docker'), ...variables };
  const stdio = ['ignore', 'pipe', 'pipe'] as const;
  return execFileSync('docker', ['compose', ...args], { cwd, encoding: 'utf8', env, stdio: [...stdio] });
}
