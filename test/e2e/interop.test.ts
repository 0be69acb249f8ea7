/**
 * A project goes from Docker Compose to reeve and back without a container being touched, and what a killed Compose left
 * half done is repaired. With the real Compose.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compose, composeOk, noCompose } from '../support/compose.ts';
import {
  container,
  containers,
  networks,
  outside,
  recordEvents,
  volumes,
  type Container,
  type EngineEvent,
} from '../support/engine.ts';
import { stage, writes, type Stage } from '../support/stage.ts';

const skip = noCompose() ?? false;

/** A bit of everything that is compared when containers are looked at. */
function shop(s: Stage, web: Readonly<Record<string, unknown>> = {}): void {
  s.write('motd', 'hello\n');
  s.compose(
    {
      db: {
        volumes: ['data:/data', './out:/out', '/scratch'],
        networks: { back: { aliases: ['store'] } },
        restart: 'unless-stopped',
        healthcheck: { test: ['CMD', 'true'], interval: '1s' },
        mem_limit: '64m',
      },
      web: {
        depends_on: { db: { condition: 'service_healthy', restart: true } },
        deploy: { replicas: 2 },
        networks: ['default', 'back'],
        configs: ['motd'],
        environment: { GREETING: 'hello', COUNT: 3 },
        ports: ['80'],
        labels: { tier: 'front' },
        post_start: [writes('up')],
        ...web,
      },
      side: { network_mode: 'service:db', command: ['sleep', '1000'], stop_grace_period: '1s', depends_on: ['db'] },
    },
    {
      volumes: { data: {} },
      networks: { back: { labels: { area: 'inside' } } },
      configs: { motd: { file: './motd' } },
    },
  );
}

/** What a touched container would differ in. */
async function fingerprint(name: string): Promise<object> {
  const of = ({ Id, Name, State: { Status, StartedAt } }: Container): object => ({ Id, Name, Status, StartedAt });
  return {
    containers: (await containers(name)).map(of),
    networks: (await networks(name)).map(({ Id }) => Id).toSorted(),
    volumes: (await volumes(name)).map(({ Name }) => Name).toSorted(),
  };
}

test('what Compose made, reeve leaves as it is: the plan is empty', { skip }, async (t) => {
  const s = stage(t);
  shop(s);
  await composeOk(s, ['up', '-d']);
  const before = await fingerprint(s.name);
  const { stdout } = await s.ok(['plan', '--exit-code']);
  assert.doesNotMatch(stdout, /create|stop|connect|update|rename|hook/);
  await s.ok(['apply']);
  assert.deepEqual(await fingerprint(s.name), before);
  // Compose ran them itself; they are not run again.
  assert.deepEqual(s.log(), ['up', 'up']);
});

test('what reeve made, Compose leaves as it is, and its commands work on it', { skip }, async (t) => {
  const s = stage(t);
  shop(s);
  await s.ok(['apply']);
  const before = await fingerprint(s.name);
  await composeOk(s, ['up', '-d']);
  assert.deepEqual(await fingerprint(s.name), before);
  await composeOk(s, ['up', '-d', '--remove-orphans']);
  assert.deepEqual(await fingerprint(s.name), before);

  const listed = await composeOk(s, ['ps', '--format', '{{.Service}} {{.State}}']);
  assert.deepEqual(listed.stdout.trim().split('\n').toSorted(), [
    'db running',
    'side running',
    'web running',
    'web running',
  ]);
  assert.equal((await composeOk(s, ['exec', '-T', 'web', 'cat', '/motd'])).stdout, 'hello\n');
  await composeOk(s, ['logs', 'web']);
  await composeOk(s, ['stop']);
  assert.ok((await containers(s.name)).every(({ State }) => !State.Running));
  await composeOk(s, ['start']);
  assert.ok((await containers(s.name)).every(({ State }) => State.Running));
  await composeOk(s, ['down', '--volumes']);
  assert.deepEqual(await fingerprint(s.name), { containers: [], networks: [], volumes: [] });
});

test('a change of one service replaces its containers only, whoever made them', { skip }, async (t) => {
  const s = stage(t);
  shop(s);
  await composeOk(s, ['up', '-d']);
  const [db] = await containers(s.name, 'db');
  shop(s, { environment: { GREETING: 'good evening' } });
  await s.ok(['apply']);
  const made = await containers(s.name, 'web');
  assert.deepEqual(
    made.map(({ Name }) => Name),
    [`/${s.name}-web-1`, `/${s.name}-web-2`],
  );
  assert.ok(made.every(({ Config }) => Config.Env.includes('GREETING=good evening')));
  assert.equal((await container(s.name, 'db')).Id, db?.Id);
  const before = await fingerprint(s.name);
  await composeOk(s, ['up', '-d']);
  assert.deepEqual(await fingerprint(s.name), before);
});

/** When Compose dies: once the new container is made, or while the old one is being stopped (of which Podman does not tell). */
const deaths = {
  'before it stopped the old container': ({ Action, Actor }: EngineEvent, old: Container) =>
    Action === 'create' && (Actor.Attributes['name'] ?? '').endsWith(`_${old.Name.slice(1)}`),
  'while it stopped the old container': ({ Action, Actor }: EngineEvent, old: Container) =>
    Action === 'kill' && Actor.ID === old.Id,
};

