import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { CreateInput } from '../../../src/engine/create-input.ts';
import { createSpec } from '../../../src/engine/create-spec.ts';
import { networkCreateSpec } from '../../../src/engine/network-spec.ts';
import { updateSpec } from '../../../src/engine/resources.ts';
import { isEngineError } from '../../../src/model/errors.ts';
import type { Project } from '../../../src/model/project.ts';
import type { ServiceSketch } from '../../engine/sketch.ts';
import { network, sketchProject, sketchService } from '../../engine/sketch.ts';

const OLD = '1.41';

/** The create request as the engine gets it: through JSON, which drops what is undefined. */
function spec(sketch: ServiceSketch, rest: Partial<CreateInput> & { project?: Project } = {}) {
  const project = rest.project ?? sketchProject('shop', { web: sketch });
  const input: CreateInput = {
    service: sketchService('web', sketch),
    number: 1,
    labels: {},
    apiVersion: OLD,
    containerIdOf: (service) => `id-of-${service}`,
    containerNamesOf: (service) => [`shop-${service}-1`],
    carriedVolumes: new Map(),
    imageVolumes: [],
    proxyEnvironment: {},
    readProfile: (path) => `{ "profile": "${path}" }`,
    ...rest,
    project,
  };
  return JSON.parse(JSON.stringify(createSpec(input))) as {
    [member: string]: unknown;
    HostConfig: Record<string, unknown>;
    NetworkingConfig?: { EndpointsConfig: Record<string, Record<string, unknown>> };
  };
}

function host(sketch: ServiceSketch, rest: Partial<CreateInput> = {}): Record<string, unknown> {
  return spec(sketch, rest).HostConfig;
}

function pick(from: Record<string, unknown>, ...names: string[]): Record<string, unknown> {
  return Object.fromEntries(names.filter((name) => name in from).map((name) => [name, from[name]]));
}

function refuses(attribute: RegExp, sketch: ServiceSketch, rest: Partial<CreateInput> = {}): void {
  assert.throws(
    () => spec(sketch, rest),
    (error) => isEngineError(error, 'rejected') && attribute.test(error.message),
  );
}

