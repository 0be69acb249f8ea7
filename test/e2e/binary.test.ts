/** The single-file program, alone in a folder of its own, as one who downloads it has it. */
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'rolldown';
import { program } from '../../rolldown.config.ts';
import { container, containers } from '../support/engine.ts';
import { testImage, testProject } from '../support/project.ts';

const root = join(import.meta.dirname, '../..');
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
let home: string;
let binary: string;

before(async () => {
  home = mkdtempSync(join(tmpdir(), 'reeve-binary-'));
  binary = join(home, 'bin/reeve');
  const { output, ...input } = program;
  await build({ ...input, cwd: root, logLevel: 'silent', output: { ...output, dir: join(home, 'bundle') } });
  execFileSync(process.execPath, [join(root, 'build/binary.ts'), join(home, 'bundle'), binary], { stdio: 'pipe' });
  rmSync(join(home, 'bundle'), { recursive: true });
});

after(() => {
  rmSync(home, { recursive: true, force: true });
});

/** Without Node on the PATH, and with a home that stays empty. */
function run(cwd: string, args: readonly string[], input = '') {
  const env = {
    HOME: join(home, 'nobody'),
    XDG_STATE_HOME: join(home, 'state'),
    DOCKER_HOST: process.env['DOCKER_HOST'],
  };
  return spawnSync(binary, args, { cwd, encoding: 'utf8', input, env });
}

test('the executable stands alone', () => {
  assert.deepEqual(readdirSync(join(home, 'bin')), ['reeve']);
  const { stdout, stderr } = run(tmpdir(), ['--version']);
  assert.deepEqual([stdout, stderr], [`reeve ${version}\n`, '']);
});

test('it does the main job, and leaves no cache behind', async (t) => {
  const project = testProject(t);
  const service = { image: testImage, command: ['sleep', '1000'], stop_signal: 'SIGKILL' };
  const hook = { ...service, post_start: [{ command: ['true'] }] };
  project.write('compose.yaml', JSON.stringify({ services: { web: hook, db: service } }));
  const plan = run(project.folder, ['plan', '--exit-code']);
  assert.equal(plan.status, 2, plan.stderr);
  assert.match(plan.stdout, /create container .*-web-1/);
  const apply = run(project.folder, ['apply']);
  assert.equal(apply.status, 0, apply.stderr);
  assert.ok((await container(project.name, 'web')).State.Running);
  assert.match(run(project.folder, ['apply']).stdout, /nothing to do/);
  assert.match(run(project.folder, ['hooks']).stdout, /post_start/);
  assert.equal(run(project.folder, ['down']).status, 0);
  assert.deepEqual(await containers(project.name), []);
  assert.ok(!readdirSync(home).includes('nobody'));
});

test('it has the help, the YAML library and the words of an error', () => {
  assert.match(run(tmpdir(), ['apply', '--help']).stdout, /reeve apply \[SERVICE\|DIR\.\.\.\] \[FLAGS\]/);
  const tagged = run(tmpdir(), ['-f', '-', 'config', '--services'], 'name: x\nservices:\n  web: {image: !!str x}\n');
  assert.deepEqual([tagged.status, tagged.stdout, tagged.stderr], [0, 'web\n', '']);
  const wrong = run(tmpdir(), ['aply']);
  assert.deepEqual(
    [wrong.status, wrong.stderr],
    [2, 'reeve: no command "aply", did you mean apply? reeve --help lists them\n'],
  );
});

test('its flags are not taken by the Node inside', () => {
  writeFileSync(join(home, 'variables'), 'IMAGE=x\n');
  const config = ['-f', '-', '--env-file', join(home, 'variables'), 'config', '--images'];
  const given = run(tmpdir(), config, 'name: x\nservices:\n  web: {image: "${IMAGE}"}\n');
  assert.deepEqual([given.status, given.stdout, given.stderr], [0, 'x\n', '']);
  const missing = run(tmpdir(), ['-f', '-', '--env-file', 'nowhere', 'config'], 'services: {}');
  assert.match(missing.stderr, /couldn't find env file/);
});
