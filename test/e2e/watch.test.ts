/** `watch`: the containers follow the files and the engine, whatever an editor, git or a person does. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { suite, test } from 'node:test';
import { container, containers, outside, recordEvents } from '../support/engine.ts';
import { eventually } from '../support/eventually.ts';
import { script, stage, writes, type Sketch, type Stage } from '../support/stage.ts';

const version = (n: number): Record<string, Sketch> => ({ web: { environment: { VERSION: String(n) } } });

/** Waits until the one web container has this version and runs under its final name. */
function runs(s: Stage, n: number): Promise<string> {
  return eventually(async () => {
    const web = await container(s.name, 'web');
    assert.ok(web.Config.Env.includes(`VERSION=${n}`));
    assert.equal(web.State.Running, true);
    assert.equal(web.Name, `/${s.name}-web-1`);
    return web.Id;
  });
}

test('an edited file is followed', async (t) => {
  const s = stage(t);
  s.compose(version(1));
  s.start(['watch']);
  await runs(s, 1);
  s.compose(version(2));
  await runs(s, 2);
});

test('an atomic save of an editor (write beside, rename over) is followed', async (t) => {
  const s = stage(t);
  s.compose(version(1));
  s.start(['watch']);
  await runs(s, 1);
  for (const n of [2, 3]) {
    s.compose(version(n));
    renameSync(s.path('compose.yaml'), s.path('.compose.yaml.swp'));
    writeFileSync(s.path('.tmp'), readFileSync(s.path('.compose.yaml.swp')));
    renameSync(s.path('.tmp'), s.path('compose.yaml'));
    await runs(s, n);
  }
});

test('a git checkout that changes several files at once is followed', async (t) => {
  const s = stage(t);
  const git = (...args: string[]): void => {
    execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.org', ...args], {
      cwd: s.folder,
      stdio: 'ignore',
    });
  };
  const both = { web: { env_file: ['web.env'] } };
  s.compose(both);
  s.write('web.env', 'VERSION=1\n');
  s.write('.gitignore', 'out\n');
  git('init', '-b', 'one');
  git('add', '.');
  git('commit', '-m', 'one');
  git('checkout', '-b', 'two');
  s.compose({ ...both, db: {} });
  s.write('web.env', 'VERSION=2\n');
  git('commit', '-am', 'two');
  git('checkout', 'one');
  s.start(['watch', '--remove-orphans']);
  await runs(s, 1);
  git('checkout', 'two');
  await runs(s, 2);
  await eventually(() => container(s.name, 'db'));
  git('checkout', 'one');
  await runs(s, 1);
  await eventually(async () => assert.deepEqual(await containers(s.name, 'db'), []));
});

test('a file that does not load keeps the last good version, which is still kept so', async (t) => {
  const s = stage(t);
  s.compose(version(1));
  const watch = s.start(['watch']);
  const id = await runs(s, 1);
  s.write('compose.yaml', 'services:\n  web:\n    imag: typo\n');
  await watch.line(/imag/);
  await outside.remove(id);
  assert.notEqual(await runs(s, 1), id);
  s.compose(version(2));
  await runs(s, 2);
});

test('a folder that is deleted and made again is followed', async (t) => {
  const s = stage(t);
  s.compose(version(1));
  const watch = s.start(['watch', '--project-directory', s.folder, '-f', s.path('compose.yaml')], { cwd: '/' });
  const id = await runs(s, 1);
  rmSync(s.folder, { recursive: true });
  await watch.line(/compose\.yaml/);
  assert.equal((await container(s.name, 'web')).Id, id, 'nothing was taken down');
  mkdirSync(s.folder);
  s.compose(version(2));
  await runs(s, 2);
});

test('a change of an env file is followed, and nothing else is touched', async (t) => {
  const s = stage(t);
  s.compose({ web: { env_file: ['web.env'] }, db: {} });
  s.write('web.env', 'VERSION=1\n');
  s.start(['watch']);
  await runs(s, 1);
  const db = await eventually(() => container(s.name, 'db'));
  s.write('web.env', 'VERSION=2\n');
  await runs(s, 2);
  assert.equal((await container(s.name, 'db')).Id, db.Id);
});