describe('the container part of a create request', () => {
  it('what a service does not say is sent as zero, null or empty, or not at all', () => {
    const bare = spec({ command: null, stop_signal: undefined as never });
    assert.deepEqual(pick(bare, 'Hostname', 'User', 'Cmd', 'Entrypoint', 'WorkingDir', 'Env', 'ExposedPorts'), {
      Hostname: '',
      User: '',
      Cmd: null,
      Entrypoint: null,
      WorkingDir: '',
      Env: [],
      ExposedPorts: {},
    });
    assert.deepEqual(pick(bare, 'AttachStdin', 'AttachStdout', 'AttachStderr', 'StdinOnce', 'OpenStdin', 'Tty'), {
      AttachStdin: false,
      AttachStdout: true,
      AttachStderr: true,
      StdinOnce: false,
      OpenStdin: false,
      Tty: false,
    });
    for (const absent of ['StopTimeout', 'Healthcheck', 'MacAddress', 'Volumes']) assert.ok(!(absent in bare), absent);
  });

  it("a variable without a value is a bare name; proxy variables stand under the service's own", () => {
    const proxyEnvironment = { HTTP_PROXY: 'http://proxy', NO_PROXY: 'a' };
    const { Env } = spec({ environment: { A: '1', B: null, C: '', NO_PROXY: 'b' } }, { proxyEnvironment });
    assert.deepEqual(Env, ['HTTP_PROXY=http://proxy', 'NO_PROXY=b', 'A=1', 'B', 'C=']);
  });

  it('an image that is built bears the name of project and service', () => {
    const { image: _, ...service } = sketchService('web', { build: { context: '.' } });
    assert.equal(createSpecImage(service), 'shop-web');
  });

  it('grace periods are whole seconds, healthchecks nanoseconds, a disabled one NONE', () => {
    assert.equal(spec({ stop_grace_period: 1_500_000_000 })['StopTimeout'], 1);
    const healthcheck = { test: ['CMD', 'true'], interval: 1e9, retries: 3 };
    assert.deepEqual(spec({ healthcheck })['Healthcheck'], { Test: ['CMD', 'true'], Interval: 1e9, Retries: 3 });
    assert.deepEqual(spec({ healthcheck: { disable: true } })['Healthcheck'], { Test: ['NONE'] });
  });

  it("ports are exposed and bound, an unpublished one on a port of the engine's choice", () => {
    const ports = [
      { target: 80, published: '8080', protocol: 'tcp', host_ip: '127.0.0.1' },
      { target: 80, protocol: 'tcp' },
      { target: 53, published: '5300-5310', protocol: 'udp' },
    ];
    const made = spec({ ports, expose: ['9000', '9001/udp'] });
    assert.deepEqual(made['ExposedPorts'], { '9000': {}, '9001/udp': {}, '80/tcp': {}, '53/udp': {} });
    assert.deepEqual(made.HostConfig['PortBindings'], {
      '80/tcp': [
        { HostIp: '127.0.0.1', HostPort: '8080' },
        { HostIp: '', HostPort: '' },
      ],
      '53/udp': [{ HostIp: '', HostPort: '5300-5310' }],
    });
  });

  it('what borrows from another service names its container', () => {
    const made = host({
      ipc: 'service:db',
      pid: 'service:db',
      volumes_from: ['db:ro', 'container:box', 'container:chest:ro'],
      network_mode: 'service:db',
    });
    assert.deepEqual(pick(made, 'IpcMode', 'PidMode', 'VolumesFrom', 'NetworkMode'), {
      IpcMode: 'container:id-of-db',
      PidMode: 'container:id-of-db',
      VolumesFrom: ['id-of-db', 'box', 'chest'],
      NetworkMode: 'container:id-of-db',
    });
    assert.equal(host({ network_mode: 'container:box' })['NetworkMode'], 'container:box');
  });

  it('security options: profiles are sent as text, unconfined system paths as empty lists', () => {
    const made = host({
      security_opt: ['seccomp=profile.json', 'seccomp:unconfined', 'no-new-privileges', 'systempaths=unconfined'],
    });
    assert.deepEqual(pick(made, 'SecurityOpt', 'MaskedPaths', 'ReadonlyPaths'), {
      SecurityOpt: ['seccomp={"profile":"profile.json"}', 'seccomp:unconfined', 'no-new-privileges'],
      MaskedPaths: [],
      ReadonlyPaths: [],
    });
    refuses(/security_opt apparmor/, { security_opt: ['apparmor'] });
  });

  it('a profile is sent as it was written, less the white space between its tokens', () => {
    const written = '{\n\t"mask": 18446744073709551615,\r\n  "text": " a \\\\" , "end" : [1.0, "\\"  \\u0041"] }\n';
    const options = host({ security_opt: ['seccomp=p.json'] }, { readProfile: () => written })['SecurityOpt'];
    const compact = '{"mask":18446744073709551615,"text":" a \\\\","end":[1.0,"\\"  \\u0041"]}';
    assert.deepEqual(options, [`seccomp=${compact}`]);
    refuses(/p.json is not JSON/, { security_opt: ['seccomp=p.json'] }, { readProfile: () => '{ 1 }' });
  });

  it('a profile may be named in the old way, with a colon, which only counts where there is no equals sign', () => {
    const security_opt = ['seccomp:./p.json', 'seccomp:a=b', 'label:disable', 'seccomp:builtin'];
    assert.deepEqual(host({ security_opt })['SecurityOpt'], [
      'seccomp={"profile":"./p.json"}',
      ...security_opt.slice(1),
    ]);
  });

  it('capabilities bear their prefix, sorted, once', () => {
    assert.deepEqual(host({ cap_add: ['sys_ptrace', 'NET_ADMIN', 'CAP_NET_ADMIN', 'all'] })['CapAdd'], [
      'ALL',
      'CAP_NET_ADMIN',
      'CAP_SYS_PTRACE',
    ]);
  });

  it('hosts, tmpfs and logging are written as the engine reads them', () => {
    const made = host({
      extra_hosts: ['db=10.0.0.2', 'v6=::1'],
      tmpfs: ['/run', '/tmp:size=1m,mode=1777'],
      logging: { driver: 'none' },
    });
    assert.deepEqual(pick(made, 'ExtraHosts', 'Tmpfs', 'LogConfig'), {
      ExtraHosts: ['db:10.0.0.2', 'v6:::1'],
      Tmpfs: { '/run': '', '/tmp': 'size=1m,mode=1777' },
      LogConfig: { Type: 'none', Config: null },
    });
  });
});