for (const [moment, isNow] of Object.entries(deaths)) {
  test(`a replacement that Compose left half done, killed ${moment}, is finished`, { skip }, async (t) => {
    const s = stage(t);
    const slow = { command: ['sh', '-c', 'trap "" TERM; while :; do sleep 1; done'], stop_grace_period: '30s' };
    s.compose({ web: slow });
    await composeOk(s, ['up', '-d']);
    s.compose({ web: { ...slow, environment: { EDITION: '2' } } });
    const old = await container(s.name, 'web');
    const dying = new AbortController();
    await using recording = await recordEvents((event) => {
      if (event.Type === 'container' && isNow(event, old)) dying.abort();
    });
    await compose(s, ['up', '-d'], { signal: dying.signal });
    await recording.close();
    assert.equal((await containers(s.name, 'web')).length, 2);
    s.compose({ web: { ...slow, environment: { EDITION: '2' }, stop_grace_period: '1s' } });
    await s.ok(['apply', '--timeout', '1s']);
    const web = await container(s.name, 'web');
    assert.equal(web.Name, `/${s.name}-web-1`);
    assert.ok(web.Config.Env.includes('EDITION=2'));
    assert.equal(web.State.Running, true);
  });
}

test(
  'a new container under its temporary name, the old one gone, gets its name and is started',
  { skip },
  async (t) => {
    const s = stage(t);
    s.compose({ web: {} });
    await composeOk(s, ['create']);
    const { Id } = await container(s.name, 'web');
    await outside.rename(Id, `0123456789ab_${s.name}-web-1`);
    await s.ok(['apply']);
    const web = await container(s.name, 'web');
    assert.deepEqual([web.Id, web.Name, web.State.Running], [Id, `/${s.name}-web-1`, true]);
  },
);

test('COMPOSE_COMPATIBILITY names containers and images as Compose then does, both ways', { skip }, async (t) => {
  const s = stage(t);
  s.write('.env', 'COMPOSE_COMPATIBILITY=1\n');
  const web = { links: ['db'], deploy: { replicas: 2 } };
  s.compose({ db: {}, web });
  await composeOk(s, ['up', '-d']);
  const before = await fingerprint(s.name);
  assert.equal((await container(s.name, 'db')).Name, `/${s.name}_db_1`);
  await s.ok(['plan', '--exit-code']);
  await s.ok(['down']);
  await s.ok(['apply']);
  const names = (one: object): string => JSON.stringify(one).replaceAll(/"(Id|StartedAt)":"[^"]*"/g, '');
  const made = (await fingerprint(s.name)) as { containers: object };
  assert.equal(names(made.containers), names((before as { containers: object }).containers));
  await composeOk(s, ['up', '-d']);
  assert.deepEqual(await fingerprint(s.name), made);

  s.compose({ db: {}, web, job: { image: undefined, build: { dockerfile_inline: 'FROM scratch' }, profiles: ['x'] } });
  const images = ['--profile', 'x', 'config', '--images'];
  assert.deepEqual(
    (await s.ok(images)).stdout.trim().split('\n').toSorted(),
    (await composeOk(s, images)).stdout.trim().split('\n').toSorted(),
  );
});

test(
  'COMPOSE_REMOVE_ORPHANS and COMPOSE_IGNORE_ORPHANS say what becomes of orphans, in .env too',
  { skip },
  async (t) => {
    const s = stage(t);
    s.compose({ web: {}, old: {} });
    await composeOk(s, ['up', '-d']);
    s.compose({ web: {} });
    assert.match((await s.ok(['plan'])).stdout, /orphan containers are left alone/);
    s.write('.env', 'COMPOSE_IGNORE_ORPHANS=true\n');
    assert.doesNotMatch((await s.ok(['plan'])).stdout, /orphan/);
    s.write('.env', 'COMPOSE_REMOVE_ORPHANS=true\n');
    await s.ok(['apply']);
    assert.deepEqual(await containers(s.name, 'old'), []);
  },
);

test('down and stop leave services that no profile enables, as Compose does, and say so', { skip }, async (t) => {
  const s = stage(t);
  s.compose({ web: {}, debug: { profiles: ['debugging'] } });
  const running = async (): Promise<readonly string[]> =>
    (await containers(s.name)).filter(({ State }) => State.Running).map(({ Name }) => Name.slice(1));
  const left = [`${s.name}-debug-1`];
  for (const words of [['stop'], ['down', '--remove-orphans']]) {
    await s.ok(['--profile', 'debugging', 'apply']);
    await composeOk(s, words);
    assert.deepEqual(await running(), left);
    await s.ok(['--profile', 'debugging', 'apply']);
    const { stderr } = await s.ok(words);
    assert.deepEqual(await running(), left);
    if (words.length > 1) assert.match(stderr, /no profile enables .*--profile NAME/);
  }
  await s.ok(['--profile', '*', 'down']);
  assert.deepEqual(await containers(s.name), []);
});

test('a service that no profile enables is meant by its name, as by Compose', { skip }, async (t) => {
  const s = stage(t);
  s.compose({ web: {}, debug: { profiles: ['debugging'], pre_stop: [writes('bye')] } });
  for (const run of [composeOk, (at: Stage, args: string[]) => at.ok(args)]) {
    await s.ok(['--profile', 'debugging', 'apply']);
    await run(s, ['stop', 'debug']);
    assert.equal((await container(s.name, 'debug')).State.Running, false);
    await run(s, ['start', 'debug']);
    assert.equal((await container(s.name, 'debug')).State.Running, true);
    await run(s, ['restart', 'debug']);
    await run(s, ['down', 'debug']);
    assert.deepEqual(await containers(s.name, 'debug'), []);
    assert.equal((await container(s.name, 'web')).State.Running, true);
  }
  await s.ok(['suspend', 'debug']);
  await s.ok(['resume', 'debug']);
  assert.deepEqual(
    s.log(),
    Array.from({ length: 6 }, () => 'bye'),
  );
});
