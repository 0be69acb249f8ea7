/** The examples, as a person runs them: copied to a folder of their own, applied, changed, and taken down again. */
import assert from 'node:assert/strict';
import { cpSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { callText } from '../support/engine-client.ts';
import { container, containers, exec, inspect, networks, outside, volumes } from '../support/engine.ts';
import { eventually } from '../support/eventually.ts';
import { testImage, testProject, type TestProject } from '../support/project.ts';
import { reeve, startReeve, type ReeveOptions } from '../support/reeve.ts';

const examples = join(import.meta.dirname, '../../examples');

test('examples/hooks: web is registered while it runs, and the database is backed up before it stops', async (t) => {
  const project = example(t, 'hooks');
  await ok(project, ['apply', '--wait']);
  const before = await idsOf(project.name, 'web');
  assert.deepEqual(await registered(project.name), before);

  edit(project.path('compose.yaml'), 'Good morning', 'Good evening');
  await ok(project, ['apply', '--wait']);
  const after = await idsOf(project.name, 'web');
  assert.equal(
    after.some((id) => before.includes(id)),
    false,
  );
  assert.deepEqual(await registered(project.name), after);
  const page = await get((await containers(project.name, 'web'))[0]?.Id ?? '', '/cgi-bin/hello');
  assert.match(page, /^Good evening, visitor \d+\./);

  await ok(project, ['down']);
  assert.deepEqual(await containers(project.name), []);
  const reader = await outside.run(`${project.name}-reader`, {
    Image: testImage,
    Cmd: ['sleep', '600'],
    HostConfig: { Binds: [`${project.name}_backup:/backup`, `${project.name}_services:/services`] },
  });
  assert.equal((await exec(reader, ['ls', '/services'])).output, '', 'a web is still registered');
  const visits = await exec(reader, ['sh', '-c', 'tar -xzOf /backup/*.tar.gz ./visits | wc -l']);
  assert.ok(Number(visits.output) > 0, visits.output);
  await outside.remove(reader);

  await ok(project, ['down', '--volumes']);
  assert.deepEqual(await volumes(project.name), []);
});

test('examples/hooks: a restart from outside is registered too, while watch runs', async (t) => {
  const project = example(t, 'hooks');
  const watch = startReeve(project, ['watch']);
  const web = await eventually(async () => {
    const [first, second, ...more] = await idsOf(project.name, 'web');
    assert.ok(first !== undefined && second !== undefined && more.length === 0);
    assert.deepEqual(await registered(project.name), [first, second]);
    return first;
  });
  await exec((await container(project.name, 'registry')).Id, ['rm', `/services/${web}`]);
  await outside.restart(web);
  await eventually(async () => assert.ok((await registered(project.name)).includes(web)));
  watch.kill();
  await watch.ended;
});

test('examples/hooks: a database that cannot be backed up is not stopped, unless it is forced', async (t) => {
  const project = example(t, 'hooks');
  await ok(project, ['apply']);
  const database = await container(project.name, 'database');
  await exec(database.Id, ['rm', '/backup.sh']);
  const refused = await reeve(project, ['down']);
  assert.equal(refused.exitCode, 1, refused.stderr);
  const left = await containers(project.name);
  assert.deepEqual(
    left.map(({ Id, State }) => [Id, State.StartedAt]),
    [[database.Id, database.State.StartedAt]],
  );
  await ok(project, ['down', '--force', '--volumes']);
  assert.deepEqual(await containers(project.name), []);
});

test('examples/dev: the containers follow compose.yaml, the env file and the file behind a config', async (t) => {
  const project = example(t, 'dev');
  const watch = startReeve(project, ['watch'], { env: { PORT: await freePort() } });
  const says = (text: string): Promise<void> =>
    eventually(async () => {
      const site = await container(project.name, 'site');
      assert.equal(await get(site.Id, '/cgi-bin/page'), text);
    });
  await says('Hello from site.env\n');

  writeFileSync(project.path('site.env'), 'MESSAGE=Hello again\n');
  await says('Hello again\n');

  edit(project.path('compose.yaml'), '- site\n', '- site\n    scale: 3\n');
  await eventually(async () => assert.equal((await containers(project.name, 'visitor')).length, 3));

  const { Id: site } = await container(project.name, 'site');
  const visitors = await idsOf(project.name, 'visitor');
  const page = readFileSync(project.path('page.cgi'), 'utf8');
  writeFileSync(project.path('page.cgi'), 'exit 1\n');
  await eventually(async () => {
    const { Id, State } = await container(project.name, 'site');
    assert.ok(Id !== site && State.Running);
  });
  await watch.line(/post_start.*exited 1/);
  writeFileSync(project.path('page.cgi'), page.replace('%s', 'Mended: %s'));
  await says('Mended: Hello again\n');
  assert.deepEqual(await idsOf(project.name, 'visitor'), visitors, 'what was not changed was touched');

  watch.kill();
  await watch.ended;
  await ok(project, ['down'], { env: { PORT: '0' } });
  assert.deepEqual([await containers(project.name), await networks(project.name)], [[], []]);
});

test('examples/gitops: a directory of projects converges, shares a network and follows its folders', async (t) => {
  const project = await gitops(t);
  const [front, shop, journal] = [`${project.name}-front`, `${project.name}-shop`, `${project.name}-journal`];
  const early = await reeve(project, ['apply', project.folder]);
  assert.equal(early.exitCode, 1, 'the shared network is not there yet');
  assert.equal((await container(journal, 'journal')).State.Running, true);
  assert.deepEqual([await containers(front), await containers(shop)], [[], []]);

  await callText('/networks/create', { method: 'POST', body: { Name: `${project.name}-edge` } });
  await ok(project, ['apply', project.folder]);
  const door = await container(front, 'front');
  await eventually(async () => assert.equal(await get(door.Id, '/'), 'The market: Fresh figs\n'));
  assert.equal((await containers(shop)).length, 2);

  edit(project.path(`${shop}/.env`), 'Fresh figs', 'Ripe plums');
  edit(project.path(`${shop}/.env`), 'REPLICAS=2', 'REPLICAS=1');
  rmSync(project.path(journal), { recursive: true });
  await ok(project, ['apply', project.folder, '--prune']);
  await eventually(async () => assert.equal(await get(door.Id, '/'), 'The market: Ripe plums\n'));
  assert.equal((await containers(shop)).length, 1);
  assert.equal((await inspect(door.Id)).State.StartedAt, door.State.StartedAt, 'front was not changed');
  assert.deepEqual(await containers(journal), []);
  assert.equal((await volumes(journal)).length, 1, 'data went away with its folder');
});

/** A copy of an example, as a test project. */
function example(t: TestContext, name: string): TestProject {
  const project = testProject(t);
  cpSync(join(examples, name), project.folder, { recursive: true });
  return project;
}

/** The directory of projects; folders, and with them projects, named for this test alone. */
async function gitops(t: TestContext): Promise<TestProject> {
  const project = testProject(t);
  const { name, folder } = project;
  for (const one of ['front', 'shop', 'journal']) {
    cpSync(join(examples, 'gitops', one), project.path(`${name}-${one}`), { recursive: true });
  }
  for (const one of ['front', 'shop']) edit(join(folder, `${name}-${one}/.env`), '=edge', `=${name}-edge`);
  edit(project.path(`${name}-front/.env`), '8088', await freePort());
  return project;
}

/** Replaces a text in a file in the way of editors: another file takes its place. */
function edit(path: string, from: string, to: string): void {
  const before = readFileSync(path, 'utf8');
  assert.ok(before.includes(from), `${path} does not have ${from}`);
  writeFileSync(`${path}.new`, before.replace(from, to));
  renameSync(`${path}.new`, path);
}

async function ok(project: TestProject, args: readonly string[], options?: ReeveOptions): Promise<void> {
  const { exitCode, stdout, stderr } = await reeve(project, args, options);
  assert.equal(exitCode, 0, `reeve ${args.join(' ')}\n${stdout}\n${stderr}`);
}

/** The short ids of a service's containers, as the containers know themselves. */
async function idsOf(project: string, service: string): Promise<string[]> {
  const found = await containers(project, service);
  return found.map(({ Id }) => Id.slice(0, 12)).toSorted();
}

async function registered(project: string): Promise<string[]> {
  const { Id } = await container(project, 'registry');
  return (await get(Id, '/cgi-bin/services')).split('\n').filter(Boolean).toSorted();
}

/** What a container answers to itself. */
async function get(id: string, path: string): Promise<string> {
  return (await exec(id, ['wget', '-q', '-O', '-', `http://127.0.0.1${path}`])).output;
}

async function freePort(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
  if (address === null || typeof address === 'string') throw new Error('no port was given');
  return String(address.port);
}
