/** The main job, whichever way leads to the engine: TLS by a Docker context, and ssh. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { createServer } from 'node:tls';
import { writeCertificates } from '../support/certificates.ts';
import { engineAddress } from '../support/engine-client.ts';
import { container, containers, outside } from '../support/engine.ts';
import { eventually } from '../support/eventually.ts';
import { ssh } from '../support/ssh.ts';
import { stage, writes, type Stage } from '../support/stage.ts';

type Env = Readonly<Record<string, string | undefined>>;

/** Makes, keeps and takes down a project with hooks. */
async function mainJob(s: Stage, env: Env): Promise<void> {
  s.compose({ web: { post_start: [writes('up')], pre_stop: [writes('down')] } });
  await s.ok(['apply'], { env });
  assert.deepEqual(s.log(), ['up']);
  const first = await container(s.name, 'web');
  const watch = s.start(['watch'], { env });
  await watch.line(/converged|nothing to do|in sync/i);
  await outside.remove(first.Id);
  await eventually(() => assert.deepEqual(s.log(), ['up', 'up']));
  watch.kill();
  assert.equal((await watch.ended).exitCode, 130);
  await s.ok(['down'], { env });
  assert.deepEqual(s.log(), ['up', 'up', 'down']);
  assert.deepEqual(await containers(s.name), []);
}

test('the main job works over TLS, as a Docker context says; a stranger is refused and said so', async (t) => {
  const s = stage(t);
  const config = s.path('docker');
  mkdirSync(config);
  writeCertificates(config);
  const host = await tlsRelay(t, config);
  const file = (name: string): string => `${name}=${join(config, `${name}.pem`)}`;
  const endpoint = `host=${host},${['ca', 'cert', 'key'].map(file).join(',')}`;
  const docker = { DOCKER_CONFIG: s.path('contexts'), DOCKER_HOST: undefined };
  execFileSync('docker', ['context', 'create', 'far', '--docker', endpoint], {
    env: { ...process.env, ...docker },
    stdio: 'ignore',
  });
  await mainJob(s, { ...docker, DOCKER_CONTEXT: 'far' });

  const stranger = s.path('stranger');
  mkdirSync(stranger);
  writeCertificates(stranger);
  const refused = await s.run(['ps'], {
    env: { DOCKER_HOST: host, DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: stranger },
  });
  assert.equal(refused.exitCode, 4);
  assert.match(refused.stderr, /cannot reach .*certificate/);
});

test('the main job works over ssh', async (t) => {
  const s = stage(t);
  const { host, path } = await ssh(t, s.path('ssh'));
  await mainJob(s, { DOCKER_HOST: host, PATH: `${path}:${process.env['PATH']}` });
});

/** Lets whoever shows the certificate through to the engine; gives its `tcp://` address. */
async function tlsRelay(t: TestContext, folder: string): Promise<string> {
  const read = (name: string): Buffer => readFileSync(join(folder, name));
  const identity = { ca: read('ca.pem'), cert: read('cert.pem'), key: read('key.pem') };
  const { socketPath, host, port } = engineAddress();
  const sockets = new Set<Socket>();
  const server = createServer({ ...identity, requestCert: true }, (client) => {
    const engine = socketPath ? createConnection(socketPath) : createConnection(Number(port), host ?? undefined);
    for (const socket of [client, engine]) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        client.destroy();
        engine.destroy();
      });
    }
    client.pipe(engine);
    engine.pipe(client);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const address = server.address();
  return `tcp://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
}
