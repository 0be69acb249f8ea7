import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { TestContext } from 'node:test';
import { registryAuth } from '../../../src/engine/credentials.ts';
import { registryOf, splitReference } from '../../../src/engine/pull.ts';

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
