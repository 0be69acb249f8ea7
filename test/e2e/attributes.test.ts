/** What a file says of a service is so inside of the containers that run; what the engine cannot do is its failure, by name. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { composeOk, noCompose } from '../support/compose.ts';
import { callText } from '../support/engine-client.ts';
import { container, containers, exec } from '../support/engine.ts';
import { testImage } from '../support/project.ts';
import { stage, type Sketch, type Stage } from '../support/stage.ts';

async function inside(s: Stage, service: string, script: string): Promise<string> {
  const { output } = await exec((await container(s.name, service)).Id, ['sh', '-c', script]);
  return output.trim();
}

test('limits, devices, kernel settings, mounts and shared namespaces are there in the container, and Compose agrees', async (t) => {
  const s = stage(t);
  s.compose({
    base: {
      ulimits: { nofile: { soft: 1000, hard: 2000 } },
      sysctls: { 'net.ipv4.ip_unprivileged_port_start': '79' },
      tmpfs: ['/scratch:size=1m'],
      devices: ['/dev/null:/dev/nothing:rwm'],
      shm_size: '32m',
      ipc: 'shareable',
      oom_score_adj: 500,
      pids_limit: 50,
      init: true,
      cap_drop: ['CHOWN'],
      group_add: ['4242'],
      hostname: 'ground',
      extra_hosts: ['elsewhere=192.0.2.7'],
      dns_search: ['example.net'],
      blkio_config: { weight: 300 },
      cgroup_parent: '/reeve-t',
      logging: { driver: 'json-file', options: { 'max-size': '1m' } },
      stop_signal: 'SIGTERM',
      volumes: ['./out:/out', '/kept'],
    },
    friend: { network_mode: 'service:base', ipc: 'service:base', pid: 'service:base', volumes_from: ['base:ro'] },
    quiet: { logging: { driver: 'none' }, platform: process.arch === 'arm64' ? 'linux/arm64' : 'linux/amd64' },
    many: { deploy: { replicas: 2, resources: { limits: { memory: '48m', cpus: '0.5' } } } },
  });
  await s.ok(['apply', '--scale', 'many=3']);
  // The soft one is the engine's word: what an exec finds is now and then the hard one, by a race in runc.
  const ulimits = (await container(s.name, 'base')).HostConfig['Ulimits'] as readonly Sketch[];
  const files = ulimits.find(({ Name }) => /nofile$/i.test(String(Name)));
  assert.deepEqual([files?.['Soft'], files?.['Hard']], [1000, 2000]);
  assert.equal(await inside(s, 'base', 'ulimit -Hn'), '2000');
  assert.equal(await inside(s, 'base', 'cat /proc/sys/net/ipv4/ip_unprivileged_port_start'), '79');
  assert.match(await inside(s, 'base', 'grep " /scratch " /proc/mounts'), /tmpfs.*size=1024k/);
  assert.match(await inside(s, 'base', 'ls -l /dev/nothing'), /^c.* 1, +3 /);
  assert.match(await inside(s, 'base', 'grep " /dev/shm " /proc/mounts'), /size=32768k/);
  assert.equal(await inside(s, 'base', 'cat /proc/1/oom_score_adj'), '500');
  assert.match(await inside(s, 'base', 'id'), /4242/);
  assert.equal(await inside(s, 'base', 'cat /proc/sys/kernel/hostname'), 'ground');
  assert.match(await inside(s, 'base', 'cat /etc/hosts'), /192\.0\.2\.7\s+elsewhere/);
  assert.match(await inside(s, 'base', 'cat /etc/resolv.conf'), /search example\.net/);
  assert.match(await inside(s, 'base', 'touch /kept/a && ls /kept'), /^a$/);

  assert.equal(await inside(s, 'friend', 'ls /kept'), 'a');
  for (const namespace of ['net', 'ipc', 'pid']) {
    const link = `readlink /proc/self/ns/${namespace}`;
    assert.equal(await inside(s, 'friend', link), await inside(s, 'base', link), namespace);
  }
  assert.equal((await containers(s.name, 'many')).length, 3);
  for (const { HostConfig } of await containers(s.name, 'many')) {
    assert.deepEqual([HostConfig['Memory'], HostConfig['NanoCpus']], [48 * 2 ** 20, 5e8]);
  }
  await s.ok(['plan', '--exit-code', '--scale', 'many=3']);

  if (noCompose() !== undefined) return;
  const ids = (await containers(s.name)).map(({ Id }) => Id);
  await composeOk(s, ['up', '-d', '--scale', 'many=3']);
  assert.deepEqual(
    (await containers(s.name)).map(({ Id }) => Id),
    ids,
  );
});

test('a link is a name that its own container knows, a domain one of its kernel, a tag one of the log', async (t) => {
  const s = stage(t);
  const logging = { driver: 'json-file', options: { tag: 'base' } };
  s.compose({ base: { logging, domainname: 'example.org' }, caller: { links: ['base:floor'] } });
  await s.ok(['apply']);
  assert.match(await inside(s, 'caller', 'nslookup floor'), /Name:\s+floor/);
  assert.equal(await inside(s, 'base', 'cat /proc/sys/kernel/domainname'), 'example.org');
  assert.deepEqual((await container(s.name, 'base')).HostConfig['LogConfig'], {
    Type: 'json-file',
    Config: { tag: 'base' },
  });
  await s.ok(['plan', '--exit-code']);
});

test('a service that asks for it has the socket of the engine and its logins', async (t) => {
  const s = stage(t);
  s.compose({ socket: { use_api_socket: true } });
  await s.ok(['apply']);
  assert.equal(await inside(s, 'socket', 'test -S /var/run/docker.sock && ls $DOCKER_CONFIG'), 'config.json');
  await s.ok(['plan', '--exit-code']);
  if (noCompose() !== undefined) return;
  const { Id } = await container(s.name, 'socket');
  await composeOk(s, ['up', '-d']);
  assert.equal((await container(s.name, 'socket')).Id, Id);
});

test('a service that shares namespaces is made anew with the one that it shares them with', async (t) => {
  const s = stage(t);
  const shop = (edition: string): void =>
    s.compose({ base: { environment: { EDITION: edition } }, friend: { network_mode: 'service:base' } });
  shop('1');
  await s.ok(['apply']);
  const before = await container(s.name, 'friend');
  shop('2');
  assert.match((await s.ok(['plan'])).stdout, /container of base changed/);
  await s.ok(['apply']);
  const [base, friend] = [await container(s.name, 'base'), await container(s.name, 'friend')];
  assert.notEqual(friend.Id, before.Id);
  assert.equal(friend.HostConfig['NetworkMode'], `container:${base.Id}`);
  await s.ok(['plan', '--exit-code']);
});

test('anonymous volumes, those of the image too, are carried over to a new container, until -V renews them', async (t) => {
  const s = stage(t);
  t.after(() => callText(`/images/${s.name}-web`, { method: 'DELETE', query: { force: 'true' } }).catch(() => {}));
  s.write('Dockerfile', `FROM ${testImage}\nVOLUME /image\n`);
  const shop = (edition: string): void =>
    s.compose({ web: { image: undefined, build: '.', volumes: ['/file'], environment: { EDITION: edition } } });
  shop('1');
  await s.ok(['apply']);
  await inside(s, 'web', 'echo a > /image/a; echo b > /file/b');
  const { Id } = await container(s.name, 'web');
  shop('2');
  await s.ok(['apply']);
  assert.notEqual((await container(s.name, 'web')).Id, Id);
  assert.equal(await inside(s, 'web', 'cat /image/a /file/b'), 'a\nb');
  const kept = (await container(s.name, 'web')).Mounts.map(({ Name = '' }) => Name);
  shop('3');
  await s.ok(['apply', '--renew-anon-volumes']);
  assert.equal(await inside(s, 'web', 'ls /image /file | grep -v :'), '');
  for (const name of kept) await callText(`/volumes/${name}`, { method: 'DELETE' });
});

test('what this engine refuses is said in its words, under the name of the service, and the others go on', async (t) => {
  const s = stage(t);
  s.compose({
    quota: { storage_opt: { size: '1G' } },
    parent: { devices: ['/dev/does-not-exist'] },
    fine: {},
  });
  const { exitCode, stderr } = await s.run(['apply']);
  assert.equal(exitCode, 1);
  assert.match(stderr, /quota\/1: .*storage/);
  assert.match(stderr, /parent\/1: .*does-not-exist/);
  assert.equal((await container(s.name, 'fine')).State.Status, 'running');
});

test('a name that can be no image fails its service alone, by name, and holds up neither ps nor down', async (t) => {
  const s = stage(t);
  s.compose({ web: { image: 'Not/AnImage:1' }, fine: {} });
  const { exitCode, stderr } = await s.run(['apply']);
  assert.equal(exitCode, 1);
  assert.match(stderr, /image\/Not\/AnImage:1: cannot pull image: .*must be lowercase/);
  assert.equal((await container(s.name, 'fine')).State.Status, 'running');
  assert.match((await s.ok(['ps'])).stdout, /^web\/1 +- +absent/m);
  await s.ok(['down']);
  assert.deepEqual(await containers(s.name), []);
});

test('a GPU that is not there is refused, under the name of the service', async (t) => {
  const s = stage(t);
  s.compose({ gpu: { gpus: 'all' }, fine: {} });
  const { exitCode, stderr } = await s.run(['apply']);
  assert.equal(exitCode, 1);
  assert.match(stderr, /gpu\/1: .*could not select device driver/);
  assert.equal((await container(s.name, 'fine')).State.Status, 'running');
});