describe('resources and restart policy', () => {
  it('deploy wins over the older attributes; zero says nothing', () => {
    const made = host({
      cpus: 0.7,
      mem_limit: 100,
      pids_limit: 10,
      deploy: { placement: {}, resources: { limits: { memory: 200, pids: 0 }, reservations: { memory: 50 } } },
    });
    assert.deepEqual(pick(made, 'NanoCpus', 'Memory', 'MemoryReservation', 'PidsLimit'), {
      NanoCpus: 700_000_000,
      Memory: 200,
      MemoryReservation: 50,
      PidsLimit: 10,
    });
  });

  it('the policy is empty where none is given', () => {
    const name = (sketch: ServiceSketch) => host(sketch)['RestartPolicy'];
    assert.deepEqual(name({}), { Name: '', MaximumRetryCount: 0 });
    assert.deepEqual(name({ restart: 'no' }), { Name: 'no', MaximumRetryCount: 0 });
    assert.deepEqual(name({ restart: 'on-failure:3' }), { Name: 'on-failure', MaximumRetryCount: 3 });
    const deploy = { placement: {}, resources: {}, restart_policy: { condition: 'any', max_attempts: 2 } };
    assert.deepEqual(name({ restart: 'no', deploy }), { Name: 'always', MaximumRetryCount: 2 });
  });

  it('devices: mapped by path, requested by CDI name, gpus as the capability gpu', () => {
    const made = host({
      devices: [
        { source: '/dev/a', target: '/dev/b', permissions: 'r' },
        { source: 'vendor.com/class=one', target: 'vendor.com/class=one' },
      ],
      gpus: [{ count: -1 }],
    });
    assert.deepEqual(made['Devices'], [{ PathOnHost: '/dev/a', PathInContainer: '/dev/b', CgroupPermissions: 'r' }]);
    assert.deepEqual(made['DeviceRequests'], [
      { Driver: 'cdi', DeviceIDs: ['vendor.com/class=one'] },
      { Driver: '', Count: -1, DeviceIDs: null, Capabilities: [['gpu']], Options: null },
    ]);
  });

  it('an update sends the policy always and a swap limit beside a memory limit', () => {
    const update = updateSpec(sketchService('web', { mem_limit: 1000 }));
    assert.deepEqual(pick(update, 'Memory', 'MemorySwap', 'RestartPolicy'), {
      Memory: 1000,
      MemorySwap: 2000,
      RestartPolicy: { Name: 'no', MaximumRetryCount: 0 },
    });
    assert.equal(updateSpec(sketchService('web', { mem_limit: 1000, memswap_limit: -1 }))['MemorySwap'], -1);
  });

  it('an update sends no number of attempts where nothing is to be tried again', () => {
    const deploy = { resources: {}, placement: {}, restart_policy: { max_attempts: 3 } };
    const update = updateSpec(sketchService('web', { deploy }));
    assert.deepEqual(update['RestartPolicy'], { Name: 'no', MaximumRetryCount: 0 });
  });

  it('an update of CPUs is one of their quota where the engine knows no other', () => {
    const cpu = ['NanoCpus', 'CpuPeriod', 'CpuQuota'] as const;
    const half = sketchService('web', { cpus: 0.5 });
    assert.deepEqual(pick(updateSpec(half), ...cpu), { NanoCpus: 5e8, CpuPeriod: 0, CpuQuota: 0 });
    assert.deepEqual(pick(updateSpec(half, { isPodman: true }), ...cpu), {
      NanoCpus: 0,
      CpuPeriod: 100_000,
      CpuQuota: 50_000,
    });
    const quota = sketchService('web', { cpu_quota: 20_000 });
    assert.deepEqual(pick(updateSpec(quota, { isPodman: true }), ...cpu), pick(updateSpec(quota), ...cpu));
  });
});

