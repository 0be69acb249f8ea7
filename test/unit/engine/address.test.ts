import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { TestContext } from 'node:test';
import { addressText, configNotice, resolveAddress } from '../../../src/engine/address.ts';
import { sshCommand } from '../../../src/engine/agents.ts';
import { isEngineError } from '../../../src/model/errors.ts';
import { writeCertificates } from '../../support/certificates.ts';

/** A docker config folder with one context named `far`. */
function configFolder(t: TestContext, host: string, current?: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'reeve-config-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const digest = createHash('sha256').update('far').digest('hex');
  mkdirSync(join(folder, 'contexts/meta', digest), { recursive: true });
  const meta = { Name: 'far', Endpoints: { docker: { Host: host, SkipTLSVerify: false } } };
  writeFileSync(join(folder, 'contexts/meta', digest, 'meta.json'), JSON.stringify(meta));
  writeFileSync(join(folder, 'config.json'), JSON.stringify(current === undefined ? {} : { currentContext: current }));
  return folder;
}

const text = (host: string | undefined, env: Record<string, string> = {}) =>
  addressText(resolveAddress(host, { HOME: '/nonexistent', ...env }));

describe('where the engine is', () => {
  it('--host is before DOCKER_HOST, that before the context, that before the default socket', (t) => {
    const DOCKER_CONFIG = configFolder(t, 'tcp://far:2375', 'far');
    assert.equal(text('tcp://a:1', { DOCKER_HOST: 'tcp://b:2', DOCKER_CONFIG }), 'tcp://a:1');
    assert.equal(text(undefined, { DOCKER_HOST: 'tcp://b:2', DOCKER_CONFIG }), 'tcp://b:2');
    assert.equal(text(undefined, { DOCKER_CONFIG }), 'tcp://far:2375');
    assert.equal(text(undefined, { DOCKER_CONFIG, DOCKER_CONTEXT: 'default' }), 'unix:///var/run/docker.sock');
    assert.equal(text(undefined, { DOCKER_HOST: '' }), 'unix:///var/run/docker.sock');
  });

  it('a context is also named by DOCKER_CONTEXT; one that is not there is said', (t) => {
    const DOCKER_CONFIG = configFolder(t, 'ssh://me@far');
    assert.equal(text(undefined, { DOCKER_CONFIG, DOCKER_CONTEXT: 'far' }), 'ssh://far');
    assert.throws(
      () => text(undefined, { DOCKER_CONFIG, DOCKER_CONTEXT: 'farther' }),
      /context farther does not exist/,
    );
  });

  it('a config file that cannot be used is said, by its path; none, and an empty one, are as good as any', (t) => {
    const DOCKER_CONFIG = configFolder(t, 'tcp://far:2375', 'far');
    const path = join(DOCKER_CONFIG, 'config.json');
    assert.equal(configNotice({ DOCKER_CONFIG }), undefined);
    for (const empty of ['', ' \n', '{}']) {
      writeFileSync(path, empty);
      assert.equal(configNotice({ DOCKER_CONFIG }), undefined);
    }
    writeFileSync(path, '{broken');
    assert.equal(text(undefined, { DOCKER_CONFIG }), 'unix:///var/run/docker.sock');
    assert.ok(configNotice({ DOCKER_CONFIG })?.startsWith(`${path} is not JSON: the context, credentials`));
    rmSync(path);
    assert.equal(configNotice({ DOCKER_CONFIG }), undefined);
    mkdirSync(path);
    assert.ok(configNotice({ DOCKER_CONFIG })?.startsWith(`${path} cannot be read`));
  });

  it('certificates that are none are said by their file, with what to do', (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'reeve-tls-'));
    t.after(() => rmSync(folder, { recursive: true }));
    const env = { DOCKER_CERT_PATH: folder, DOCKER_TLS_VERIFY: '1' };
    writeCertificates(folder);
    assert.equal(text('tcp://box', env), 'tcp://box:2376');
    for (const [name, what] of [
      ['key.pem', 'private key'],
      ['cert.pem', 'certificate'],
      ['ca.pem', 'certificate'],
    ] as const) {
      writeFileSync(join(folder, name), 'garbage');
      assert.throws(
        () => text('tcp://box', env),
        (error) =>
          isEngineError(error, 'unavailable') && error.message.startsWith(`${join(folder, name)} holds no ${what}`),
      );
    }
  });

  it('all forms of an address are understood', () => {
    assert.equal(text('unix:///run/user/1000/docker.sock'), 'unix:///run/user/1000/docker.sock');
    assert.equal(text('/run/docker.sock'), 'unix:///run/docker.sock');
    assert.equal(text('box'), 'tcp://box:2375');
    assert.equal(text('box:1234'), 'tcp://box:1234');
    assert.equal(text('https://box'), 'tcp://box:2376');
    assert.equal(text('tcp://[::1]:2375'), 'tcp://[::1]:2375');
    assert.equal(text('tcp://box', { DOCKER_TLS_VERIFY: '1' }), 'tcp://box:2376');
  });

  it('an address shows no credentials, nor does the message about a wrong one', () => {
    assert.equal(text('ssh://me:secret@box:22'), 'ssh://box:22');
    assert.throws(
      () => text('ftp://me:secret@box'),
      (error) => isEngineError(error, 'unavailable') && /ftp/.test(error.message) && !/secret/.test(error.message),
    );
  });

  it('ssh takes a host that looks like an option for a host', () => {
    const address = resolveAddress('ssh://me@box:2222', {});
    assert.ok(address.kind === 'ssh');
    const words = sshCommand({ ...address, host: '-oProxyCommand=x' });
    assert.deepEqual(words.slice(words.indexOf('-l')), [
      '-l',
      'me',
      '-p',
      '2222',
      '--',
      '-oProxyCommand=x',
      'docker',
      'system',
      'dial-stdio',
    ]);
  });
});
