/**
 * Every part of the Compose model, member by member, in the order in which Docker Compose writes them.
 *
 * The order, the zero values that are left out and the forms are those of Compose 2.40.3, plus `pre_start` where
 * later versions have it. The config hash covers this order: a member moved here changes the hash of services that
 * set it, and every one of their containers would be recreated.
 */

import type { Field, ListForm, MapForm, Shape } from './shape.ts';

const text: Shape = { is: 'string' };
/** What its owner cannot be without, or what is something even when empty. */
const given: Shape = { is: 'string', keepsEmpty: true };
const bool: Shape = { is: 'bool' };
const int: Shape = { is: 'int' };
const wide: Shape = { is: 'int', wide: true };
const count: Shape = { is: 'int', unsigned: true };
const ratio: Shape = { is: 'ratio' };
const bytes: Shape = { is: 'bytes' };
const duration: Shape = { is: 'duration' };
const texts: Shape = list(text);
const textOrTexts: Shape = list(text, 'string');
const words: Shape = list(text, 'words');
const hosts: Shape = list(text, 'hosts');
const labels: Shape = map(text, 'labels');
const mapping: Shape = map(text, 'mapping');
const options: Shape = map(text, 'options');
const environment: Shape = map(text, 'environment');

function list(of: Shape, from?: ListForm): Shape {
  return from === undefined ? { is: 'list', of } : { is: 'list', of, from };
}

function map(of: Shape, from?: MapForm): Shape {
  return from === undefined ? { is: 'map', of } : { is: 'map', of, from };
}

function struct(fields: readonly Field[]): Shape {
  return { is: 'struct', fields };
}

/** Left out when zero or empty. */
function f(name: string, shape: Shape): Field {
  return { name, printed: name, shape, print: 'unless-zero' };
}

/** Printed whenever it is set. */
function p(name: string, shape: Shape): Field {
  return { name, printed: name, shape, print: 'when-set' };
}

/** Always printed, null when unset. */
function always(name: string, shape: Shape): Field {
  return { name, printed: name, shape, print: 'always' };
}

/** Always printed, empty or 0 when unset. */
function z(name: string, shape: Shape, printed = name): Field {
  return { name, printed, shape, print: 'zero' };
}

/** Always printed, an object when unset. */
function s(name: string, shape: Shape): Field {
  return { name, printed: name, shape, print: 'struct' };
}

export const HOOK: Shape = struct([
  always('command', words),
  f('image', text),
  f('user', text),
  f('privileged', bool),
  f('working_dir', text),
  f('environment', environment),
  f('per_replica', bool),
]);

const ULIMIT: Shape = { is: 'ulimit', fields: [f('soft', wide), f('hard', wide)] };

const FILE_REFERENCE: Shape = struct([
  f('source', given),
  f('target', text),
  f('uid', text),
  f('gid', text),
  p('mode', { is: 'mode' }),
]);

const BUILD: Shape = struct([
  f('context', text),
  f('dockerfile', text),
  f('dockerfile_inline', text),
  f('entitlements', texts),
  f('args', environment),
  f('provenance', text),
  f('sbom', text),
  f('ssh', list(text, 'ssh')),
  f('labels', labels),
  f('cache_from', textOrTexts),
  f('cache_to', textOrTexts),
  f('no_cache', bool),
  f('no_cache_filter', textOrTexts),
  f('additional_contexts', mapping),
  f('pull', bool),
  f('extra_hosts', hosts),
  f('isolation', text),
  f('network', text),
  f('target', text),
  f('secrets', list(FILE_REFERENCE)),
  f('shm_size', bytes),
  f('tags', textOrTexts),
  f('ulimits', map(ULIMIT, 'nullable')),
  f('platforms', textOrTexts),
  f('privileged', bool),
]);

const WATCH: Shape = struct([
  z('path', text),
  z('action', text),
  f('target', text),
  s('exec', HOOK),
  f('include', texts),
  f('ignore', texts),
  f('initial_sync', bool),
]);

