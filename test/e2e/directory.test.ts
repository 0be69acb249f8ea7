/** A directory of projects: each converges by itself, a broken one holds back no other, a folder that goes can be pruned. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { renameSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { test } from 'node:test';
import { containers, outside } from '../support/engine.ts';
import { eventually } from '../support/eventually.ts';
import { testImage, testProject, type TestProject } from '../support/project.ts';
import { reeve, startReeve } from '../support/reeve.ts';

interface PlanLine {
  readonly project: string;
  readonly actions: readonly { readonly action: string }[];
}

/** Projects p1, p2 … in one directory; their names begin with the test project's, so that they are cleaned up with it. */
function fleet(project: TestProject, count: number): string[] {
  const names = Array.from({ length: count }, (_, index) => `${project.name}-p${index + 1}`);
  for (const name of names) project.write(`${name}/compose.yaml`, compose({}));
  return names;
}

function compose(service: Record<string, unknown>): string {
  const web = {
    image: testImage,
    command: ['sleep', '1000'],
    stop_signal: 'SIGKILL',
    network_mode: 'none',
    ...service,
  };
  return JSON.stringify({ services: { web } });
}

async function running(name: string): Promise<number> {
  return (await containers(name)).filter(({ State }) => State.Running).length;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

test('in JSON the place of an error is with the project whose file has it', async (t) => {
  const project = testProject(t);
  const [name = ''] = fleet(project, 1);
  project.write(`${name}/compose.yaml`, 'services:\n  web: {imag: app}\n');
  const { stdout } = await reeve(project, ['apply', '.', '--json']);
  const [result = '{}'] = stdout.split('\n').filter((one) => one.includes('"result"'));
  const { diagnostics } = JSON.parse(result) as { readonly diagnostics?: readonly Record<string, unknown>[] };
  const { file, line, column, suggestion } = diagnostics?.[0] ?? {};
  assert.deepEqual([file, line, column, suggestion], [project.path(`${name}/compose.yaml`), 2, 9, 'image']);
});

test('of 30 projects one is invalid: 29 converge, and the exit code and the summary name the one', async (t) => {
  const project = testProject(t);
  const names = fleet(project, 30);
  const broken = names[12] ?? '';
  project.write(`${broken}/compose.yaml`, 'services:\n  web:\n    image: [not, a, string]\n');
  const ended = await reeve(project, ['apply', '.'], { deadlineMs: 120_000 });
  assert.notEqual(ended.exitCode, 0);
  assert.match(ended.stderr, new RegExp(broken));
  const counts = await Promise.all(names.map((name) => running(name)));
  assert.deepEqual(
    names.filter((_, index) => counts[index] !== 1),
    [broken],
  );
});

test('.env beside each file belongs to that project alone', async (t) => {
  const project = testProject(t);
  const [one = '', two = ''] = fleet(project, 2);
  for (const name of [one, two]) {
    project.write(`${name}/compose.yaml`, compose({ environment: { WHO: '${WHO}' } }));
    project.write(`${name}/.env`, `WHO=${name}\n`);
  }
  assert.equal((await reeve(project, ['apply', '.'])).exitCode, 0);
  for (const name of [one, two]) {
    const [web] = await containers(name);
    assert.ok(web?.Config.Env.includes(`WHO=${name}`));
  }
});

test('a project whose folder went away is taken down with --prune only, and only when it came from that directory', async (t) => {
  const project = testProject(t);
  const [one = '', two = ''] = fleet(project, 2);
  const elsewhere = `${project.name}-elsewhere`;
  project.write(`other/${elsewhere}/compose.yaml`, compose({}));
  assert.equal((await reeve(project, ['apply', '.'])).exitCode, 0);
  assert.equal((await reeve(project, ['apply', 'other'])).exitCode, 0);
  rmSync(project.path(two), { recursive: true });
  rmSync(project.path(`other/${elsewhere}`), { recursive: true });
  assert.equal((await reeve(project, ['apply', '.'])).exitCode, 0);
  assert.equal(await running(two), 1);
  assert.equal((await reeve(project, ['apply', '.', '--prune'])).exitCode, 0);
  assert.deepEqual([await running(one), (await containers(two)).length, await running(elsewhere)], [1, 0, 1]);
});

test('--prune leaves alone what is suspended, and takes it down once it is resumed', async (t) => {
  const project = testProject(t);
  const [one = '', two = ''] = fleet(project, 2);
  const { services } = JSON.parse(compose({})) as { services: Record<string, unknown> };
  project.write(`${two}/compose.yaml`, JSON.stringify({ services: { ...services, db: services['web'] } }));
  assert.equal((await reeve(project, ['apply', '.'])).exitCode, 0);
  assert.equal((await reeve(project, ['suspend', '-p', one])).exitCode, 0);
  assert.equal((await reeve(project, ['suspend', '-p', two, 'db'])).exitCode, 0);
  for (const name of [one, two]) rmSync(project.path(name), { recursive: true });
  const pruned = await reeve(project, ['apply', '.', '--prune']);
  assert.equal(pruned.exitCode, 0);
  assert.match(pruned.stderr, new RegExp(`${one}: the project is suspended and left alone`));
  assert.match(pruned.stderr, new RegExp(`${two}: db is suspended and left alone`));
  assert.equal(await running(one), 1);
  assert.deepEqual(
    (await containers(two)).map(({ Name }) => Name),
    [`/${two}-db-1`],
  );
  for (const name of [one, two]) assert.equal((await reeve(project, ['resume', '-p', name])).exitCode, 0);
  assert.equal((await reeve(project, ['apply', '.', '--prune'])).exitCode, 0);
  assert.deepEqual([await containers(one), await containers(two)], [[], []]);
});

test('what a folder made under another name is left alone and said, and taken down first with --prune', async (t) => {
  const project = testProject(t);
  const [x = '', y = '', z = ''] = ['x', 'y', 'z'].map((word) => `${project.name}-${word}`);
  const port = await freePort();
  const write = (name: string, service: Record<string, unknown>): string =>
    project.write('one/compose.yaml', JSON.stringify({ name, ...(JSON.parse(compose(service)) as object) }));
  const published = { network_mode: 'bridge', ports: [`127.0.0.1:${port}:80`] };
  write(x, published);
  assert.equal((await reeve(project, ['apply', '.'])).exitCode, 0);
  write(y, {});
  const applied = await reeve(project, ['apply', '.']);
  assert.match(applied.stderr, new RegExp(`${x}: its files make ${y} now, its containers are left alone`));
  assert.deepEqual([await running(x), await running(y)], [1, 1]);
  write(z, published);
  assert.equal((await reeve(project, ['apply', '.', '--prune'])).exitCode, 0);
  assert.deepEqual([await running(x), await running(y), await running(z)], [0, 0, 1]);
});

test('what --prune would take down is in the plan of it, and nothing happens', async (t) => {
  const project = testProject(t);
  const [one = '', two = ''] = fleet(project, 2);
  project.write(`${two}/compose.yaml`, compose({ pre_stop: [{ command: ['true'] }] }));
  assert.equal((await reeve(project, ['apply', '.'])).exitCode, 0);
  rmSync(project.path(two), { recursive: true });
  const dry = await reeve(project, ['apply', '.', '--prune', '--dry-run', '--json']);
  assert.equal(dry.exitCode, 0, dry.stderr);
  const plans = dry.stdout.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as PlanLine]));
  assert.deepEqual(
    plans.map((plan) => [plan.project, plan.actions.map(({ action }) => action.replace(/@\w+/, ''))]),
    [
      [one, []],
      [two, ['web/1:pre_stop[0]', 'web/1:stop', 'web/1:remove']],
    ],
  );
  assert.equal((await reeve(project, ['plan', '.', '--prune', '--exit-code'])).exitCode, 2);
  const kept = await reeve(project, ['plan', '.', '--exit-code']);
  assert.equal(kept.exitCode, 0);
  assert.match(kept.stderr, new RegExp(`${two}: its folder is gone`));
  assert.equal(await running(two), 1);
});

