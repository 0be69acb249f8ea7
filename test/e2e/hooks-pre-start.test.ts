/** CONTRACT §1, the pre_start row and rules 4 to 7 and 10: hooks in containers of their own, before a first start. */
import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { composeOk, noCompose } from '../support/compose.ts';
import { container, containers, logs, volumes, type Container } from '../support/engine.ts';
import { callText } from '../support/engine-client.ts';
import { eventually } from '../support/eventually.ts';
import { testImage } from '../support/project.ts';
import { script, stage, writes, type Sketch, type Stage } from '../support/stage.ts';

/** Writes who started when: the service's own main process. */
const started = ['sh', '-c', 'echo started >> /out/log; trap "exit 0" TERM; while :; do sleep 60 & wait $$!; done'];
const quickExit = { timeout: '500ms' };

function isHook({ Config }: Container): boolean {
  return Config.Labels['io.reeve.hook'] !== undefined;
}

async function hookContainers(s: Stage): Promise<readonly Container[]> {
  return (await containers(s.name)).filter(isHook);
}

async function replicas(s: Stage, service = 'web'): Promise<readonly Container[]> {
  return (await containers(s.name, service)).filter((one) => !isHook(one));
}

function web(s: Stage, sketch: Sketch, top: Sketch = {}): void {
  s.compose({ web: { command: started, ...sketch } }, top);
}

async function assertSettled(s: Stage): Promise<void> {
  assert.deepEqual(await hookContainers(s), []);
  assert.equal((await s.run(['plan', '--exit-code'])).exitCode, 0);
}

test('pre_start hooks run in order before the first start, each in a container that is gone afterwards', async (t) => {
  const s = stage(t);
  web(s, { pre_start: [script('echo first >> /out/log; hostname >> /out/host'), writes('second')] });
  const planned = await s.ok(['plan']);
  assert.match(planned.stdout, /create container[^]*pre_start\[0\][^]*pre_start\[1\][^]*start container/);
  await s.ok(['apply', '--wait']);
  await eventually(() => assert.deepEqual(s.log(), ['first', 'second', 'started']));
  await assertSettled(s);
});

test('a step that succeeded is not run again by the next apply, a restart, or the restart policy', async (t) => {
  const s = stage(t);
  web(s, { pre_start: [writes('prepared')], restart: 'always' });
  await s.ok(['apply']);
  await s.ok(['apply']);
  await s.ok(['restart']);
  const { Id } = await container(s.name, 'web');
  await callText(`/containers/${Id}/restart`, { method: 'POST', query: { t: '0' } });
  await s.ok(['stop']);
  await s.ok(['apply']);
  await eventually(() => assert.equal(s.log().filter((line) => line === 'started').length, 4));
  assert.deepEqual(
    s.log().filter((line) => line === 'prepared'),
    ['prepared'],
  );
  await assertSettled(s);
});

test('a failed step leaves the service created and its dependents too, and says all; its container is kept and named', async (t) => {
  const s = stage(t);
  s.compose({
    web: {
      command: started,
      pre_start: [
        writes('first'),
        script(
          'i=0; while [ $i -lt 20 ]; do i=$((i+1)); echo line $i; done; echo at last >&2; echo tried >> /out/log; [ -e /out/go ]',
        ),
        writes('third'),
      ],
    },
    proxy: { depends_on: ['web'] },
    other: {},
  });
  const ended = await s.run(['apply']);
  assert.equal(ended.exitCode, 1);
  const name = `${s.name}-web-1-pre_start-1`;
  assert.match(
    ended.stderr,
    new RegExp(`web/1: pre_start hook 1 exited 1 \\(container ${name} is kept for inspection\\)`),
  );
  assert.match(ended.stderr, /at last\n(line 1[2-9]\n|line 20\n| )*/);
  assert.match(ended.stderr, /web-1 pre_start\[1\] \| line 20/);
  assert.equal((await replicas(s))[0]?.State.Status, 'created');
  assert.equal((await container(s.name, 'proxy')).State.Status, 'created');
  assert.equal((await container(s.name, 'other')).State.Running, true);
  const [kept, ...more] = await hookContainers(s);
  assert.equal(kept?.Name, `/${name}`);
  assert.deepEqual([kept.State.Status, kept.State.ExitCode, more.length], ['exited', 1, 0]);
  assert.match(await logs(kept.Id), /line 20/);
  assert.match((await s.ok(['ps'])).stdout, /pre_start/);

  writeFileSync(s.out('go'), '');
  await s.ok(['apply']);
  await eventually(() => assert.deepEqual(s.log(), ['first', 'tried', 'tried', 'third', 'started']));
  assert.equal((await container(s.name, 'proxy')).State.Running, true);
  await assertSettled(s);
});

