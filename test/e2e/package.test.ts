/** The package as npm publishes it, installed by itself: what is missing from `files` or from the bundle shows here. */
import { before, after, test } from 'node:test';
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../..');
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
let prefix: string;

before(() => {
  prefix = mkdtempSync(join(tmpdir(), 'reeve-package-'));
  execFileSync('npm', ['pack', '--silent', '--pack-destination', prefix], { cwd: root, stdio: 'pipe' });
  const install = ['install', '--silent', '--offline', '--no-audit', '--no-fund', '--prefix', prefix];
  execFileSync('npm', [...install, join(prefix, `reeve-${version}.tgz`)], { cwd: prefix, stdio: 'pipe' });
});

after(() => {
  rmSync(prefix, { recursive: true, force: true });
});

/** Runs the installed program in a folder without node_modules, with Node 24 first on the PATH. */
function installed(args: readonly string[], input = '') {
  return spawnSync(process.execPath, [join(prefix, 'node_modules/.bin/reeve'), ...args], {
    encoding: 'utf8',
    input,
    cwd: tmpdir(),
    env: { ...process.env, XDG_STATE_HOME: join(prefix, 'state') },
  });
}

test('the installed package brings no other package along', () => {
  const names = readdirSync(join(prefix, 'node_modules')).filter((name) => !name.startsWith('.'));
  assert.deepEqual(names, ['reeve']);
});

test('the installed program says its version and helps, in a folder of no project', () => {
  assert.deepEqual(installed(['--version']).stdout, `reeve ${version}\n`);
  const help = installed(['--help']);
  assert.deepEqual([help.status, help.stderr], [0, '']);
  for (const command of ['apply', 'plan', 'watch', 'down', 'hooks'])
    assert.match(help.stdout, new RegExp(`\\b${command}\\b`));
});

test('the installed program loads a Compose file and reaches the engine', () => {
  const file = 'name: reeve-t-package\nservices: {web: {image: reeve-test/busybox:1}}\n';
  const config = installed(['-f', '-', 'config', '--services'], file);
  assert.deepEqual([config.status, config.stdout, config.stderr], [0, 'web\n', '']);
  const plan = installed(['-f', '-', 'plan', '--exit-code'], file);
  assert.equal(plan.status, 2, plan.stderr);
  assert.match(plan.stdout, /create container reeve-t-package-web-1/);
});

test('reeve/compose is a library with types', () => {
  const program = `import * as compose from 'reeve/compose'; console.log(Object.keys(compose).length > 0);`;
  writeFileSync(join(prefix, 'use.mjs'), program);
  const { stdout, stderr } = spawnSync(process.execPath, [join(prefix, 'use.mjs')], { encoding: 'utf8' });
  assert.deepEqual([stdout, stderr], ['true\n', '']);
  assert.ok(readdirSync(join(prefix, 'node_modules/reeve/dist/types/compose')).includes('index.d.ts'));
});
