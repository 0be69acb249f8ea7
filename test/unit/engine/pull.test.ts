import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { TestContext } from 'node:test';
import type { EngineErrorCode } from '../../../src/model/errors.ts';
import { credentialsFile, registryAuth } from '../../../src/engine/credentials.ts';
import { pullImage, registryOf, splitReference } from '../../../src/engine/pull.ts';

import { fakeServer } from './fake-server.ts';

describe('image references', () => {
  const cases: readonly [ref: string, name: string, tag: string, registry: string][] = [
    ['busybox', 'busybox', 'latest', 'https://index.docker.io/v1/'],
    ['team/app:1.2', 'team/app', '1.2', 'https://index.docker.io/v1/'],
    ['docker.io/library/busybox', 'docker.io/library/busybox', 'latest', 'https://index.docker.io/v1/'],
    ['127.0.0.1:5000/app', '127.0.0.1:5000/app', 'latest', '127.0.0.1:5000'],
    ['localhost/app:2', 'localhost/app', '2', 'localhost'],
    ['ghcr.io/a/b:1@sha256:0f', 'ghcr.io/a/b', 'sha256:0f', 'ghcr.io'],
  ];
  for (const [ref, name, tag, registry] of cases) {
    it(ref, () => {
      assert.deepEqual(splitReference(ref), { name, tag });
      assert.equal(registryOf(ref), registry);
    });
  }
});

describe('a pull', () => {
  const pull = async (t: TestContext, status: number, lines: readonly object[]) => {
    const { wire, requests } = await fakeServer(t, (_, response) => {
      response.writeHead(status);
      response.end(lines.map((line) => `${JSON.stringify(line)}\r\n`).join(''));
    });
    const seen: { done: number; total: number }[] = [];
    const request = {
      ref: 'reg.example/app:1',
      platform: 'linux/arm64',
      retryDelaysMs: [],
      onProgress: (sum: (typeof seen)[0]) => seen.push(sum),
    };
    await pullImage(wire, request, { DOCKER_CONFIG: '/nonexistent' }, t.signal);
    return { requests, seen };
  };
  const layer = (id: string, status: string, current?: number) => ({
    id,
    status,
    ...(current ? { progressDetail: { current, total: 100 } } : {}),
  });

  it('tells its progress over all layers known so far', async (t) => {
    const lines = [
      layer('a', 'Downloading', 10),
      layer('b', 'Downloading', 50),
      layer('a', 'Download complete'),
      { status: 'Done' },
    ];
    const { requests, seen } = await pull(t, 200, lines);
    assert.deepEqual(requests, ['POST /images/create?fromImage=reg.example/app&tag=1&platform=linux/arm64']);
    assert.deepEqual(
      seen.map(({ done, total }) => `${done}/${total}`),
      ['10/100', '60/200', '150/200'],
    );
  });

  const failures: readonly [text: string, code: EngineErrorCode][] = [
    ['manifest for reg.example/app:1 not found: manifest unknown', 'rejected'],
    ['pull access denied for app, repository does not exist or may require docker login', 'rejected'],
    ['Get "https://reg.example/v2/": dial tcp: lookup reg.example: no such host', 'unavailable'],
    ['toomanyrequests: you have reached your pull rate limit', 'unavailable'],
  ];
  for (const [text, code] of failures) {
    it(`that fails is ${code}, said in the stream or by the status: ${text}`, async (t) => {
      await assert.rejects(pull(t, 200, [{ status: 'Pulling' }, { error: text }]), {
        code,
        message: new RegExp('pull image reg.example/app:1: '),
      });
      await assert.rejects(pull(t, 500, [{ message: text }]), { code });
    });
  }
});

describe('a pull that the registry refuses says which credentials it was asked with', () => {
  const refused = async (t: TestContext, config: string, text = 'no basic auth credentials'): Promise<string> => {
    const { wire } = await fakeServer(t, (_, response) => {
      response.writeHead(500);
      response.end(JSON.stringify({ message: text }));
    });
    const folder = mkdtempSync(join(tmpdir(), 'reeve-config-'));
    t.after(() => rmSync(folder, { recursive: true }));
    writeFileSync(join(folder, 'config.json'), config);
    const env = { DOCKER_CONFIG: folder, PATH: folder };
    const pulled = pullImage(wire, { ref: 'reg.example/app:1', platform: undefined }, env, t.signal);
    const error: unknown = await pulled.catch((reason: unknown) => reason);
    assert.ok(error instanceof Error);
    return error.message.replaceAll(join(folder, 'config.json'), 'CONFIG');
  };
  const auth = Buffer.from('me:pass').toString('base64');

  it('none: what to do', async (t) => {
    assert.equal(
      await refused(t, '{}'),
      'pull image reg.example/app:1: no basic auth credentials (no credentials for reg.example in CONFIG: docker login reg.example)',
    );
  });

  it('those of the file', async (t) => {
    assert.match(
      await refused(t, JSON.stringify({ auths: { 'reg.example': { auth } } }), '401 Unauthorized'),
      /401 Unauthorized \(with the credentials for reg\.example in CONFIG: docker login reg\.example renews them\)$/,
    );
  });

  it('a helper that gave none', async (t) => {
    assert.match(
      await refused(t, JSON.stringify({ credHelpers: { 'reg.example': 'gone' } }), 'denied: access'),
      /denied: access \(docker-credential-gone, which CONFIG names for reg\.example, gave no credentials: see that it can be run\)$/,
    );
  });

  it('a file that cannot be read', async (t) => {
    assert.match(
      await refused(t, '{"auths":'),
      /credentials \(CONFIG is not JSON: no credentials were taken from it\)$/,
    );
  });

  it('nothing of it where credentials are not what is wrong', async (t) => {
    assert.match(await refused(t, '{}', 'manifest unknown'), /: manifest unknown$/);
  });
});

