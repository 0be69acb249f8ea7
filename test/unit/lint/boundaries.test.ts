/** The import rules, each broken once in a scratch copy of src/: a rule that does not bite is no rule. */
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const tool = join(import.meta.dirname, '../../lint/boundaries.ts');
const ok = 'export const x = 1;\n';
const port = { 'engine/engine.ts': ok, 'engine/docker.ts': ok, 'state/state.ts': ok, 'plan/plan.ts': ok };

/** What the tool says of a tree of files. */
function check(files: Readonly<Record<string, string>>): string {
  const root = mkdtempSync(join(tmpdir(), 'reeve-lint-'));
  try {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(root, 'src', path)), { recursive: true });
      writeFileSync(join(root, 'src', path), text);
    }
    const { status, stdout, stderr } = spawnSync(process.execPath, [tool, root], { encoding: 'utf8' });
    return status === 0 ? stdout : stderr;
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

const breaches: readonly [title: string, file: string, text: string, said: RegExp][] = [
  ['model imports nothing of ours', 'model/a.ts', `import '../plan/plan.ts';`, /model may import nothing of ours/],
  ['model reads no files', 'model/a.ts', `import 'node:fs';`, /model may import node:crypto, not node:fs/],
  ['plan uses none of Node', 'plan/a.ts', `import 'node:timers';`, /plan may import none of them/],
  [
    'plan knows no engine, types included',
    'plan/a.ts',
    `import type { x } from '../engine/engine.ts';`,
    /not engine\/engine/,
  ],
  [
    'an inline type import counts',
    'plan/a.ts',
    `export type X = import('../engine/engine.ts').X;`,
    /not engine\/engine/,
  ],
  ['a re-export counts', 'plan/a.ts', `export * from '../engine/engine.ts';`, /not engine\/engine/],
  ['execute knows the port, not the adapter', 'execute/a.ts', `import '../engine/docker.ts';`, /not engine\/docker/],
  ['controller does not load Compose files', 'controller/a.ts', `import '../compose/a.ts';`, /not compose\/a\.ts/],
  ['engine does not know the plan', 'engine/a.ts', `import '../plan/plan.ts';`, /engine may import model/],
  ['only wire.ts names adapters', 'cli/commands/a.ts', `await import('../../engine/docker.ts');`, /not engine\/docker/],
  ['dockerode stays in engine', 'execute/a.ts', `import 'dockerode';`, /dockerode belongs to src\/engine/],
  ['yaml stays in compose', 'cli/a.ts', `import 'yaml';`, /yaml belongs to src\/compose/],
  ['chokidar stays in source', 'compose/a.ts', `import 'chokidar';`, /chokidar belongs to src\/source/],
  ['p-queue stays in execute', 'controller/a.ts', `import 'p-queue';`, /p-queue belongs to src\/execute/],
  ['oclif stays in cli', 'source/a.ts', `import '@oclif/core';`, /@oclif\/core belongs to src\/cli/],
  ['node:sqlite stays in state', 'engine/a.ts', `import 'node:sqlite';`, /node:sqlite belongs to src\/state/],
  ['a package nobody chose is refused', 'engine/a.ts', `import 'lodash';`, /lodash has no folder/],
  ['Node is imported by its own name', 'engine/a.ts', `import 'fs';`, /write fs as node:fs/],
  ['a computed import is refused', 'cli/a.ts', 'await import(`${process.argv[2]}`);', /by a plain string/],
  ['a new folder needs a rule', 'other/a.ts', ok, /no rule for the folder src\/other/],
  ['nothing outside src is imported', 'engine/a.ts', `import '../../test/a.ts';`, /is outside src/],
];

for (const [title, file, text, said] of breaches) {
  test(title, () => {
    assert.match(check({ ...port, 'compose/a.ts': ok, [file]: text }), said);
  });
}

test('an import cycle is named as a ring', () => {
  const ring = check({
    'plan/a.ts': `import './b.ts';`,
    'plan/b.ts': `import type { x } from './c.ts';`,
    'plan/c.ts': `export * from './a.ts';`,
  });
  assert.match(ring, /import cycle: src\/plan\/a\.ts -> src\/plan\/b\.ts -> src\/plan\/c\.ts -> src\/plan\/a\.ts/);
});

test('what the rules allow passes', () => {
  const fine = check({
    ...port,
    'model/a.ts': `import 'node:crypto';`,
    'execute/a.ts': `import '../engine/engine.ts'; import '../state/state.ts'; import '../plan/plan.ts'; import 'p-queue';`,
    'cli/wire.ts': `import '../engine/docker.ts'; import '../execute/a.ts';`,
    'cli/main.ts': `import('./wire.ts');`,
  });
  assert.match(fine, /import rules hold in 8 files/);
});