test('what is at rest is left at rest: no call changes anything without a cause', async (t) => {
  const s = stage(t);
  s.compose({ web: { post_start: [writes('started')] } });
  await using recording = await recordEvents();
  s.start(['watch', '--resync', '1s']);
  await eventually(() => assert.ok(recording.of(s.name).some((line) => line.includes('exec_die'))));
  assert.deepEqual(s.log(), ['started']);
  const atRest = recording.events.length;
  s.write('unrelated.txt', 'hello');
  s.write('compose.yaml', readFileSync(s.path('compose.yaml'), 'utf8'));
  const marker = await outside.run(`${s.name}-marker`, {
    Image: 'reeve-test/busybox:1',
    Labels: { 'com.docker.compose.project': s.name, 'com.docker.compose.oneoff': 'True' },
  });
  await eventually(() => assert.ok(recording.of(s.name).some((line) => line.includes('die'))));
  await outside.remove(marker);
  await eventually(() => assert.ok(recording.of(s.name).some((line) => line.includes('destroy'))));
  const others = recording.events
    .slice(atRest)
    .filter(
      ({ Actor, Type }) =>
        Type === 'container' && Actor.Attributes['com.docker.compose.project'] === s.name && Actor.ID !== marker,
    );
  assert.deepEqual(
    others.map(({ Action }) => Action),
    [],
  );
});

test('a container that crashes right after each start is retried with growing delay and said so, not recreated', async (t) => {
  const s = stage(t);
  s.compose({ web: { command: ['sh', '-c', 'echo crashed >> /out/log; exit 1'] } });
  const watch = s.start(['watch']);
  await watch.line(/does not stay up/);
  const { Id } = await container(s.name, 'web');
  await eventually(() => assert.ok(s.log().length >= 3));
  assert.equal((await container(s.name, 'web')).Id, Id);
  assert.ok(s.log().length < 8, 'no hot loop');
});

test('a pre_start that fails is run again after growing delays, whatever events its containers make', async (t) => {
  const s = stage(t);
  s.compose({ web: { pre_start: [script('cat /proc/uptime >> /out/log; exit 1')] } });
  s.start(['watch']);
  await eventually(() => assert.ok(s.log().length >= 3));
  const [first = 0, second = 0, third = 0] = s.log().map((line) => Number.parseFloat(line));
  assert.ok(second - first >= 1 && third - second >= 2, s.log().join('\n'));
});

test('a start that the engine refuses is tried again after growing delays, and at once for a file that mends it', async (t) => {
  const s = stage(t);
  s.compose({ web: { command: ['/out/program'] } });
  const watch = s.start(['watch', '--json']);
  const refusals = (): string[] => watch.stdout.split('\n').filter((line) => line.includes('cannot start container'));
  const tries = (): number[] =>
    refusals().flatMap((line) => {
      const { type, at } = JSON.parse(line) as { type: string; at: string };
      return type === 'action-settled' ? [Date.parse(at)] : [];
    });
  await eventually(() => assert.ok(tries().length >= 3));
  const [first = 0, second = 0, third = 0] = tries();
  assert.ok(second - first >= 1000 && third - second >= 2000, refusals().join('\n'));
  s.compose({ web: {} });
  await eventually(async () => assert.equal((await container(s.name, 'web')).State.Running, true));
});

test('a run that waits for what never comes is given up for a file that mends it', async (t) => {
  const s = stage(t);
  const starting = { healthcheck: { test: ['CMD', 'false'], interval: '1s', retries: 1000, start_period: '1h' } };
  s.compose({
    db: starting,
    web: { depends_on: { db: { condition: 'service_healthy' } }, environment: { VERSION: '1' } },
  });
  s.start(['watch']);
  await eventually(async () => assert.equal((await container(s.name, 'db')).State.Running, true));
  s.compose({ db: {}, ...version(2) });
  await runs(s, 2);
});