describe('mounts', () => {
  const project: Project = {
    ...sketchProject('shop'),
    volumes: { data: { name: 'shop_data' } },
    secrets: { key: { name: 'shop_key', file: '/srv/key', onChange: 'recreate' } },
    configs: {
      conf: { name: 'shop_conf', file: '/srv/conf', onChange: 'recreate' },
      inline: { name: 'shop_inline', content: 'x', onChange: 'recreate' },
      far: { name: 'far', external: true, onChange: 'recreate' },
    },
  };
  const mounted = (sketch: ServiceSketch, rest: Partial<CreateInput> = {}) =>
    pick(host(sketch, { project, ...rest }), 'Binds', 'Mounts');

  it('plain binds and named volumes go to Binds', () => {
    const volumes = [
      { type: 'bind', source: '/srv/a', target: '/a', read_only: true, bind: { create_host_path: true, selinux: 'z' } },
      { type: 'volume', source: 'data', target: '/data', volume: {} },
    ] as const;
    assert.deepEqual(mounted({ volumes }), { Binds: ['/srv/a:/a:ro,z', 'shop_data:/data:rw'] });
  });

  it('what the short form cannot say goes to Mounts', () => {
    const volumes = [
      { type: 'bind', source: '/srv/a', target: '/a', bind: {} },
      { type: 'bind', source: '/srv/b', target: '/b', bind: { create_host_path: true, propagation: 'rshared' } },
      { type: 'volume', source: 'data', target: '/data', volume: { nocopy: true } },
      { type: 'volume', target: '/anonymous' },
      { type: 'tmpfs', target: '/t', tmpfs: { size: 10, mode: 0o700 } },
    ] as const;
    assert.deepEqual(mounted({ volumes }), {
      Mounts: [
        { Type: 'bind', Source: '/srv/a', Target: '/a', BindOptions: {} },
        {
          Type: 'bind',
          Source: '/srv/b',
          Target: '/b',
          BindOptions: { Propagation: 'rshared', CreateMountpoint: true },
        },
        { Type: 'volume', Source: 'shop_data', Target: '/data', VolumeOptions: { NoCopy: true } },
        { Type: 'volume', Target: '/anonymous' },
        { Type: 'tmpfs', Target: '/t', TmpfsOptions: { SizeBytes: 10, Mode: 0o700 } },
      ],
    });
  });

  it('the last entry for a target wins, and a volume wins over a secret or config', () => {
    const volumes = [
      { type: 'bind', source: '/one', target: '/run/secrets/key' },
      { type: 'bind', source: '/two', target: '/run/secrets/key' },
    ] as const;
    assert.deepEqual(mounted({ volumes, secrets: [{ source: 'key' }] }), { Binds: ['/two:/run/secrets/key:rw'] });
  });

  it('configs and secrets from files are read-only binds; other content is mounted nowhere', () => {
    const made = mounted({
      secrets: [{ source: 'key', target: 'named' }],
      configs: [{ source: 'conf' }, { source: 'inline' }],
    });
    assert.deepEqual(made, {
      Mounts: [
        { Type: 'bind', Source: '/srv/key', Target: '/run/secrets/named', ReadOnly: true, BindOptions: {} },
        { Type: 'bind', Source: '/srv/conf', Target: '/conf', ReadOnly: true },
      ],
    });
    refuses(/config far is external/, { configs: [{ source: 'far' }] }, { project });
  });

  const carriedVolumes = new Map([
    ['/anonymous', 'v1'],
    ['/image', 'v2'],
  ]);

  it('anonymous volumes are carried over, those of the image too', () => {
    const volumes = [{ type: 'volume', target: '/anonymous', read_only: true }] as const;
    const made = mounted({ volumes }, { carriedVolumes, imageVolumes: ['/image/'] });
    assert.deepEqual(made, {
      Mounts: [
        { Type: 'volume', Source: 'v2', Target: '/image' },
        { Type: 'volume', Source: 'v1', Target: '/anonymous', ReadOnly: true },
      ],
    });
  });

  it('an anonymous volume that neither the service nor its image has any more is not carried over', () => {
    assert.deepEqual(mounted({}, { carriedVolumes }), {});
    const volumes = [{ type: 'tmpfs', target: '/anonymous' }] as const;
    assert.deepEqual(mounted({ volumes }, { carriedVolumes }), { Mounts: [{ Type: 'tmpfs', Target: '/anonymous' }] });
  });

  it('an anonymous volume is not carried over to where something else is wanted now', () => {
    const image = { carriedVolumes, imageVolumes: ['/image'] };
    const conf = { Type: 'bind', Source: '/srv/conf', Target: '/image', ReadOnly: true };
    assert.deepEqual(mounted({ configs: [{ source: 'conf', target: '/image' }] }, image), { Mounts: [conf] });
    const key = { Type: 'bind', Source: '/srv/key', Target: '/image', ReadOnly: true, BindOptions: {} };
    assert.deepEqual(mounted({ secrets: [{ source: 'key', target: '/image' }] }, image), { Mounts: [key] });
    assert.deepEqual(mounted({ tmpfs: ['/image/:size=1m'] }, image), {});
    const volumes = [{ type: 'bind', source: '/srv/b', target: '/image' }] as const;
    assert.deepEqual(mounted({ volumes }, image), { Binds: ['/srv/b:/image:rw'] });
  });

  it("the engine's socket is mounted where it is asked for", () => {
    const made = spec({ use_api_socket: true }, { project });
    assert.deepEqual(made.HostConfig['Binds'], ['/var/run/docker.sock:/var/run/docker.sock:rw']);
    assert.deepEqual(made['Env'], ['DOCKER_CONFIG=/run/secrets/docker']);
  });
});

