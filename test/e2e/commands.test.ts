/** CONTRACT §3: what each command takes, says and exits with. */
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { test } from 'node:test';
import { container, containers, exec, outside } from '../support/engine.ts';
import { script, stage, writes } from '../support/stage.ts';

const healthy = { healthcheck: { test: ['CMD', 'true'], interval: '200ms', start_period: '5s' } };
const never = { healthcheck: { test: ['CMD', 'false'], interval: '200ms', retries: 2 } };

test('global flags may stand before or after the command', async (t) => {
  const s = stage(t);
  s.compose({ web: {} });
  rmSync(s.path('other.yaml'), { force: true });
  s.write('other.yaml', JSON.stringify({ services: { only: { image: 'reeve-test/busybox:1', command: 'sleep 60' } } }));
  const before = await s.ok(['-f', 'other.yaml', '-p', s.name, 'plan']);
  const after = await s.ok(['plan', '--file=other.yaml', `-p${s.name}`]);
  assert.equal(before.stdout, after.stdout);
  assert.match(before.stdout, /only\/1/);
});

test('a Compose file is read from standard input', async (t) => {
  const s = stage(t);
  const file = JSON.stringify({ services: { piped: { image: 'reeve-test/busybox:1', command: 'sleep 60' } } });
  const planned = await s.ok(['-f', '-', 'plan'], { input: file });
  assert.match(planned.stdout, /piped\/1/);
});

test('wrong usage is exit code 2, one line, and what was probably meant', async (t) => {
  const s = stage(t);
  s.compose({ web: {} });
  const cases: readonly (readonly [readonly string[], RegExp])[] = [
    [['aply'], /no command "aply", did you mean apply\?/],
    [['apply', '--wiat'], /no flag --wiat, did you mean --wait\?/],
    [['apply', 'wbe'], /no service wbe; did you mean web\?/],
    [['apply', '--timeout', 'soon'], /"soon" is no duration/],
    [['apply', '--scale', 'web'], /write SERVICE=NUMBER/],
    [['hooks', 'logs'], /^reeve: hooks logs needs SERVICE; reeve hooks logs --help has examples$/m],
    [['hooks', 'logs', 'wbe'], /no service wbe; did you mean web\?/],
    [['hooks', 'wbe'], /no service wbe; did you mean web\?/],
    [['ps', 'wbe'], /no service wbe; did you mean web\?/],
    [['apply', '--pull', 'maybe'], /always, missing, never/],
    [['apply', './nowhere'], /no directory \.\/nowhere/],
    [['apply', '--prune'], /--prune is about a directory/],
  ];
  for (const [args, said] of cases) {
    const ended = await s.run(args);
    assert.equal(ended.exitCode, 2, `reeve ${args.join(' ')}\n${ended.stderr}`);
    assert.match(ended.stderr, said);
    assert.equal(ended.stderr.trimEnd().split('\n').length, 1, ended.stderr);
    assert.equal(ended.stdout, '');
  }
});

test('an invalid file is exit code 3 with every error, and nothing is touched', async (t) => {
  const s = stage(t);
  s.write('compose.yaml', 'services:\n  web:\n    imagee: x\n  db:\n    image: 3.5\n    ports: no\n');
  const ended = await s.run(['apply']);
  assert.equal(ended.exitCode, 3, ended.stderr);
  assert.match(ended.stderr, /compose\.yaml:3:5: error: .*imagee/);
  assert.match(ended.stderr, /compose\.yaml:6:\d+: error: .*ports/);
  assert.deepEqual(await containers(s.name), []);
});

test('plan --exit-code tells by 2 that there is something to do, and by 0 that there is not', async (t) => {
  const s = stage(t);
  s.compose({ web: {} });
  assert.equal((await s.run(['plan', '--exit-code'])).exitCode, 2);
  await s.ok(['apply']);
  const planned = await s.ok(['plan', '--exit-code']);
  assert.match(planned.stdout, /nothing to do/);
});

test('plan and --dry-run exit 1 where apply would fail for what they list, --exit-code or not', async (t) => {
  const s = stage(t);
  s.compose(
    { web: { networks: ['front'] }, free: { networks: ['back'] } },
    {
      networks: { front: { external: true, name: `${s.name}-nobody-made-it` }, back: {} },
    },
  );
  for (const words of [['plan'], ['plan', '--exit-code'], ['apply', '--dry-run']]) {
    const ended = await s.run(words);
    assert.equal(ended.exitCode, 1, ended.stderr);
    assert.match(ended.stdout, /^! web: network .*-nobody-made-it is declared external and does not exist/m);
    assert.match(ended.stderr, /one thing would fail/);
  }
  assert.equal((await s.run(['apply'])).exitCode, 1);
});