const WEIGHT_DEVICE: Shape = struct([z('path', text, 'Path'), z('weight', count, 'Weight')]);
const THROTTLE_DEVICE: Shape = struct([z('path', text, 'Path'), z('rate', bytes, 'Rate')]);

const BLKIO: Shape = struct([
  f('weight', count),
  f('weight_device', list(WEIGHT_DEVICE)),
  f('device_read_bps', list(THROTTLE_DEVICE)),
  f('device_read_iops', list(THROTTLE_DEVICE)),
  f('device_write_bps', list(THROTTLE_DEVICE)),
  f('device_write_iops', list(THROTTLE_DEVICE)),
]);

const DEVICE_REQUEST: Shape = struct([
  f('capabilities', texts),
  f('driver', text),
  f('count', { is: 'int', all: true }),
  f('device_ids', texts),
  f('options', mapping),
]);

const UPDATE: Shape = struct([
  p('parallelism', count),
  f('delay', duration),
  f('failure_action', text),
  f('monitor', duration),
  f('max_failure_ratio', ratio),
  f('order', text),
]);

const RESOURCE: Shape = struct([
  f('cpus', ratio),
  f('memory', bytes),
  f('pids', int),
  f('devices', list(DEVICE_REQUEST)),
  f('generic_resources', list(struct([p('discrete_resource_spec', struct([z('kind', text), z('value', int)]))]))),
]);

const DEPLOY: Shape = struct([
  f('mode', text),
  p('replicas', int),
  f('labels', labels),
  p('update_config', UPDATE),
  p('rollback_config', UPDATE),
  s('resources', struct([p('limits', RESOURCE), p('reservations', RESOURCE)])),
  p(
    'restart_policy',
    struct([f('condition', text), p('delay', duration), p('max_attempts', count), p('window', duration)]),
  ),
  s(
    'placement',
    struct([
      f('constraints', texts),
      f('preferences', list(struct([f('spread', text)]))),
      f('max_replicas_per_node', count),
    ]),
  ),
  f('endpoint_mode', text),
]);

const HEALTHCHECK: Shape = struct([
  f('test', list(text, 'health-test')),
  p('timeout', duration),
  p('interval', duration),
  p('retries', count),
  p('start_period', duration),
  p('start_interval', duration),
  f('disable', bool),
]);

const SERVICE_NETWORK: Shape = struct([
  f('aliases', texts),
  f('driver_opts', options),
  f('gw_priority', int),
  f('interface_name', text),
  f('ipv4_address', text),
  f('ipv6_address', text),
  f('link_local_ips', texts),
  f('mac_address', text),
  f('priority', int),
]);

const PORT: Shape = struct([
  f('name', text),
  f('mode', text),
  f('host_ip', text),
  f('target', count),
  f('published', text),
  f('protocol', text),
  f('app_protocol', text),
]);

const MOUNT: Shape = struct([
  f('type', given),
  f('source', text),
  f('target', given),
  f('read_only', bool),
  f('consistency', text),
  p('bind', struct([f('selinux', text), f('propagation', text), f('create_host_path', bool), f('recursive', text)])),
  p('volume', struct([f('labels', mapping), f('nocopy', bool), f('subpath', text)])),
  p('tmpfs', struct([f('size', bytes), f('mode', count)])),
  p('image', struct([f('subpath', text)])),
]);

const ENV_FILE: Shape = { is: 'env-file', fields: [f('path', given), p('required', bool), f('format', text)] };

