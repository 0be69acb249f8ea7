/** Lint of hooks: said by `config --lint` from the files alone, and by `plan` with what engine and ledger tell. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testProject } from '../support/project.ts';
import { recordingProxy } from '../support/recording-proxy.ts';
import { reeve } from '../support/reeve.ts';
import { script, stage } from '../support/stage.ts';

const MISUSED = `services:
  web:
    image: nginx
    post_start:
      - command: chown -R app /data && echo done
    pre_stop:
      - command: [echo, $$HOSTNAME]
        x-reeve: {allow: [shell-syntax-without-shell]}
`;
const NO_ENGINE = { DOCKER_HOST: 'unix:///nowhere.sock' };

test('config --lint prints each finding with its place and its code, and exits with 1', async (t) => {
  const project = testProject(t, { 'compose.yaml': MISUSED });
  const { exitCode, stdout } = await reeve(project, ['config', '--lint'], { env: NO_ENGINE });
  assert.equal(exitCode, 1);
  const lines = stdout.trimEnd().split('\n');
  assert.equal(lines.length, 2, stdout);
  assert.match(
    lines[0] ?? '',
    /^compose\.yaml:5:18: warning: web post_start\[0\]: chown .* \[permissions-in-post-start\]$/,
  );
  assert.match(lines[1] ?? '', /^compose\.yaml:5:18: warning: .*"&& echo done".* \[command-cut-short\]$/);
});

test('config --lint --json is one object a finding', async (t) => {
  const project = testProject(t, { 'compose.yaml': MISUSED });
  const { exitCode, stdout } = await reeve(project, ['config', '--lint', '--json'], { env: NO_ENGINE });
  assert.equal(exitCode, 1);
  const [first] = stdout.split('\n').map((line) => (line === '' ? {} : JSON.parse(line)) as Record<string, unknown>);
  assert.equal(first?.['type'], 'lint');
  assert.equal(first['code'], 'permissions-in-post-start');
  assert.deepEqual([first['line'], first['column']], [5, 18]);
});

test('config --lint is silent and exits with 0 where there is nothing, and with 3 where the file is invalid', async (t) => {
  const project = testProject(t, {
    'compose.yaml': 'services: {web: {image: i, post_start: [{command: [sh, -c, "a && b"]}]}}\n',
    'bad.yaml': 'services: {web: {image: i, post_start: [{command: a, x-reeve: {allow: [nonsense]}}]}}\n',
  });
  const { exitCode, stdout, stderr } = await reeve(project, ['config', '--lint'], { env: NO_ENGINE });
  assert.deepEqual([exitCode, stdout, stderr], [0, '', '']);
  assert.equal((await reeve(project, ['-f', 'bad.yaml', 'config', '--lint'], { env: NO_ENGINE })).exitCode, 3);
});

test('plan names a program that the image lacks, without running anything, and changes no exit code', async (t) => {
  const s = stage(t);
  await using proxy = await recordingProxy(s.out('engine.sock'));
  s.compose({ web: {} });
  await s.ok(['apply']);
  s.compose({
    web: {
      post_start: [{ command: ['curl', 'http://x'] }, { command: ['/bin/nothing'] }, { command: ['/bin/true'] }],
      pre_stop: [{ command: ['true'] }],
    },
  });
  const { stdout } = await s.ok(['plan', '--json'], { env: { DOCKER_HOST: proxy.host } });
  const { lints } = JSON.parse(stdout) as { lints: { code: string; phase: string; index: number }[] };
  assert.deepEqual(
    lints.map(({ code, phase, index }) => `${phase}[${index}] ${code}`),
    ['post_start[0] program-not-in-image', 'post_start[1] program-not-in-image'],
  );
  assert.deepEqual(
    proxy.requests.filter(({ line }) => !/^(?:GET|HEAD) /.test(line)),
    [],
  );
});

test('plan says what past runs tell: a command that was not found, a deadline that came near', async (t) => {
  const s = stage(t);
  s.compose({
    web: {
      post_start: [
        script('no-such-command', { 'x-reeve': { on_failure: 'continue' } }),
        script('sleep 30', { 'x-reeve': { timeout: '100ms', on_failure: 'continue' } }),
      ],
    },
  });
  await s.ok(['apply']);
  const { stdout } = await s.ok(['plan']);
  assert.match(stdout, /nothing to do/);
  assert.match(stdout, /web post_start\[0\]: exited 127 the last time.*\[could-not-run-before\]/);
  assert.match(
    stdout,
    /web post_start\[1\]: has taken .* it may take, and ran out of time in 1 of the last 1.*\[close-to-deadline\]/,
  );
});
