/** Images of services that say how to build them: built where they are missing, as Docker Compose tags and labels them. */
import assert from 'node:assert/strict';
import { symlinkSync } from 'node:fs';
import { test, type TestContext } from 'node:test';
import { isAtLeast } from '../../src/model/api-version.ts';
import { buildxConfig } from '../support/buildx.ts';
import { composeOk, noCompose } from '../support/compose.ts';
import { container, exec } from '../support/engine.ts';
import { callJson, callText } from '../support/engine-client.ts';
import { testImage } from '../support/project.ts';
import { stage, type Sketch, type Stage } from '../support/stage.ts';

interface Image {
  readonly Id: string;
  readonly RepoTags: readonly string[];
  readonly Config: { readonly Labels: Readonly<Record<string, string>> };
}

const image = (ref: string): Promise<Image> => callJson<Image>(`/images/${ref}/json`);

/** A stage whose images go with it. */
function builder(t: TestContext, ...tags: string[]): Stage {
  const s = stage(t);
  t.after(async () => {
    for (const ref of [`${s.name}-web`, `${s.name}-base`, ...tags.map((tag) => `${s.name}:${tag}`)]) {
      await callText(`/images/${ref}`, { method: 'DELETE', query: { force: 'true' } }).catch(() => {});
    }
    // Those whose names went to later ones.
    const filters = JSON.stringify({ label: [`com.docker.compose.project=${s.name}`], dangling: ['true'] });
    await callText('/images/prune', { method: 'POST', query: { filters } });
  });
  return s;
}

function building(s: Stage, build: Sketch, rest: Sketch = {}): void {
  s.compose({ web: { image: undefined, build, ...rest } });
}

async function said(s: Stage, path: string): Promise<string> {
  const { output, exitCode } = await exec((await container(s.name, 'web')).Id, ['cat', path]);
  return exitCode === 0 ? output : '';
}