/** A service; `profiles` first and `pre_start` before `post_start`, as Compose has them. */
export const SERVICE_FIELDS: readonly Field[] = [
  f('profiles', texts),
  f('annotations', mapping),
  p('attach', bool),
  p('build', BUILD),
  p('develop', struct([f('watch', list(WATCH))])),
  p('blkio_config', BLKIO),
  f('cap_add', texts),
  f('cap_drop', texts),
  f('cgroup_parent', text),
  f('cgroup', text),
  f('cpu_count', int),
  f('cpu_percent', ratio),
  f('cpu_period', int),
  f('cpu_quota', int),
  f('cpu_rt_period', int),
  f('cpu_rt_runtime', int),
  f('cpus', ratio),
  f('cpuset', text),
  f('cpu_shares', int),
  always('command', words),
  f('configs', list(FILE_REFERENCE)),
  f('container_name', text),
  p('credential_spec', struct([f('config', text), f('file', text), f('registry', text)])),
  f('depends_on', map(struct([f('condition', given), f('restart', bool), p('required', bool)]))),
  p('deploy', DEPLOY),
  f('device_cgroup_rules', texts),
  f('devices', list(struct([f('source', given), f('target', text), f('permissions', text)]))),
  f('dns', textOrTexts),
  f('dns_opt', texts),
  f('dns_search', textOrTexts),
  f('domainname', text),
  always('entrypoint', words),
  p('provider', struct([f('type', given), f('options', map(texts, 'multi-options'))])),
  f('environment', environment),
  f('env_file', list(ENV_FILE)),
  f('expose', list({ is: 'string', from: 'string-or-number' }, 'string')),
  p('extends', struct([f('file', text), f('service', text)])),
  f('external_links', texts),
  f('extra_hosts', hosts),
  f('group_add', texts),
  f('gpus', list(DEVICE_REQUEST)),
  f('hostname', text),
  p('healthcheck', HEALTHCHECK),
  f('image', text),
  p('init', bool),
  f('ipc', text),
  f('isolation', text),
  f('labels', labels),
  f('label_file', texts),
  f('links', texts),
  p('logging', struct([f('driver', text), f('options', options)])),
  f('mem_limit', bytes),
  f('mem_reservation', bytes),
  f('memswap_limit', bytes),
  f('mem_swappiness', bytes),
  f('mac_address', text),
  f('models', map(struct([f('endpoint_var', text), f('model_var', text)]), 'nullable')),
  f('network_mode', text),
  f('networks', map(SERVICE_NETWORK, 'nullable')),
  f('oom_kill_disable', bool),
  f('oom_score_adj', int),
  f('pid', text),
  f('pids_limit', wide),
  f('platform', text),
  f('ports', list(PORT)),
  f('privileged', bool),
  f('pull_policy', text),
  f('read_only', bool),
  f('restart', text),
  f('runtime', text),
  p('scale', int),
  f('secrets', list(FILE_REFERENCE)),
  f('security_opt', texts),
  f('shm_size', bytes),
  f('stdin_open', bool),
  p('stop_grace_period', duration),
  f('stop_signal', text),
  f('storage_opt', map(text)),
  f('sysctls', mapping),
  f('tmpfs', textOrTexts),
  f('tty', bool),
  f('ulimits', map(ULIMIT, 'nullable')),
  f('use_api_socket', bool),
  f('user', text),
  f('userns_mode', text),
  f('uts', text),
  f('volume_driver', text),
  f('volumes', list(MOUNT)),
  f('volumes_from', texts),
  f('working_dir', text),
  f('pre_start', list(HOOK)),
  f('post_start', list(HOOK)),
  f('pre_stop', list(HOOK)),
];

export const SERVICE: Shape = struct(SERVICE_FIELDS);

export const NETWORK: Shape = struct([
  f('name', given),
  f('driver', text),
  f('driver_opts', options),
  s(
    'ipam',
    struct([
      f('driver', text),
      f(
        'config',
        list(struct([f('subnet', text), f('gateway', text), f('ip_range', text), f('aux_addresses', mapping)])),
      ),
    ]),
  ),
  f('external', bool),
  f('internal', bool),
  f('attachable', bool),
  f('labels', labels),
  p('enable_ipv4', bool),
  p('enable_ipv6', bool),
]);

export const VOLUME: Shape = struct([
  f('name', given),
  f('driver', text),
  f('driver_opts', options),
  f('external', bool),
  f('labels', labels),
]);

/** A top-level config or secret. */
export const FILE_OBJECT: Shape = struct([
  f('name', given),
  f('file', text),
  f('environment', given),
  f('content', given),
  f('external', bool),
  f('labels', labels),
  f('driver', text),
  f('driver_opts', map(text)),
  f('template_driver', text),
]);