describe('a registry that is out of reach for a moment', () => {
  const pull = async (t: TestContext, answers: readonly object[]): Promise<number> => {
    let asked = 0;
    const { wire } = await fakeServer(t, (_, response) => {
      response.writeHead(200);
      response.end(`${JSON.stringify(answers[asked])}\n`);
      asked += 1;
    });
    await pullImage(wire, { ref: 'app:1', platform: undefined, retryDelaysMs: [1, 1] }, {}, t.signal).catch(() => {});
    return asked;
  };
  const busy = { error: 'toomanyrequests: slow down' };

  it('is asked again, a few times', async (t) => {
    assert.equal(await pull(t, [busy, { status: 'Done' }]), 2);
    assert.equal(await pull(t, [busy, busy, busy, busy]), 3);
  });

  it('is not asked again for what it refuses', async (t) => {
    assert.equal(await pull(t, [{ error: 'pull access denied' }]), 1);
  });
});

describe('registry credentials', () => {
  const configured = (t: TestContext, config: object): Record<string, string> => {
    const folder = mkdtempSync(join(tmpdir(), 'reeve-config-'));
    t.after(() => rmSync(folder, { recursive: true }));
    writeFileSync(join(folder, 'config.json'), JSON.stringify(config));
    return { DOCKER_CONFIG: folder, PATH: `${folder}:${process.env['PATH'] ?? ''}` };
  };
  const asked = async (registry: string, env: Record<string, string>, t: TestContext): Promise<unknown> => {
    const header = await registryAuth(registry, env, t.signal);
    return header && JSON.parse(Buffer.from(header, 'base64url').toString());
  };
  const auth = Buffer.from('me:pass:word').toString('base64');

  it('are padded, as the engine reads nothing else', async (t) => {
    const users = ['a', 'ab', 'abc'].map((name) => Buffer.from(`${name}:p`).toString('base64'));
    for (const one of users) {
      const header = await registryAuth(
        'r.example',
        configured(t, { auths: { 'r.example': { auth: one } } }),
        t.signal,
      );
      assert.equal((header ?? '').length % 4, 0);
      assert.doesNotMatch(header ?? '', /[+/]/);
    }
  });

  it('come from the config file, by name or by host', async (t) => {
    const env = configured(t, {
      auths: { 'reg.example': { auth }, 'https://other.example/v2/': { identitytoken: 'tok' } },
    });
    assert.deepEqual(await asked('reg.example', env, t), {
      serveraddress: 'reg.example',
      username: 'me',
      password: 'pass:word',
    });
    assert.deepEqual(await asked('other.example', env, t), { serveraddress: 'other.example', identitytoken: 'tok' });
    assert.equal(await asked('third.example', env, t), undefined);
  });

  it('are gathered into one file, helpers asked, for a container that may use the engine', async (t) => {
    const env = configured(t, {
      auths: { 'a.example': { auth }, 'b.example': { identitytoken: 'tok' }, 'c.example': {} },
    });
    assert.deepEqual(JSON.parse(await credentialsFile(env, t.signal)), {
      auths: {
        'a.example': { auth },
        'b.example': { auth: Buffer.from(':').toString('base64'), identitytoken: 'tok' },
      },
    });
    assert.equal(await credentialsFile({ DOCKER_CONFIG: '/nonexistent' }, t.signal), '{"auths":{}}');
  });

  it('come from a credential helper first, and a broken helper is as good as none', async (t) => {
    const env = configured(t, {
      credHelpers: { 'reg.example': 'test', 'bad.example': 'absent' },
      auths: { 'bad.example': { auth } },
    });
    const helper = join(env['DOCKER_CONFIG'] ?? '', 'docker-credential-test');
    writeFileSync(
      helper,
      '#!/bin/sh\nread host\necho "{\\"ServerURL\\":\\"$host\\",\\"Username\\":\\"helped\\",\\"Secret\\":\\"s3\\"}"\n',
    );
    chmodSync(helper, 0o755);
    assert.deepEqual(await asked('reg.example', env, t), {
      serveraddress: 'reg.example',
      username: 'helped',
      password: 's3',
    });
    assert.deepEqual(await asked('bad.example', env, t), {
      serveraddress: 'bad.example',
      username: 'me',
      password: 'pass:word',
    });
  });
});
