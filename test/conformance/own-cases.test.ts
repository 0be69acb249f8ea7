/** Our own conformance cases: equal to what Docker Compose 2.40.3 was recorded to say of them (record.ts). */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { loadProject, printProject, serviceHash } from '../../src/compose/index.ts';
import { loadOptionsOf } from './arguments.ts';
import { environmentOf, layOut, readCases, type OwnCase } from './own-cases.ts';

const home = realpathSync(mkdtempSync(join(tmpdir(), 'reeve-own-cases-')));
const folder = join(home, 'case');
after(() => rmSync(home, { recursive: true, force: true }));

describe('what Docker Compose makes of a file, reeve makes of it', () => {
  for (const one of readCases(readFileSync(join(import.meta.dirname, 'own-cases.jsonl'), 'utf8'))) {
    test(one.name, () => check(one));
  }
});

async function check(one: OwnCase): Promise<void> {
  const { want } = one;
  assert.ok(want, 'not recorded: run node test/conformance/record.ts');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  layOut(one, folder);
  const loaded = await loadProject({ cwd: folder, environment: environmentOf(one), ...loadOptionsOf(one.args ?? []) });
  if ('error' in want) {
    assert.equal(loaded.ok, false, `Docker Compose refuses it: ${want.error}`);
    return;
  }
  assert.ok(loaded.ok, loaded.ok ? '' : loaded.diagnostics.map((diagnostic) => diagnostic.message).join('\n'));
  const text = printProject(loaded.project, 'json');
  assert.deepEqual(JSON.parse(text.replaceAll(folder, '${CASE_DIR}').replaceAll(home, '${CASE_PARENT}')), want.model);
  if (want.hash === undefined) return;
  const services = Object.values(loaded.project.services);
  const hashes = services.map((service) => `${service.name} ${serviceHash(loaded.project, service)}`);
  assert.deepEqual(
    hashes.toSorted(),
    want.hash.filter((line) => line !== ''),
  );
}
