/**
 * A changed volume is kept with its data until a person asks for another one; then its containers go first, with their
 * pre_stop, and nothing is touched while somebody else uses it.
 */
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { test } from 'node:test';
import { compose, composeOk, noCompose } from '../support/compose.ts';
import { container, containers, exec, outside, recordEvents, volumes } from '../support/engine.ts';
import { testImage } from '../support/project.ts';
import { recordingProxy } from '../support/recording-proxy.ts';
import { stage, writes, type Stage } from '../support/stage.ts';

/** Three services on one volume, one of which waits for the other; `device` is a folder of the project. */
function shop(s: Stage, device: string): void {
  mkdirSync(s.out(device), { recursive: true });
  const mounts = ['./out:/out', 'data:/data'];
  s.compose(
    {
      db: { volumes: mounts, pre_stop: [writes('db stops')] },
      web: {
        volumes: mounts,
        depends_on: { db: { condition: 'service_started', restart: true } },
        pre_stop: [writes('web stops')],
        post_start: [writes('web is up')],
      },
      other: {},
    },
    { volumes: { data: { driver_opts: { type: 'none', o: 'bind', device: s.out(device) } } } },
  );
}

async function put(s: Stage, text: string): Promise<void> {
  const { exitCode } = await exec((await container(s.name, 'web')).Id, ['sh', '-c', `echo ${text} > /data/file`]);
  assert.equal(exitCode, 0);
}

async function stored(s: Stage): Promise<string> {
  return (await exec((await container(s.name, 'web')).Id, ['sh', '-c', 'cat /data/file || true'])).output.trim();
}

test('a changed volume keeps its data until --recreate-volumes, which replaces it and its containers, hooks first', async (t) => {
  const s = stage(t);
  shop(s, 'one');
  await s.ok(['apply']);
  await put(s, 'precious');
  const before = await containers(s.name);
  shop(s, 'two');
  const plan = await s.ok(['plan']);
  assert.match(plan.stdout, /volume \S+_data changed \(driver option device changed\): it holds data and is kept/);
  await s.ok(['apply']);
  assert.deepEqual(
    (await containers(s.name)).map(({ Id }) => Id),
    before.map(({ Id }) => Id),
  );
  assert.equal(await stored(s), 'precious');

  const asked = await s.run(['plan', '--recreate-volumes', '--exit-code']);
  assert.equal(asked.exitCode, 2);
  assert.match(asked.stdout, /remove volume \S+_data +\(?driver option device changed/);
  const seen = s.log().length;
  await s.ok(['apply', '--recreate-volumes']);
  assert.deepEqual(s.log().slice(seen), ['web stops', 'db stops', 'web is up']);
  assert.match(await stored(s), /No such file|^$/);
  const after = await containers(s.name);
  const unchanged = after.filter(({ Id }) => before.some((one) => one.Id === Id)).map(({ Name }) => Name);
  assert.deepEqual(unchanged, [`/${s.name}-other-1`]);
  assert.deepEqual(
    after.map(({ Name, State }) => [Name, State.Status]),
    before.map(({ Name }) => [Name, 'running']),
  );
  await s.ok(['plan', '--recreate-volumes', '--exit-code']);
});

test('Docker Compose finds the volume that was replaced to be its own', { skip: noCompose() ?? false }, async (t) => {
  const s = stage(t);
  shop(s, 'one');
  await composeOk(s, ['up', '-d']);
  shop(s, 'two');
  await s.ok(['apply', '--recreate-volumes']);
  const ids = (await containers(s.name)).map(({ Id }) => Id);
  const up = await compose(s, ['up', '-d']);
  assert.equal(up.exitCode, 0, up.stderr);
  assert.doesNotMatch(up.stderr, /doesn't match|Recreate/);
  assert.deepEqual(
    (await containers(s.name)).map(({ Id }) => Id),
    ids,
  );
});

test('a volume that a container of somebody else uses is not replaced, and nothing is touched', async (t) => {
  const s = stage(t);
  shop(s, 'one');
  await s.ok(['apply']);
  const name = `${s.name}-stranger`;
  await outside.run(name, {
    Image: testImage,
    Cmd: ['sleep', '600'],
    HostConfig: { Binds: [`${s.name}_data:/data`] },
  });
  shop(s, 'two');
  await using events = await recordEvents();
  const refused = await s.run(['apply', '--recreate-volumes']);
  assert.equal(refused.exitCode, 1);
  assert.match(
    refused.stderr,
    new RegExp(`_data changed .* cannot be replaced: ${name}, which is not of this project`),
  );
  assert.deepEqual(events.of(s.name), []);
});

test('a crash between the containers and their new volume is settled by the next run', async (t) => {
  for (const call of [/^DELETE \/\S*\/volumes\//, /^POST \/\S*\/volumes\/create/]) {
    const s = stage(t);
    shop(s, 'one');
    await s.ok(['apply']);
    shop(s, 'two');
    await using proxy = await recordingProxy(s.out('engine.sock'));
    const killed = s.start(['apply', '--recreate-volumes'], { env: { DOCKER_HOST: proxy.host } });
    await proxy.next(call);
    killed.kill('SIGKILL');
    await killed.ended;
    await s.ok(['apply', '--recreate-volumes']);
    assert.deepEqual(
      (await containers(s.name)).map(({ Name, State }) => `${Name} ${State.Status}`),
      ['db', 'other', 'web'].map((service) => `/${s.name}-${service}-1 running`),
    );
    assert.equal((await volumes(s.name)).length, 1);
    await s.ok(['plan', '--recreate-volumes', '--exit-code']);
  }
});