for (const [how, args] of [
  ['down', ['down']],
  ['down by project name alone', ['down', '-p']],
] as const) {
  test(`${how} removes what a failed step left`, async (t) => {
    const s = stage(t);
    web(s, { pre_start: [script('exit 1')], volumes: ['./out:/out', 'data:/data'] }, { volumes: { data: {} } });
    assert.equal((await s.run(['apply'])).exitCode, 1);
    assert.equal((await hookContainers(s)).length, 1);
    if (args.length === 1) await s.ok(['down', '--volumes']);
    else {
      rmSync(s.path('compose.yaml'));
      await s.ok(['down', '-p', s.name, '--volumes']);
    }
    assert.deepEqual(await containers(s.name), []);
    assert.deepEqual(await volumes(s.name), []);
  });
}

test('a service that is taken out of the file leaves no hook container behind', async (t) => {
  const s = stage(t);
  s.compose({ web: { pre_start: [script('exit 1')] }, other: {} });
  assert.equal((await s.run(['apply'])).exitCode, 1);
  s.compose({ other: {} });
  await s.ok(['apply', '--remove-orphans']);
  assert.deepEqual(
    (await containers(s.name)).map(({ Name }) => Name),
    [`/${s.name}-other-1`],
  );
});

test('a volume that a step prepared is what the service sees, for a user of its own', async (t) => {
  const s = stage(t);
  web(
    s,
    {
      user: '1234:1234',
      command: ['sh', '-c', 'echo mine > /data/mine && stat -c %u /data/mine >&2; exec sleep 600'],
      pre_start: [{ command: 'chown -R 1234:1234 /data', user: 'root' }],
      volumes: ['data:/data'],
    },
    { volumes: { data: {} } },
  );
  await s.ok(['apply', '--wait']);
  const { Id } = await container(s.name, 'web');
  await eventually(async () => assert.match(await logs(Id), /1234/));
});

test('configs and secrets are there, from files, content and environment, though the service is read_only or not', async (t) => {
  const s = stage(t);
  s.write('token', 'from a file');
  web(
    s,
    {
      pre_start: [script('cat /run/secrets/token /motd /run/secrets/word >> /out/log; ls -ln /motd >> /out/log')],
      secrets: ['token', 'word'],
      configs: [{ source: 'motd', mode: 0o440, uid: '12', gid: '34' }],
    },
    {
      secrets: { token: { file: './token' }, word: { environment: 'WORD' } },
      configs: { motd: { content: '\nfrom content\n' } },
    },
  );
  await s.ok(['apply'], { env: { WORD: 'from the environment\n' } });
  const [file, content, environment, mode] = s.log();
  assert.deepEqual([file, content, environment], ['from a file', 'from content', 'from the environment']);
  assert.match(mode ?? '', /^-r--r----- +1 12 +34/);
});

test('a step reaches what the service depends on, once that is ready, and does not answer to the service’s name', async (t) => {
  const s = stage(t);
  s.compose({
    db: {
      command: ['sh', '-c', 'mkdir /www; echo hello > /www/index.html; sleep 0.5; exec httpd -f -h /www'],
      healthcheck: { test: 'wget -q -O - localhost', interval: '100ms', retries: 50 },
    },
    web: {
      command: started,
      depends_on: { db: { condition: 'service_healthy' } },
      extra_hosts: ['elsewhere:10.1.2.3'],
      pre_start: [
        script(
          'wget -q -O - http://db >> /out/log; grep elsewhere /etc/hosts >> /out/log; nslookup web && echo web >> /out/log; true',
        ),
      ],
    },
  });
  await s.ok(['apply']);
  const [hello, hosts, ...rest] = s.log();
  assert.equal(hello, 'hello');
  assert.match(hosts ?? '', /^10\.1\.2\.3\s+elsewhere/);
  assert.ok(!rest.includes('web'));
});