describe('networks by API version', () => {
  const networks = { default: network('shop_default'), back: network('shop_back'), front: network('shop_front') };
  const project: Project = { ...sketchProject('shop'), networks };
  const several: ServiceSketch = {
    networks: { back: { aliases: ['inner'], ipv4_address: '10.0.0.9' }, default: null, front: { priority: 10 } },
  };
  const own = ['shop-web-1', 'web'];

  it('before 1.44 only the first network is in the request', () => {
    const made = spec(several, { project });
    assert.equal(made.HostConfig['NetworkMode'], 'shop_front');
    assert.deepEqual(made.NetworkingConfig?.EndpointsConfig, { shop_front: { Aliases: own, IPAMConfig: {} } });
  });

  it('from 1.44 on all are, the first still by priority, then by name', () => {
    const made = spec(several, { project, apiVersion: '1.44' });
    assert.equal(made.HostConfig['NetworkMode'], 'shop_front');
    assert.deepEqual(made.NetworkingConfig?.EndpointsConfig, {
      shop_front: { Aliases: own, IPAMConfig: {} },
      shop_back: { Aliases: [...own, 'inner'], IPAMConfig: { IPv4Address: '10.0.0.9' } },
      shop_default: { Aliases: own },
    });
  });

  it('with network_mode there are no endpoints; without any network the mode is none', () => {
    const made = spec({ network_mode: 'host' }, { project });
    assert.deepEqual([made.HostConfig['NetworkMode'], made.NetworkingConfig], ['host', undefined]);
    const bare = spec({ networks: {} }, { project: { ...project, networks: {} } });
    assert.deepEqual([bare.HostConfig['NetworkMode'], bare.NetworkingConfig], ['none', undefined]);
    const others = spec({ networks: {} }, { project: { ...project, networks: { back: network('shop_back') } } });
    assert.deepEqual([others.HostConfig['NetworkMode'], others.NetworkingConfig], ['default', undefined]);
  });

  it('a MAC address goes where the version wants it', () => {
    const mac_address = '02:42:ac:11:00:09';
    const old = spec({ mac_address }, { project });
    assert.deepEqual(
      [old['MacAddress'], old.NetworkingConfig?.EndpointsConfig['shop_default']?.['MacAddress']],
      [mac_address, undefined],
    );
    const now = spec({ mac_address }, { project, apiVersion: '1.51' });
    assert.deepEqual(
      [now['MacAddress'], now.NetworkingConfig?.EndpointsConfig['shop_default']?.['MacAddress']],
      [undefined, mac_address],
    );
  });

  it('links lead to every container of a service under its three names, made or not', () => {
    const two = { ...project, services: { ...project.services, db: sketchService('db', { replicas: 2 }) } };
    const made = host({ links: ['db'] }, { project: two })['Links'];
    assert.deepEqual(
      made,
      ['shop-db-1', 'shop-db-2'].flatMap((name) => [`${name}:db`, `${name}:db-1`, `${name}:shop-db-1`]),
    );
  });

  it('links to a service outside the model lead to the containers that it has', () => {
    const links = host({ links: ['db:store'], external_links: ['box', 'far:near'] }, { project, number: 2 })['Links'];
    assert.deepEqual(links, ['shop-db-1:store', 'shop-db-1:db-2', 'shop-db-1:shop-db-2', 'box:box', 'far:near']);
  });
});

describe('the request for a network', () => {
  it('has an IPAM only where there is something to say', () => {
    assert.deepEqual(sent(networkCreateSpec(network('n'), { a: 'b' })), {
      Name: 'n',
      CheckDuplicate: true,
      Driver: '',
      Options: null,
      Internal: false,
      Attachable: false,
      Labels: { a: 'b' },
      IPAM: null,
    });
    const pools = { name: 'n', ipam: { config: [{ subnet: '10.1.0.0/16', aux_addresses: { a: '10.1.0.9' } }] } };
    assert.deepEqual(sent(networkCreateSpec(pools, {})['IPAM']), {
      Driver: '',
      Config: [{ Subnet: '10.1.0.0/16', AuxiliaryAddresses: { a: '10.1.0.9' } }],
    });
  });
});

/** As the engine gets it: JSON drops what is undefined. */
function sent(body: unknown): unknown {
  return JSON.parse(JSON.stringify(body));
}

function createSpecImage(
  service: ReturnType<typeof sketchService> | Omit<ReturnType<typeof sketchService>, 'image'>,
): unknown {
  return spec({}, { service })['Image'];
}