test('a missing image is built from its context, less what .dockerignore names', async (t) => {
  const s = builder(t, 'extra');
  const long = `${'deep/'.repeat(30)}file`;
  s.write(
    'app/Dockerfile',
    `FROM ${testImage} AS first\nARG WHO\nCOPY . /app/\nRUN echo "$WHO" > /who\nFROM scratch\n`,
  );
  s.write('app/kept.txt', 'kept');
  s.write('app/left.log', 'left');
  s.write(`app/${long}`, 'deep');
  s.write('app/.dockerignore', '*.log\n');
  symlinkSync('kept.txt', s.path('app/link'));
  const tags = [`${s.name}:extra`];
  building(s, { context: './app', target: 'first', args: { WHO: 'reeve' }, labels: { area: 'shop' }, tags });
  assert.match((await s.ok(['plan'])).stdout, /build image/);
  await s.ok(['apply']);
  assert.equal(await said(s, '/app/link'), 'kept');
  assert.equal(await said(s, `/app/${long}`), 'deep');
  assert.equal(await said(s, '/app/left.log'), '');
  assert.equal(await said(s, '/who'), 'reeve\n');
  const { Id, Config, RepoTags } = await image(`${s.name}-web`);
  const named = RepoTags.map((tag) => tag.replace(/^docker\.io\/library\//, ''));
  assert.deepEqual(named.toSorted(), [`${s.name}-web:latest`, `${s.name}:extra`]);
  assert.equal(Config.Labels['area'], 'shop');
  assert.equal(Config.Labels['com.docker.compose.project'], s.name);
  assert.equal(Config.Labels['com.docker.compose.service'], 'web');
  assert.equal((await container(s.name, 'web')).Config.Labels['com.docker.compose.image'], Id);
  await s.ok(['plan', '--exit-code']);
});

test('--build builds again, and replaces the container only where another image came of it', async (t) => {
  const s = builder(t);
  s.write('Dockerfile', `FROM ${testImage}\nCOPY edition /edition\n`);
  s.write('edition', '1');
  building(s, { context: '.' });
  await s.ok(['apply']);
  const { Id } = await container(s.name, 'web');
  await s.ok(['apply', '--build']);
  assert.equal((await container(s.name, 'web')).Id, Id);
  s.write('edition', '2');
  await s.ok(['plan', '--exit-code']);
  await s.ok(['apply', '--build']);
  assert.equal(await said(s, '/edition'), '2');
  await s.ok(['plan', '--exit-code']);
});

test('a Dockerfile may be inline or outside of its context', async (t) => {
  const s = builder(t);
  s.write('app/edition', 'inline');
  building(s, { context: './app', dockerfile_inline: `FROM ${testImage}\nCOPY edition /edition\n` });
  await s.ok(['apply']);
  assert.equal(await said(s, '/edition'), 'inline');
  s.write('elsewhere/Other', `FROM ${testImage}\nRUN echo outside > /edition\n`);
  building(s, { context: './app', dockerfile: '../elsewhere/Other' });
  await s.ok(['apply', '--build']);
  assert.equal(await said(s, '/edition'), 'outside\n');
});

test('no image gets the Dockerfile that was not in its context, nor the list of what was left behind for it', async (t) => {
  const s = builder(t);
  s.write('app/kept', '');
  building(s, { context: './app', dockerfile_inline: `FROM ${testImage}\nCOPY . /app\nRUN ls -A /app > /list\n` });
  await s.ok(['apply']);
  assert.equal(await said(s, '/list'), 'kept\n');
});

test("a Dockerfile's own ignore file is heeded instead of that of the folder", async (t) => {
  const s = builder(t);
  for (const path of ['kept', 'left', 'other']) s.write(`app/${path}`, '');
  s.write('app/.dockerignore', 'kept\n');
  s.write('app/Web', `FROM ${testImage}\nCOPY . /app\nRUN ls /app > /list\n`);
  s.write('app/Web.dockerignore', 'left\nWeb*\n');
  building(s, { context: './app', dockerfile: 'Web' });
  await s.ok(['apply']);
  assert.equal(await said(s, '/list'), 'kept\nother\n');
});

test('a Dockerfile is told the platforms that it asks for', async (t) => {
  const s = builder(t);
  const asked = 'ARG TARGETPLATFORM BUILDARCH\nRUN echo "$$TARGETPLATFORM $$BUILDARCH" > /told';
  building(s, { context: '.', dockerfile_inline: `FROM --platform=$$BUILDPLATFORM ${testImage}\n${asked}\n` });
  await s.ok(['apply']);
  const { Os, Arch } = await callJson<{ Os: string; Arch: string }>('/version');
  assert.equal(await said(s, '/told'), `${Os}/${Arch} ${Arch}\n`);
});

test('an image that is made from that of a dependency is built after it', async (t) => {
  const s = builder(t);
  const base = {
    image: undefined,
    build: { context: '.', dockerfile_inline: `FROM ${testImage}\nRUN echo base > /base\n` },
  };
  const web = { context: '.', dockerfile_inline: `FROM ${s.name}-base\n` };
  s.compose({ web: { image: undefined, build: web, depends_on: ['base'] }, base });
  await s.ok(['apply']);
  assert.equal(await said(s, '/base'), 'base\n');
});

test('a build that fails is said with its last output, and what only BuildKit can do by its name', async (t) => {
  const s = builder(t);
  building(s, { context: '.', dockerfile_inline: `FROM ${testImage}\nRUN echo this is why; false\n` });
  const failed = await s.run(['apply']);
  assert.equal(failed.exitCode, 1);
  assert.match(failed.stderr, /build image.*this is why/s);
  // Nothing on this path: no docker, and so no buildx.
  const env = { PATH: s.out('.') };
  building(s, { context: '.', dockerfile_inline: `FROM ${testImage}\n`, ssh: ['default'] });
  const refused = await s.run(['apply'], { env });
  assert.equal(refused.exitCode, 1);
  const remedy = 'install docker buildx, or build it with "docker compose build web"';
  assert.ok(refused.stderr.includes(`build.ssh needs BuildKit: ${remedy}`), refused.stderr);
  building(s, { context: '.', dockerfile_inline: `FROM ${testImage}\nRUN <<EOF\ntouch /made\nEOF\n` });
  const silent = await s.run(['apply'], { env });
  assert.ok(silent.stderr.includes(`a here-document in its Dockerfile needs BuildKit: ${remedy}`), silent.stderr);
  building(s, { context: './nowhere' });
  assert.match((await s.run(['apply'])).stderr, /build context .*nowhere cannot be read: ENOENT/);
});

test('a Dockerfile that the builder of the engine cannot read is said to need BuildKit', async (t) => {
  const s = builder(t);
  const dockerfile_inline = `FROM ${testImage}\nRUN --mount=type=tmpfs,target=/t true\n`;
  building(s, { context: '.', dockerfile_inline });
  const { exitCode, stderr } = await s.run(['apply'], { env: { PATH: s.out('.') } });
  assert.equal(exitCode, 1);
  assert.match(stderr, /its Dockerfile needs BuildKit: install docker buildx/);
});

const buildx = buildxConfig();
const { ApiVersion } = await callJson<{ readonly ApiVersion: string }>('/version');

test(
  'what needs BuildKit is built by docker buildx: secrets that no argument shows, a Dockerfile with mounts',
  { skip: buildx === undefined && 'docker buildx cannot be had here' },
  async (t) => {
    const s = builder(t, 'extra');
    const env = { DOCKER_CONFIG: buildx, TOKEN: 'from the environment' };
    s.write('token', 'from a file\n');
    const mounts = ['token', 'env'].map((id) => `--mount=type=secret,id=${id}`).join(' ');
    const dockerfile_inline = [
      `FROM ${testImage} AS first`,
      'ARG WHO',
      `RUN ${mounts} cd /run/secrets && cat token env > /got && echo "$$WHO" >> /got`,
      'FROM scratch',
    ].join('\n');
    const secrets = [{ source: 'file', target: 'token' }, 'env'];
    const args = { WHO: 'reeve' };
    const tags = [`${s.name}:extra`];
    const build = { context: '.', dockerfile_inline, target: 'first', args, secrets, tags, labels: { area: 'shop' } };
    s.compose(
      { web: { image: undefined, build } },
      { secrets: { file: { file: './token' }, env: { environment: 'TOKEN' } } },
    );
    await s.ok(['apply'], { env });
    assert.equal(await said(s, '/got'), 'from a file\nfrom the environmentreeve\n');
    const { Id, Config, RepoTags } = await image(`${s.name}-web`);
    assert.ok(RepoTags.some((tag) => tag.endsWith(`${s.name}:extra`)));
    assert.equal(Config.Labels['area'], 'shop');
    assert.equal(Config.Labels['com.docker.compose.service'], 'web');
    assert.equal((await container(s.name, 'web')).Config.Labels['com.docker.compose.image'], Id);
    await s.ok(['plan', '--exit-code'], { env });

    building(s, {
      context: '.',
      dockerfile_inline: `FROM ${testImage}\nRUN --mount=type=tmpfs,target=/t echo two > /got\n`,
    });
    await s.ok(['apply', '--build'], { env });
    assert.equal(await said(s, '/got'), 'two\n');
    building(s, {
      context: '.',
      dockerfile_inline: `FROM ${testImage}\nRUN --mount=type=tmpfs,target=/t echo why; false\n`,
    });
    const failed = await s.run(['apply', '--build'], { env });
    assert.equal(failed.exitCode, 1);
    assert.match(failed.stderr, /docker buildx exited 1.*why/s);
  },
);

test(
  'additional contexts, the image of another service among them, reach the build where the engine knows them',
  { skip: buildx === undefined && 'docker buildx cannot be had here' },
  async (t) => {
    const s = builder(t);
    const env = { DOCKER_CONFIG: buildx };
    s.write('side/file', 'from a folder\n');
    const dockerfile_inline = 'FROM ground\nCOPY --from=side file /file\n';
    const additional_contexts = { ground: 'service:base', side: './side' };
    s.compose({
      base: {
        image: undefined,
        build: { context: '.', dockerfile_inline: `FROM ${testImage}\nRUN echo base > /base\n` },
      },
      web: { image: undefined, build: { context: '.', dockerfile_inline, additional_contexts } },
    });
    const { exitCode, stderr } = await s.run(['apply'], { env });
    if (!isAtLeast(ApiVersion, '1.42')) {
      assert.equal(exitCode, 1);
      assert.match(stderr, /unsupported frontend capability moby\.buildkit\.frontend\.contexts/);
      return;
    }
    assert.equal(exitCode, 0, stderr);
    assert.equal(await said(s, '/base'), 'base\n');
    assert.equal(await said(s, '/file'), 'from a folder\n');
  },
);

test(
  'what reeve built, Compose leaves as it is, and the other way about',
  { skip: noCompose() ?? false },
  async (t) => {
    const s = builder(t);
    building(s, { context: '.', dockerfile_inline: `FROM ${testImage}\nRUN echo one > /edition\n` });
    await s.ok(['apply']);
    const ours = await container(s.name, 'web');
    await composeOk(s, ['up', '-d']);
    assert.equal((await container(s.name, 'web')).Id, ours.Id);
    await composeOk(s, ['up', '-d', '--build', '--force-recreate']);
    const theirs = await container(s.name, 'web');
    await s.ok(['plan', '--exit-code']);
    await s.ok(['apply']);
    assert.equal((await container(s.name, 'web')).Id, theirs.Id);
  },
);
