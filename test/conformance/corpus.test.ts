/**
 * The conformance corpus: models, hashes and refusals of Docker Compose 2.40.3, case by case. It lies beside this
 * repository (or where REEVE_CORPUS says); where it does not, or /corpus cannot be written, this is skipped.
 */
import assert from 'node:assert/strict';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { loadProject, printProject, serviceHash, type Project } from '../../src/compose/index.ts';
import { loadOptionsOf } from './arguments.ts';

interface Case {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly expect: 'ok' | 'error' | 'newer';
}

const corpus = process.env['REEVE_CORPUS'] ?? join(import.meta.dirname, '../../../shared/corpus');
/** Hashes cover absolute paths: the goldens were made here. */
const root = '/corpus';
const goldens = /^(case\.json|expected\..*)$/;

const reason = whyNot();
describe('the corpus is read as Docker Compose reads it', { skip: reason }, () => {
  if (reason !== false) return;
  const names = readdirSync(corpus).filter((name) => existsSync(join(corpus, name, 'case.json')));
  for (const name of names) test(name, () => check(name));
});

function whyNot(): string | false {
  if (!existsSync(corpus)) return `no corpus at ${corpus}`;
  try {
    mkdirSync(root, { recursive: true });
    return false;
  } catch {
    return `${root} cannot be written`;
  }
}

async function check(name: string): Promise<void> {
  const from = join(corpus, name);
  const folder = join(root, name);
  const { args, env, expect } = JSON.parse(readFileSync(join(from, 'case.json'), 'utf8')) as Case;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  try {
    for (const file of readdirSync(from).filter((entry) => !goldens.test(entry))) {
      cpSync(join(from, file), join(folder, file), { recursive: true });
    }
    const environment = { HOME: '/home/user', PATH: process.env['PATH'], ...env };
    const loaded = await loadProject({ cwd: folder, environment, ...loadOptionsOf(args) });
    if (expect === 'error') {
      assert.equal(
        loaded.ok,
        false,
        `Docker Compose refuses it: ${readFileSync(join(from, 'expected.error'), 'utf8')}`,
      );
      return;
    }
    assert.ok(loaded.ok, loaded.ok ? '' : loaded.diagnostics.map((diagnostic) => diagnostic.message).join('\n'));
    if (expect === 'ok') compare(loaded.project, from, folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function compare(project: Project, from: string, folder: string): void {
  const expand = (text: string): string => text.replaceAll('${CASE_DIR}', folder).replaceAll('${CASE_PARENT}', root);
  const want: unknown = JSON.parse(expand(readFileSync(join(from, 'expected.json'), 'utf8')));
  assert.deepEqual(JSON.parse(printProject(project, 'json')), want);
  if (!existsSync(join(from, 'expected.hash'))) return;
  const hashes = Object.values(project.services).map((service) => `${service.name} ${serviceHash(project, service)}`);
  const lines = readFileSync(join(from, 'expected.hash'), 'utf8').split('\n');
  assert.deepEqual(hashes.toSorted(), lines.filter((line) => line !== '').toSorted());
}