test('--prune is for a directory: refused without one, though nothing would be done', async (t) => {
  const project = testProject(t);
  project.write('compose.yaml', compose({}));
  for (const words of [
    ['apply', '--prune', '--dry-run'],
    ['apply', '--prune'],
    ['plan', '--prune'],
  ]) {
    const { exitCode, stderr } = await reeve(project, words);
    assert.equal(exitCode, 2, words.join(' '));
    assert.match(stderr, /--prune is about a directory of projects/);
  }
});

test('--scale is about one project: refused for a directory, and nothing is touched', async (t) => {
  const project = testProject(t);
  const [one = ''] = fleet(project, 1);
  for (const command of ['apply', 'plan']) {
    const { exitCode, stderr } = await reeve(project, [command, '.', '--scale', 'web=2']);
    assert.equal(exitCode, 2);
    assert.match(stderr, /--scale is about one project/);
  }
  assert.equal(await running(one), 0);
});

test('a directory without any project is refused, by plan as by apply', async (t) => {
  const project = testProject(t);
  project.write('empty/README', '');
  for (const words of [
    ['apply', './empty'],
    ['plan', './empty'],
    ['apply', './empty', '--dry-run'],
  ]) {
    const { exitCode, stderr } = await reeve(project, words);
    assert.equal(exitCode, 2, words.join(' '));
    assert.match(stderr, /no sub-folder of .*empty has a Compose file/);
  }
  for (const words of [
    ['apply', './empty', '--prune'],
    ['plan', './empty', '--prune'],
  ])
    assert.equal((await reeve(project, words)).exitCode, 0, words.join(' '));
});