test('a step has the environment of the service with its own over it, and its user and folder', async (t) => {
  const s = stage(t);
  web(s, {
    environment: { A: 'service', B: 'service' },
    working_dir: '/usr',
    user: '88',
    pre_start: [
      script('echo $A $B $C; id -u; pwd', { environment: ['B=hook', 'C=hook'], user: '77' }),
      script('id -u; pwd', { working_dir: '/home' }),
    ],
  });
  const { stderr } = await s.ok(['apply']);
  assert.match(stderr, /pre_start\[0\] \| service hook hook\n.*\| 77\n.*\| \/usr\n/);
  assert.match(stderr, /pre_start\[1\] \| 88\n.*\| \/home\n/);
});

test('a privileged step is one, or is refused with the words of an engine that denies it', async (t) => {
  const s = stage(t);
  web(s, { pre_start: [script('mount -t tmpfs none /mnt && echo mounted', { privileged: true })] });
  const { stderr, exitCode } = await s.run(['apply']);
  if (exitCode === 0) assert.match(stderr, /pre_start\[0\] \| mounted/);
  else assert.match(stderr, /pre_start hook 0 was refused by the engine: .*not permitted/);
});

test('without a command the image runs its own, and without an image the service’s, built ones included', async (t) => {
  const s = stage(t);
  t.after(async () => {
    for (const ref of [`${s.name}-web`, `${s.name}-step`])
      await callText(`/images/${ref}`, { method: 'DELETE', query: { force: 'true' } }).catch(() => {});
  });
  s.write('web/Dockerfile', `FROM ${testImage}\nCOPY built /built\n`);
  s.write('web/built', 'built\n');
  s.write('step/Dockerfile', `FROM ${testImage}\nCMD ["sh", "-c", "echo own command >> /out/log"]\n`);
  s.compose({
    web: {
      image: undefined,
      build: './web',
      command: started,
      pre_start: [{ image: `${s.name}-step` }, script('cat /built >> /out/log')],
    },
    step: { image: `${s.name}-step`, build: './step', scale: 0 },
  });
  await s.ok(['apply']);
  await eventually(() => assert.deepEqual(s.log(), ['own command', 'built', 'started']));
});

test('an image of a step that cannot be had is said before anything is made', async (t) => {
  const s = stage(t);
  web(s, { pull_policy: 'never', pre_start: [{ image: 'reeve-test/none:0', command: 'true' }] });
  const ended = await s.run(['apply']);
  assert.equal(ended.exitCode, 1);
  assert.match(ended.stderr, /web: image reeve-test\/none:0 is not on the engine/);
  assert.deepEqual(await containers(s.name), []);
});

test('of several replicas one runs a step for all, before any starts; per_replica each runs its own', async (t) => {
  const s = stage(t);
  web(s, { scale: 3, pre_start: [writes('once'), writes('each', { per_replica: true })] });
  await s.ok(['apply']);
  await eventually(() => assert.equal(s.log().length, 7));
  assert.deepEqual(s.log().slice(0, 2), ['once', 'each']);
  assert.equal(s.log().filter((line) => line === 'once').length, 1);
  assert.equal(s.log().filter((line) => line === 'each').length, 3);
  await assertSettled(s);
});

test('scale-up beside a running replica runs no step for the service again, and those of the new replica', async (t) => {
  const s = stage(t);
  web(s, { pre_start: [writes('once'), writes('each', { per_replica: true })] });
  await s.ok(['apply']);
  await s.ok(['apply', '--scale', 'web=3']);
  await eventually(() => assert.equal(s.log().filter((line) => line === 'started').length, 3));
  assert.equal(s.log().filter((line) => line === 'once').length, 1);
  assert.equal(s.log().filter((line) => line === 'each').length, 3);
});

test('a step runs again when the service is recreated, and when its own definition changes', async (t) => {
  const s = stage(t);
  web(s, { pre_start: [writes('one')] });
  await s.ok(['apply']);
  await s.ok(['apply', '--force-recreate']);
  web(s, { pre_start: [writes('one')], environment: { A: '1' } });
  await s.ok(['apply']);
  web(s, { pre_start: [writes('two')], environment: { A: '1' } });
  await s.ok(['apply']);
  assert.deepEqual(
    s.log().filter((line) => line !== 'started'),
    ['one', 'one', 'one', 'two'],
  );
  await assertSettled(s);
});

