import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { TestContext } from 'node:test';
import { connect } from '../../../src/engine/connect.ts';
import { isEngineError } from '../../../src/model/errors.ts';
import { writeCertificates } from '../../support/certificates.ts';
import { answer, fakeServer } from './fake-server.ts';

const env = { HOME: '/nonexistent', PATH: process.env['PATH'] ?? '' };

interface Greeting {
  readonly apiVersion?: string;
  readonly headers?: Record<string, string>;
  readonly info?: Record<string, unknown>;
}

/** An engine that can be greeted, and lists no containers. */
function greet({ apiVersion = '1.41', headers = {}, info = {} }: Greeting = {}) {
  return (request: IncomingMessage, response: ServerResponse): void => {
    for (const [name, value] of Object.entries({ 'api-version': apiVersion, ...headers }))
      response.setHeader(name, value);
    if (request.url?.endsWith('/_ping')) response.end('OK');
    else if (request.url?.endsWith('/info'))
      answer(response, 200, { ID: 'E1', Name: 'box', ServerVersion: '1', ...info });
    else answer(response, 200, request.url?.includes('/volumes') ? { Volumes: null } : []);
  };
}

function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'reeve-connect-'));
  t.after(() => rmSync(path, { recursive: true }));
  return path;
}

describe('connecting', () => {
  it("the API version is the engine's, at most the newest that is known", async (t) => {
    for (const [spoken, agreed] of [
      ['1.41', '1.41'],
      ['1.44', '1.44'],
      ['1.51', '1.51'],
      ['1.99', '1.51'],
    ] as const) {
      const { host, requests } = await fakeServer(t, greet({ apiVersion: spoken }));
      const engine = await connect({ host, env });
      assert.equal(engine.info().apiVersion, agreed);
      await engine.listProjects(t.signal);
      assert.match(requests.at(-1) ?? '', new RegExp(`^GET /v${agreed}/`));
      await engine.close();
    }
  });

  it('limits that the engine does not say it has a control for are left out of what it is asked for', async (t) => {
    for (const [info, left] of [
      [{ SwapLimit: true, PidsLimit: true }, []],
      [{ SwapLimit: false, PidsLimit: true }, ['MemorySwap']],
      [{}, ['MemorySwap', 'PidsLimit']],
    ] as const) {
      const { host } = await fakeServer(t, greet({ info }));
      const engine = await connect({ host, env });
      assert.deepEqual([...engine.info().uncontrolled], left);
      await engine.close();
    }
  });

  it('DOCKER_API_VERSION names an older version, and what cannot be is refused with what can', async (t) => {
    const { host, requests } = await fakeServer(t, greet({ apiVersion: '1.45' }));
    const asking = (version: string) => connect({ host, env: { ...env, DOCKER_API_VERSION: version } });
    const engine = await asking('1.43');
    assert.equal(engine.info().apiVersion, '1.43');
    await engine.listProjects(t.signal);
    assert.match(requests.at(-1) ?? '', /^GET \/v1\.43\//);
    await engine.close();
    for (const wrong of ['1.46', '1.40', 'new', '1.43.1'])
      await assert.rejects(
        asking(wrong),
        (error) =>
          isEngineError(error, 'rejected') &&
          error.message ===
            `DOCKER_API_VERSION=${wrong}: with the engine at ${host} it can be 1.41 to 1.45; unset it to take the newest`,
      );
  });

  it('an engine that is too old is refused with both versions', async (t) => {
    const { host } = await fakeServer(t, greet({ apiVersion: '1.40' }));
    await assert.rejects(
      connect({ host, env }),
      (error) => isEngineError(error, 'rejected') && /1\.40: 1\.41/.test(error.message),
    );
  });

  it('an engine is known by its id; Podman, whose id is new each time, by its name and place', async (t) => {
    const id = async (greeting: Greeting) => {
      const { host } = await fakeServer(t, greet(greeting));
      const engine = await connect({ host, env });
      await engine.close();
      return engine.info().id;
    };
    assert.equal(await id({}), 'E1');
    const podman = (ID: string) => ({
      headers: { 'libpod-api-version': '5' },
      info: { ID, DockerRootDir: '/var/lib/containers' },
    });
    assert.equal(await id(podman('random-1')), await id(podman('random-2')));
  });

  it('an engine that takes the connection and says nothing is given up at the deadline', async (t) => {
    const { host } = await fakeServer(t, () => {});
    await assert.rejects(
      connect({ host, env, deadlineMs: 50 }),
      (error) =>
        isEngineError(error, 'unavailable') &&
        error.message.startsWith(
          `cannot reach the Docker engine at ${host}: it took the connection and did not answer within 0.05 s: is it paused`,
        ),
    );
  });

  for (const status of [400, 403, 404, 409, 500, 502]) {
    it(`what answers ${status} to a greeting is not an engine that can be worked with, and the status is said`, async (t) => {
      const { host } = await fakeServer(t, (_, response) => response.writeHead(status).end('go away'));
      await assert.rejects(connect({ host, env }), (error) => {
        assert.ok(isEngineError(error, 'unavailable'));
        assert.equal(
          error.message,
          `cannot reach the Docker engine at ${host}: its answer to a greeting was ${status}: check the address (--host, DOCKER_HOST, docker context ls)`,
        );
        return true;
      });
    });
  }

  it('certificates that are named and not there are said, and nobody is asked without them', async (t) => {
    const path = folder(t);
    await assert.rejects(
      connect({ host: 'tcp://127.0.0.1:1', env: { ...env, DOCKER_CERT_PATH: path, DOCKER_TLS_VERIFY: '1' } }),
      (error) =>
        isEngineError(error, 'unavailable') &&
        error.message ===
          `no certificates in ${path} (DOCKER_CERT_PATH): put ca.pem, cert.pem and key.pem there, or unset it`,
    );
  });

  it('ssh carries the connection, and its complaint is passed on', async (t) => {
    const { host } = await fakeServer(t, greet());
    const path = folder(t);
    const relay = `const s = require('node:net').connect(${JSON.stringify(host.slice('unix://'.length))}); process.stdin.pipe(s).pipe(process.stdout)`;
    writeFileSync(join(path, 'relay.cjs'), relay);
    const install = (script: string) => {
      writeFileSync(join(path, 'ssh'), `#!/bin/sh\n${script}\n`);
      chmodSync(join(path, 'ssh'), 0o755);
    };
    const searched = process.env['PATH'];
    process.env['PATH'] = `${path}:${searched}`;
    t.after(() => {
      process.env['PATH'] = searched;
    });
    install(
      `case "$*" in *"-- box docker system dial-stdio") exec "${process.execPath}" "${join(path, 'relay.cjs')}";; esac; exit 9`,
    );
    const engine = await connect({ host: 'ssh://me@box', env });
    assert.deepEqual(await engine.listProjects(t.signal), []);
    assert.deepEqual([engine.info().host, engine.info().local], ['ssh://box', false]);
    await engine.close();
    install('echo "Host key verification failed." >&2; exit 255');
    await assert.rejects(
      connect({ host: 'ssh://me@box', env }),
      /ssh:\/\/box: ssh ended with 255: Host key verification failed/,
    );
  });

  it('TLS is as DOCKER_CERT_PATH and DOCKER_TLS_VERIFY say', async (t) => {
    const path = folder(t);
    writeCertificates(path);
    const read = (name: string) => readFileSync(join(path, name));
    const options = {
      ca: read('ca.pem'),
      cert: read('cert.pem'),
      key: read('key.pem'),
      requestCert: true,
      rejectUnauthorized: true,
    };
    const server = createServer(options, greet());
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    t.after(() => {
      server.closeAllConnections();
      server.close();
    });
    const address = server.address();
    const host = `tcp://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
    const engine = await connect({ host, env: { ...env, DOCKER_CERT_PATH: path, DOCKER_TLS_VERIFY: '1' } });
    assert.deepEqual(await engine.listProjects(t.signal), []);
    await engine.close();
    const other = folder(t);
    writeCertificates(other);
    await assert.rejects(
      connect({ host, env: { ...env, DOCKER_CERT_PATH: other, DOCKER_TLS_VERIFY: '1' } }),
      /cannot reach .*certificate/,
    );
  });
});