test('a project whose folder went away keeps what its pre_stop refuses to leave, until --prune --force', async (t) => {
  const project = testProject(t);
  const [one = '', two = ''] = fleet(project, 2);
  project.write(`${two}/compose.yaml`, compose({ pre_stop: [{ command: ['false'] }] }));
  assert.equal((await reeve(project, ['apply', '.'])).exitCode, 0);
  rmSync(project.path(two), { recursive: true });
  assert.equal((await reeve(project, ['apply', '.', '--prune'])).exitCode, 1);
  assert.equal(await running(two), 1);
  assert.equal((await reeve(project, ['apply', '.', '--prune', '--force'])).exitCode, 0);
  assert.deepEqual([await running(one), (await containers(two)).length], [1, 0]);
});

test('watch of a directory follows projects that come, change and go', async (t) => {
  const project = testProject(t);
  const [one = ''] = fleet(project, 1);
  startReeve(project, ['watch', '.', '--prune']);
  await eventually(async () => assert.equal(await running(one), 1));
  const late = `${project.name}-late`;
  project.write(`${late}/compose.yaml`, compose({}));
  await eventually(async () => assert.equal(await running(late), 1));
  project.write(`${late}/compose.yaml`, compose({ environment: { A: '1' } }));
  await eventually(async () => {
    const [web] = await containers(late);
    assert.ok(web?.Config.Env.includes('A=1') && web.State.Running);
  });
  rmSync(project.path(late), { recursive: true });
  await eventually(async () => assert.equal((await containers(late)).length, 0));
  assert.equal(await running(one), 1);
});

test('watch of a directory goes on with a folder that was renamed, and --prune takes nothing down for it', async (t) => {
  const project = testProject(t);
  const name = `${project.name}-kept`;
  const { services } = JSON.parse(compose({})) as { services: object };
  project.write('one/compose.yaml', JSON.stringify({ name, services }));
  const watch = startReeve(project, ['watch', '.', '--prune', '--json']);
  const [made] = await eventually(async () => {
    assert.equal(await running(name), 1);
    return containers(name);
  });
  renameSync(project.path('one'), project.path('uno'));
  await watch.line(/"key":"[^"]*uno".*"reason":"Converged"/);
  const [kept] = await containers(name);
  assert.deepEqual([kept?.Id, kept?.State.Running], [made?.Id, true]);
  await outside.remove(kept?.Id ?? '');
  await eventually(async () => assert.equal(await running(name), 1));
});

test('watch --prune concludes nothing from a directory that is not there, and goes on when it is back', async (t) => {
  const project = testProject(t);
  const name = `${project.name}-one`;
  project.write(`all/${name}/compose.yaml`, compose({}));
  const watch = startReeve(project, ['watch', 'all', '--prune', '--json']);
  await eventually(async () => assert.equal(await running(name), 1));
  renameSync(project.path('all'), project.path('away'));
  await watch.line(/"reason":"InvalidFile"/);
  renameSync(project.path('away'), project.path('all'));
  project.write(`all/${name}/compose.yaml`, compose({ environment: { A: '1' } }));
  await eventually(async () => {
    const [web] = await containers(name);
    assert.ok(web?.Config.Env.includes('A=1') && web.State.Running);
  });
  assert.doesNotMatch(watch.stdout, /"reason":"Gone"/);
});
