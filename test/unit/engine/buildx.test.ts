import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite, test, type TestContext } from 'node:test';
import { buildWithBuildx, buildxCall, hasBuildx } from '../../../src/engine/buildx.ts';
import type { BuildRequest } from '../../../src/engine/engine.ts';
import { isEngineError } from '../../../src/model/errors.ts';

function request(rest: Partial<BuildRequest> = {}): BuildRequest {
  const build = { context: '/srv/app' };
  return {
    service: 'web',
    ref: 'shop-web',
    build,
    labels: {},
    platform: undefined,
    secrets: [],
    contexts: {},
    ...rest,
  };
}

/** The arguments between what each call has and its context. */
function options(rest: Partial<BuildRequest>, env: Readonly<Record<string, string>> = {}): readonly string[] {
  const { args } = buildxCall(request(rest), env);
  assert.equal(args.slice(0, 6).join(' '), 'buildx build --progress=plain --load --tag shop-web');
  assert.deepEqual(args.slice(-2), ['--', rest.build?.context ?? '/srv/app']);
  return args.slice(6, -2);
}

suite('the command line of a build', () => {
  test('says all that a file can say', () => {
    const build = {
      context: '/srv/app',
      dockerfile: 'docker/Dockerfile',
      target: 'final',
      ssh: ['default', 'key=/k'],
      cache_from: ['type=registry,ref=a'],
      cache_to: ['type=local,dest=/c'],
      no_cache_filter: ['base'],
      entitlements: ['network.host'],
      privileged: true,
      extra_hosts: ['a=1.2.3.4'],
      network: 'host',
      shm_size: 1024,
      ulimits: { nofile: { soft: 1, hard: 2 }, nproc: 3 },
      provenance: 'mode=max',
      sbom: 'true',
      platforms: ['linux/amd64', 'linux/arm64'],
      tags: ['shop:1'],
      no_cache: true,
      pull: true,
    };
    const rest = { build, labels: { tier: '1' }, contexts: { base: 'docker-image://shop-base' } };
    assert.equal(
      options(rest).join(' '),
      [
        '--tag shop:1 --file /srv/app/docker/Dockerfile --target final --label tier=1 --ssh default --ssh key=/k',
        '--build-context base=docker-image://shop-base --cache-from type=registry,ref=a --cache-to type=local,dest=/c',
        '--no-cache-filter base --platform linux/amd64,linux/arm64 --allow network.host --allow security.insecure',
        '--add-host a:1.2.3.4 --network host --shm-size 1024 --ulimit nofile=1:2 --ulimit nproc=3:3',
        '--provenance mode=max --sbom true --no-cache --pull',
      ].join(' '),
    );
  });

  test('has no value of a secret, and none of a build argument where its name is free', () => {
    const build = {
      context: '/srv/app',
      args: { TOKEN: 'hidden', PATH: '/x', DOCKER_HOST: 'y', 'odd-name': 'z', NONE: null },
    };
    const secrets = [
      { id: 'file', file: '/srv/a,b' },
      { id: 'token', value: 'hidden too' },
    ];
    const call = buildxCall(request({ build, secrets }), { HERE: '1' });
    assert.doesNotMatch(call.args.join(' '), /hidden/);
    assert.deepEqual(call.variables, { TOKEN: 'hidden', REEVE_BUILD_SECRET_1: 'hidden too' });
    assert.equal(
      options({ build, secrets }).join(' '),
      '--build-arg TOKEN --build-arg PATH=/x --build-arg DOCKER_HOST=y --build-arg odd-name=z ' +
        '--secret id=file,"src=/srv/a,b" --secret id=token,env=REEVE_BUILD_SECRET_1',
    );
  });

  test('of an inline Dockerfile reads it from standard input', () => {
    assert.deepEqual(options({ build: { context: '/srv/app', dockerfile_inline: 'FROM a' } }), ['--file', '-']);
  });
});

/** A `docker` that does what the script says; its folder, and the environment that finds it. */
function fakeDocker(t: TestContext, script: string): { path: (name: string) => string; env: Record<string, string> } {
  const folder = mkdtempSync(join(tmpdir(), 'reeve-buildx-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, 'docker'), `#!/bin/sh\ncd ${folder}\n${script}\n`);
  chmodSync(join(folder, 'docker'), 0o755);
  return { path: (name) => join(folder, name), env: { PATH: `${folder}:/usr/bin:/bin` } };
}

suite('docker buildx', () => {
  test('is there when it answers', async (t) => {
    assert.equal(await hasBuildx(fakeDocker(t, 'exit 0').env, t.signal), true);
    assert.equal(await hasBuildx(fakeDocker(t, 'exit 1').env, t.signal), false);
    assert.equal(await hasBuildx({ PATH: '/nowhere' }, t.signal), false);
  });

  test('gets its arguments as they are, the Dockerfile and the values; its lines come out as it says them', async (t) => {
    const { path, env } = fakeDocker(
      t,
      'for one; do printf "%s\\n" "$one"; done > args; cat > input; echo "$TOKEN" > value; echo out; echo err >&2',
    );
    const lines: string[] = [];
    const build = { context: '/a b;$(c)', dockerfile_inline: 'FROM x\n', args: { TOKEN: 't' } };
    await buildWithBuildx(request({ build, onOutput: (line) => lines.push(line) }), env, t.signal);
    assert.deepEqual(readFileSync(path('args'), 'utf8').split('\n').slice(-3), ['--', '/a b;$(c)', '']);
    assert.equal(readFileSync(path('input'), 'utf8'), 'FROM x\n');
    assert.equal(readFileSync(path('value'), 'utf8'), 't\n');
    assert.deepEqual(lines.toSorted(), ['err', 'out']);
  });

  test('that fails is a refusal with its last words', async (t) => {
    const { env } = fakeDocker(t, 'echo "no such stage" >&2; exit 3');
    await assert.rejects(
      buildWithBuildx(request(), env, t.signal),
      (error) =>
        isEngineError(error, 'rejected') &&
        error.message === 'build image shop-web: docker buildx exited 3\nno such stage',
    );
  });

  test('is ended with its children when the call is aborted', async (t) => {
    const { path, env } = fakeDocker(
      t,
      'sh -c "trap \'echo > ended; exit\' TERM; echo up; while :; do sleep 0.05; done" & wait',
    );
    const abort = new AbortController();
    const running = buildWithBuildx(request({ onOutput: () => abort.abort(new Error('enough')) }), env, abort.signal);
    await assert.rejects(running, /enough/);
    assert.ok(existsSync(path('ended')));
  });
});