test('once-per-definition: a recreated service does not run the step again, a changed step is run', async (t) => {
  const s = stage(t);
  const once = { 'x-reeve': { run: 'once-per-definition' } };
  web(s, { pre_start: [writes('one', once)] });
  await s.ok(['apply']);
  await s.ok(['apply', '--force-recreate']);
  web(s, { pre_start: [writes('two', once)] });
  await s.ok(['apply']);
  assert.deepEqual(
    s.log().filter((line) => line !== 'started'),
    ['one', 'two'],
  );
});

test('a step that still runs after a crash of reeve is awaited, its output is whole, and it is not run twice', async (t) => {
  const s = stage(t);
  web(s, {
    pre_start: [
      script(
        'echo begun; echo begun >> /out/log; while ! [ -e /out/go ]; do sleep 0.1; done; echo ended; echo ended >> /out/log',
      ),
    ],
  });
  const killed = s.start(['apply']);
  await killed.line(/pre_start\[0\] \| begun/);
  killed.kill('SIGKILL');
  await killed.ended;
  const next = s.start(['apply']);
  await next.line(/pre_start\[0\] \| begun/);
  assert.equal((await hookContainers(s)).length, 1);
  writeFileSync(s.out('go'), '');
  assert.equal((await next.ended).exitCode, 0);
  await eventually(() => assert.deepEqual(s.log(), ['begun', 'ended', 'started']));
  assert.match((await s.ok(['hooks', 'logs', 'web'])).stdout, /begun\n.*ended\n/);
  assert.doesNotMatch((await s.ok(['hooks', 'logs', 'web'])).stdout, /begun[^]*begun/);
  await assertSettled(s);
});

for (const [how, loses, code, runs] of [
  ['a step that ended with 0 after a crash is not run again', false, 0, 1],
  ['a step that ended with 0 after a crash that lost the ledger is not run again', true, 0, 1],
  ['a step that failed after a crash is run again', false, 1, 2],
] as const) {
  test(how, async (t) => {
    const s = stage(t);
    web(s, {
      pre_start: [
        script(
          `echo ran >> /out/log; [ -e /out/again ] || { while ! [ -e /out/go ]; do sleep 0.1; done; exit ${code}; }`,
        ),
      ],
    });
    const killed = s.start(['apply']);
    await eventually(() => assert.deepEqual(s.log(), ['ran']));
    killed.kill('SIGKILL');
    await killed.ended;
    writeFileSync(s.out('go'), '');
    await eventually(async () => assert.equal((await hookContainers(s))[0]?.State.Status, 'exited'));
    writeFileSync(s.out('again'), '');
    if (loses) rmSync(s.stateHome, { recursive: true });
    await s.ok(['apply']);
    await eventually(() => assert.deepEqual(s.log(), [...Array<string>(runs).fill('ran'), 'started']));
    await assertSettled(s);
  });
}

test('a step that runs for a definition that is gone is ended before the new one runs', async (t) => {
  const s = stage(t);
  web(s, { pre_start: [script('echo old >> /out/log; sleep 600; echo late >> /out/log')], stop_grace_period: '1s' });
  const killed = s.start(['apply']);
  await eventually(() => assert.deepEqual(s.log(), ['old']));
  killed.kill('SIGKILL');
  await killed.ended;
  web(s, { pre_start: [writes('new')] });
  await s.ok(['apply', '--timeout', '0']);
  await eventually(() => assert.deepEqual(s.log(), ['old', 'new', 'started']));
  await assertSettled(s);
});

test('a started container owes none, whoever knows of it: not after the ledger was lost', async (t) => {
  const s = stage(t);
  web(s, { pre_start: [writes('prepared')] });
  await s.ok(['apply']);
  rmSync(s.stateHome, { recursive: true });
  await s.ok(['apply', '--scale', 'web=2']);
  assert.equal(s.log().filter((line) => line === 'prepared').length, 1);
});

test('a step that hangs is really killed at its deadline, recorded as timed out, kept and named', async (t) => {
  const s = stage(t);
  web(s, {
    pre_start: [script('trap "" TERM; echo hanging; sleep 4242 & wait; sleep 4242', { 'x-reeve': quickExit })],
  });
  const ended = await s.run(['apply']);
  assert.equal(ended.exitCode, 1);
  assert.match(
    ended.stderr,
    /web\/1: pre_start hook 0 did not end within 0\.5 s \(killed\) \(container .* is kept for inspection\)/,
  );
  const [kept] = await hookContainers(s);
  assert.equal(kept?.State.Running, false);
  assert.equal((await replicas(s))[0]?.State.Status, 'created');
  assert.match((await s.ok(['hooks', '--json'])).stdout, /timed-out/);
  const retried = await s.ok(['hooks', 'retry']);
  assert.match(retried.stderr, /web\/1: pre_start\[0\] failed, and is run again by reeve apply/);
});