test('plan and --dry-run change nothing and say the same', async (t) => {
  const s = stage(t);
  s.compose({ web: { post_start: [writes('up')] } });
  const planned = await s.ok(['plan']);
  const dry = await s.ok(['apply', '--dry-run']);
  assert.equal(planned.stdout, dry.stdout);
  assert.match(planned.stdout, /run post_start\[0\]/);
  assert.deepEqual(await containers(s.name), []);
});

test('plan says that apply would start what was stopped by hand, and that it leaves alone what is suspended', async (t) => {
  const s = stage(t);
  s.compose({ web: {}, db: {} });
  await s.ok(['apply']);
  await s.ok(['suspend', 'db']);
  await s.ok(['stop']);
  const planned = await s.ok(['plan']);
  assert.match(planned.stdout, /web\/1\n.*start container/);
  assert.doesNotMatch(planned.stdout, /db\/1/);
  assert.match(planned.stdout, /db is suspended and left alone/);
  await s.ok(['apply']);
  assert.equal((await container(s.name, 'web')).State.Running, true);
  assert.equal((await container(s.name, 'db')).State.Running, false);
  await s.ok(['resume']);
  await s.ok(['apply']);
  assert.equal((await container(s.name, 'db')).State.Running, true);
});

test('apply --wait ends when everything is healthy and its hooks are done', async (t) => {
  const s = stage(t);
  s.compose({ web: { ...healthy, post_start: [writes('hook')] } });
  await s.ok(['apply', '--wait', '--wait-timeout', '30s']);
  assert.equal((await container(s.name, 'web')).State.Health?.Status, 'healthy');
  assert.deepEqual(s.log(), ['hook']);
});

test('apply --wait fails as soon as a replica cannot become ready, and names it', async (t) => {
  const s = stage(t);
  s.compose({ web: never, db: {} });
  const ended = await s.run(['apply', '--wait', '--wait-timeout', '50s']);
  assert.equal(ended.exitCode, 1);
  assert.match(ended.stderr, /web\/1: unhealthy/);
  assert.doesNotMatch(ended.stderr, /--wait-timeout/);
});

test('apply --wait-timeout bounds hooks too, and says what was not ready', async (t) => {
  const s = stage(t);
  s.compose({ web: { post_start: [script('sleep 100')] } });
  const ended = await s.run(['apply', '--wait-timeout', '8s']);
  assert.equal(ended.exitCode, 1);
  assert.match(ended.stderr, /not ready within 8\.0 s/);
  assert.match(ended.stderr, /web\/1: 1 post_start hook owed/);
});

test('apply --wait of a project of which a part is suspended does not wait for that part', async (t) => {
  const s = stage(t);
  s.compose({ web: {}, db: {} });
  await s.ok(['suspend', 'db']);
  const ended = await s.ok(['apply', '--wait', '--wait-timeout', '20s']);
  assert.match(ended.stderr, /db is suspended/);
});

test('apply fails where a container does not stay up', async (t) => {
  const s = stage(t);
  s.compose({ web: { command: ['false'] } });
  await s.run(['apply']);
  const ended = await s.run(['apply', '--wait']);
  assert.equal(ended.exitCode, 1);
  assert.match(ended.stderr, /web\/1/);
});

test('--scale asks for another number of containers than the file', async (t) => {
  const s = stage(t);
  s.compose({ web: {} });
  await s.ok(['apply', '--scale', 'web=3']);
  assert.equal((await containers(s.name, 'web')).length, 3);
  await s.ok(['apply', '--scale=web=1']);
  assert.equal((await containers(s.name, 'web')).length, 1);
});

test('down goes by labels where the file does not load, and says so', async (t) => {
  const s = stage(t);
  s.compose({ web: { pre_stop: [writes('bye')] } });
  await s.ok(['apply']);
  s.write('compose.yaml', 'services: [');
  const ended = await s.ok(['down']);
  assert.match(ended.stderr, /do not load .*going by the labels/);
  assert.deepEqual(s.log(), ['bye']);
  assert.deepEqual(await containers(s.name), []);
});

test('ps shows desired beside observed: absent, drifted, orphaned, stopped by hand', async (t) => {
  const s = stage(t);
  s.compose({ web: { post_start: [writes('up')] }, old: {}, db: {} });
  await s.ok(['apply']);
  await s.ok(['stop', 'db']);
  await outside.remove((await container(s.name, 'web')).Id);
  s.compose({ web: { post_start: [writes('up')] }, db: {}, fresh: {} });
  const shown = (await s.ok(['ps'])).stdout;
  assert.match(shown, /^web\/1 +- +absent/m);
  assert.match(shown, /^fresh\/1 +- +absent/m);
  assert.match(shown, /^old\/1 .*orphan/m);
  assert.match(shown, /^db\/1 .*exited \(0\).*stopped by hand/m);
});