suite('a run under watch that waits for a slow dependency', () => {
  const slow = {
    db: { healthcheck: { test: ['CMD', 'test', '-e', '/out/healthy'], interval: '200ms', start_period: '1h' } },
    web: { depends_on: { db: { condition: 'service_healthy' } }, post_start: [writes('web')] },
  };

  test('starts again what dies meanwhile, with its hooks', async (t) => {
    const s = stage(t);
    s.compose({ ...slow, other: { post_start: [writes('other')] } });
    s.start(['watch']);
    await eventually(() => assert.deepEqual(s.log(), ['other']));
    await outside.kill((await container(s.name, 'other')).Id);
    await eventually(() => assert.deepEqual(s.log(), ['other', 'other']));
    assert.equal((await container(s.name, 'web')).State.Status, 'created');
    writeFileSync(s.out('healthy'), '');
    await eventually(() => assert.deepEqual(s.log(), ['other', 'other', 'web']));
  });

  test('gives way to a command, and goes on after it', async (t) => {
    const s = stage(t);
    s.compose({ ...slow, other: { post_start: [writes('other')] } });
    const watch = s.start(['watch']);
    await eventually(() => assert.deepEqual(s.log(), ['other']));
    await s.ok(['restart', 'other']);
    assert.deepEqual(s.log(), ['other', 'other']);
    writeFileSync(s.out('healthy'), '');
    await watch.line(/converged/);
    assert.deepEqual(s.log(), ['other', 'other', 'web']);
  });

  test('does not wait for a hook that takes long, which is run once', async (t) => {
    const s = stage(t);
    const long = script('echo begun >> /out/log; while [ ! -e /out/go ]; do sleep 0.1; done; echo done >> /out/log');
    s.compose({ web: { post_start: [long] }, other: { post_start: [writes('other')] } });
    const watch = s.start(['watch']);
    await eventually(() => assert.deepEqual(s.log().toSorted(), ['begun', 'other']));
    await outside.kill((await container(s.name, 'other')).Id);
    await eventually(() => assert.equal(s.log().filter((line) => line === 'other').length, 2));
    s.compose({ web: { post_start: [long] }, other: { post_start: [writes('other')] }, more: {} });
    await eventually(async () => assert.equal((await container(s.name, 'more')).State.Running, true));
    writeFileSync(s.out('go'), '');
    await watch.line(/converged/);
    assert.deepEqual(s.log().toSorted(), ['begun', 'done', 'other', 'other']);
  });

  test('runs a failed hook again meanwhile', async (t) => {
    const s = stage(t);
    s.compose({ ...slow, other: { post_start: [script('[ -e /out/go ] && echo passed >> /out/log')] } });
    const watch = s.start(['watch']);
    await watch.line(/other\/1.*post_start hook 0 exited 1/);
    writeFileSync(s.out('go'), '');
    await eventually(() => assert.deepEqual(s.log(), ['passed']));
    assert.equal((await container(s.name, 'web')).State.Status, 'created');
  });

  test('starts nothing more once the project is suspended', async (t) => {
    const s = stage(t);
    s.compose(slow);
    s.start(['watch']);
    await eventually(async () => assert.equal((await container(s.name, 'db')).State.Running, true));
    await s.ok(['suspend']);
    writeFileSync(s.out('healthy'), '');
    await eventually(async () => assert.equal((await container(s.name, 'db')).State.Health?.Status, 'healthy'));
    assert.equal((await s.ok(['ps', '-q'])).exitCode, 0);
    assert.equal((await container(s.name, 'web')).State.Status, 'created');
    await s.ok(['resume']);
    await eventually(() => assert.deepEqual(s.log(), ['web']));
  });
});

test('--down-on-exit takes the project down, hooks and all', async (t) => {
  const s = stage(t);
  s.compose({ web: { post_start: [writes('started')], pre_stop: [writes('stopping')] } });
  const watch = s.start(['watch', '--down-on-exit']);
  await eventually(() => assert.deepEqual(s.log(), ['started']));
  watch.kill('SIGINT');
  await watch.ended;
  assert.deepEqual(s.log(), ['started', 'stopping']);
  assert.deepEqual(await containers(s.name), []);
});

test('an apply beside a watch waits for its turn, and both end well', async (t) => {
  const s = stage(t);
  s.compose({ web: { post_start: [writes('started')] } });
  s.start(['watch']);
  await s.ok(['apply']);
  assert.equal((await containers(s.name, 'web')).length, 1);
  assert.deepEqual(s.log(), ['started']);
});

test('what was suspended is left alone by watch, and taken up at once when it is resumed', async (t) => {
  const s = stage(t);
  s.compose({ web: { command: ['sleep', '1000'] } });
  s.start(['watch']);
  const { Id } = await eventually(() => container(s.name, 'web'));
  await s.ok(['suspend']);
  await outside.remove(Id);
  await s.ok(['resume']);
  await eventually(async () => assert.equal((await container(s.name, 'web')).State.Running, true), {
    deadlineMs: 5_000,
  });
});