test('retries run a step again in one run, one at a time, and leave one container at most', async (t) => {
  const s = stage(t);
  const retry = { 'x-reeve': { retries: 2, backoff: '10ms' } };
  web(s, { pre_start: [script('echo tried >> /out/log; [ $(grep -c tried /out/log) -ge 3 ]', retry)] });
  await s.ok(['apply']);
  await eventually(() => assert.deepEqual(s.log(), ['tried', 'tried', 'tried', 'started']));
  await assertSettled(s);
});

test('on_failure: continue starts the service all the same, and leaves no container', async (t) => {
  const s = stage(t);
  web(s, { pre_start: [script('echo lost; exit 3', { 'x-reeve': { on_failure: 'continue' } })] });
  const { stderr } = await s.ok(['apply']);
  assert.match(stderr, /pre_start hook 0 exited 3|exited 3/);
  await eventually(() => assert.deepEqual(s.log(), ['started']));
  await assertSettled(s);
});

test('a command that does not exist is a refusal with the engine’s words, and leaves no container', async (t) => {
  const s = stage(t);
  web(s, { pre_start: [{ command: ['/no/such/command'] }] });
  const ended = await s.run(['apply']);
  assert.equal(ended.exitCode, 1);
  assert.match(ended.stderr, /web\/1: pre_start hook 0 was refused by the engine: .*no such file/i);
  assert.deepEqual(await hookContainers(s), []);
});

test('a step that is cut off by two Ctrl-C is ended and removed, and runs at the next apply', async (t) => {
  const s = stage(t);
  web(s, { pre_start: [script('echo tried >> /out/log; [ -e /out/go ] || sleep 600')] });
  const cut = s.start(['apply']);
  await eventually(() => assert.deepEqual(s.log(), ['tried']));
  cut.kill('SIGINT');
  await cut.line(/again: leave at once/);
  cut.kill('SIGINT');
  assert.equal((await cut.ended).exitCode, 130);
  assert.deepEqual(await hookContainers(s), []);
  writeFileSync(s.out('go'), '');
  await s.ok(['apply']);
  await eventually(() => assert.deepEqual(s.log(), ['tried', 'tried', 'started']));
});

test('watch retries a failed step until it succeeds, then starts the service', async (t) => {
  const s = stage(t);
  web(s, { pre_start: [script('echo tried >> /out/log; [ -e /out/go ]')] });
  s.start(['watch']);
  await eventually(() => assert.ok(s.log().filter((line) => line === 'tried').length >= 2));
  writeFileSync(s.out('go'), '');
  await eventually(() => assert.ok(s.log().includes('started')));
  await eventually(async () => assert.deepEqual(await hookContainers(s), []));
});

test('each run is recorded with its output: hooks lists it, hooks logs shows it', async (t) => {
  const s = stage(t);
  web(s, { pre_start: [script('echo to stdout; echo to stderr >&2')] });
  await s.ok(['apply']);
  assert.match((await s.ok(['hooks'])).stdout, /web.*pre_start\[0\].*succeeded/);
  assert.match((await s.ok(['hooks', 'logs', 'web'])).stdout, /to stdout[^]*to stderr|to stderr[^]*to stdout/);
});

test('Docker Compose does not see the container of a step among those of the service', async (t) => {
  const why = noCompose();
  if (why !== undefined) return t.skip(why);
  const s = stage(t);
  web(s, { pre_start: [script('exit 1')] });
  assert.equal((await s.run(['apply'])).exitCode, 1);
  assert.equal((await hookContainers(s)).length, 1);
  s.write('plain.yaml', JSON.stringify({ services: { web: { image: testImage } } }));
  const { stdout } = await composeOk(s, ['-p', s.name, '-f', 'plain.yaml', 'ps', '--all']);
  assert.match(stdout, /web-1/);
  assert.doesNotMatch(stdout, /pre_start/);
});