test('every line of --json is one object', async (t) => {
  const s = stage(t);
  s.compose({ web: { post_start: [script('echo "{not json"')], environment: { TOKEN: 'not-for-logs' } } });
  const outputs = [
    await s.ok(['plan', '--json']),
    await s.ok(['--json', 'apply']),
    await s.ok(['ps', '--json']),
    await s.ok(['hooks', '--json']),
    await s.ok(['hooks', 'logs', 'web', '--json']),
    await s.ok(['history', '--json']),
    await s.ok(['doctor', '--json']),
    await s.ok(['down', '--json']),
  ];
  for (const { stdout } of outputs) {
    assert.notEqual(stdout, '');
    for (const line of stdout.trimEnd().split('\n')) assert.equal(typeof JSON.parse(line), 'object');
    assert.doesNotMatch(stdout, /not-for-logs/);
  }
});

test('a secret that the environment brought into a hook is shown by no command', async (t) => {
  const s = stage(t);
  s.write('key', 'hunter2hunter2-in-a-file\n');
  const tells = {
    command: ['sh', '-c', 'test ${TOKEN} = hunter2hunter2 && env && cat /run/secrets/key && test -e /tmp/well'],
    environment: { MINE: '${TOKEN}' },
  };
  s.compose({ web: { post_start: [tells], secrets: ['key'] } }, { secrets: { key: { file: './key' } } });
  const env = { TOKEN: 'hunter2hunter2' };
  const debug = ['--log-level', 'debug'];
  const seen = async (args: string[], exitCode: number): Promise<void> => {
    const ended = await s.run(args, { env });
    assert.equal(ended.exitCode, exitCode, `reeve ${args.join(' ')}: ${ended.stderr}`);
    assert.doesNotMatch(ended.stdout + ended.stderr, /hunter2/, `reeve ${args.join(' ')}`);
  };
  await seen(['plan', ...debug], 0);
  await seen(['apply', ...debug], 1);
  await seen(['apply', '--json'], 1);
  await exec((await container(s.name, 'web')).Id, ['touch', '/tmp/well']);
  for (const args of [['hooks', 'retry'], ['hooks'], ['hooks', '--json'], ['hooks', 'logs', 'web', '--all']])
    await seen(args, 0);
  for (const args of [['hooks', 'logs', 'web', '--json'], ['history'], ['history', '--json'], ['ps']])
    await seen(args, 0);
  assert.match((await s.ok(['hooks', 'logs', 'web'])).stdout, /^web-1 post_start\[0\] \| MINE=\*\*\*$/m);
  assert.match((await s.ok(['down'], { env })).stdout, /down/);
});

test('doctor names engine, API and state directory; an engine that does not answer is exit code 4', async (t) => {
  const s = stage(t);
  const well = await s.ok(['doctor']);
  assert.match(well.stdout, /ok +engine .*API 1\.\d+/);
  assert.match(well.stdout, /state .*0600, directory 0700/);
  const away = await s.run(['-H', 'unix:///nowhere/docker.sock', 'doctor']);
  assert.equal(away.exitCode, 4);
  assert.match(away.stdout, /bad +engine .*nothing answers there/);
});

test('nothing is run twice when two applies meet', async (t) => {
  const s = stage(t);
  s.compose({ web: { post_start: [script('sleep 1; echo once >> /out/log')] } });
  const [one, two] = await Promise.all([s.run(['apply']), s.run(['apply'])]);
  assert.deepEqual([one.exitCode, two.exitCode], [0, 0], one.stderr + two.stderr);
  assert.deepEqual(s.log(), ['once']);
  assert.match(one.stderr + two.stderr, /waiting for reeve apply \(process \d+\)/);
});

test('restart and ps by name alone go by the files of the last apply, wherever they are called', async (t) => {
  const s = stage(t);
  s.compose({ web: { post_start: [writes('up')] }, db: {} });
  await s.ok(['apply']);
  await s.ok(['restart', '-p', s.name, 'web'], { cwd: '/' });
  assert.deepEqual(s.log(), ['up', 'up']);
  await outside.remove((await container(s.name, 'db')).Id);
  assert.match((await s.ok(['ps', '-p', s.name], { cwd: '/' })).stdout, /^db\/1 +- +absent/m);
});

test('COMPOSE_PARALLEL_LIMIT is the default of --parallel; what is no number is wrong usage', async (t) => {
  const s = stage(t);
  s.compose({ web: {} });
  const ended = await s.run(['apply'], { env: { COMPOSE_PARALLEL_LIMIT: 'many' } });
  assert.equal(ended.exitCode, 2);
  assert.match(ended.stderr, /COMPOSE_PARALLEL_LIMIT=many is no number/);
  await s.ok(['apply'], { env: { COMPOSE_PARALLEL_LIMIT: '1' } });
  await s.ok(['down'], { env: { COMPOSE_PARALLEL_LIMIT: '-1' } });
});
