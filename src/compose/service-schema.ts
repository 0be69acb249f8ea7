/**
 * What a service of a Compose file may say.
 */

import {
  IDENTIFIER,
  NOT_EMPTY,
  any,
  boolean,
  command,
  driverOptions,
  extraHosts,
  flag,
  integerOrText,
  keyValues,
  nothing,
  number,
  numberOrText,
  text,
  textOrSet,
  textSet,
  texts,
} from './schema-common.ts';
import { scalar, oneOf, matching, range, list, set, either, keys, named } from './schema-language.ts';

const ulimits = named(
  either(integerOrText, keys({ hard: integerOrText, soft: integerOrText }, { required: ['soft', 'hard'] })),
  /^[a-z]+$/,
  true,
);
const fileReferences = list(
  either(text, keys({ source: text, target: text, uid: text, gid: text, mode: numberOrText })),
);

const hookKeys = { command, user: text, privileged: flag, working_dir: text, environment: keyValues };
const hook = keys(hookKeys, { required: ['command'] });
const preStartHook = keys({ ...hookKeys, image: text, per_replica: flag });

const build = either(
  text,
  keys({
    context: text,
    dockerfile: text,
    dockerfile_inline: text,
    entitlements: texts,
    args: keyValues,
    ssh: keyValues,
    labels: keyValues,
    cache_from: texts,
    cache_to: texts,
    no_cache: flag,
    no_cache_filter: textOrSet,
    additional_contexts: keyValues,
    network: text,
    provenance: flag,
    sbom: flag,
    pull: flag,
    target: text,
    shm_size: integerOrText,
    extra_hosts: extraHosts,
    isolation: text,
    privileged: flag,
    secrets: fileReferences,
    tags: texts,
    ulimits,
    platforms: texts,
  }),
);

const throttles = list(keys({ path: text, rate: integerOrText }, { extensible: false }));
const blkio = keys(
  {
    device_read_bps: throttles,
    device_read_iops: throttles,
    device_write_bps: throttles,
    device_write_iops: throttles,
    weight: integerOrText,
    weight_device: list(keys({ path: text, weight: integerOrText }, { extensible: false })),
  },
  { extensible: false },
);

const condition = oneOf('service_started', 'service_healthy', 'service_completed_successfully');
const dependsOn = either(
  textSet,
  named(keys({ restart: flag, required: boolean, condition }, { required: ['condition'] }), IDENTIFIER),
);

const deviceRequestKeys = {
  capabilities: textSet,
  count: integerOrText,
  device_ids: textSet,
  driver: text,
  options: keyValues,
};

const updateConfig = keys({
  parallelism: integerOrText,
  delay: text,
  failure_action: text,
  monitor: text,
  max_failure_ratio: numberOrText,
  order: oneOf('start-first', 'stop-first'),
});

const deploy = either(
  nothing,
  keys({
    mode: text,
    endpoint_mode: text,
    replicas: integerOrText,
    labels: keyValues,
    rollback_config: updateConfig,
    update_config: updateConfig,
    resources: keys({
      limits: keys({ cpus: numberOrText, memory: text, pids: integerOrText }),
      reservations: keys({
        cpus: numberOrText,
        memory: text,
        generic_resources: list(keys({ discrete_resource_spec: keys({ kind: text, value: numberOrText }) })),
        devices: list(keys(deviceRequestKeys, { required: ['capabilities'] })),
      }),
    }),
    restart_policy: keys({ condition: text, delay: text, max_attempts: integerOrText, window: text }),
    placement: keys({
      constraints: texts,
      preferences: list(keys({ spread: text })),
      max_replicas_per_node: integerOrText,
    }),
  }),
);

const develop = either(
  nothing,
  keys({
    watch: list(
      keys(
        {
          ignore: textOrSet,
          include: textOrSet,
          path: text,
          action: oneOf('rebuild', 'sync', 'restart', 'sync+restart', 'sync+exec'),
          target: text,
          exec: hook,
          initial_sync: boolean,
        },
        { required: ['path', 'action'] },
      ),
    ),
  }),
);

const healthcheck = keys({
  disable: flag,
  interval: text,
  retries: numberOrText,
  test: either(text, texts),
  timeout: text,
  start_period: text,
  start_interval: text,
});

const serviceNetwork = keys({
  aliases: textSet,
  interface_name: text,
  ipv4_address: text,
  ipv6_address: text,
  link_local_ips: textSet,
  mac_address: text,
  driver_opts: driverOptions,
  priority: number,
  gw_priority: number,
});

const mount = keys(
  {
    type: oneOf('bind', 'volume', 'tmpfs', 'cluster', 'npipe', 'image'),
    source: text,
    target: text,
    read_only: flag,
    consistency: text,
    bind: keys({
      propagation: text,
      create_host_path: flag,
      recursive: oneOf('enabled', 'disabled', 'writable', 'readonly'),
      selinux: oneOf('z', 'Z'),
    }),
    volume: keys({ labels: keyValues, nocopy: flag, subpath: text }),
    tmpfs: keys({ size: either({ is: 'scalar', types: ['integer'], min: 0 }, text), mode: numberOrText }),
    image: keys({ subpath: text }),
  },
  { required: ['type'] },
);

const port = keys({
  name: text,
  mode: text,
  host_ip: text,
  target: integerOrText,
  published: integerOrText,
  protocol: text,
  app_protocol: text,
});

const optionValue = scalar('string', 'number', 'boolean');

/** A service. */
export const service = keys({
  annotations: keyValues,
  attach: flag,
  blkio_config: blkio,
  build,
  cap_add: textSet,
  cap_drop: textSet,
  cgroup: oneOf('host', 'private'),
  cgroup_parent: text,
  command,
  configs: fileReferences,
  container_name: matching(/[a-zA-Z0-9][a-zA-Z0-9_.-]+/),
  cpu_count: range(0),
  cpu_percent: range(0, 100),
  cpu_period: numberOrText,
  cpu_quota: numberOrText,
  cpu_rt_period: numberOrText,
  cpu_rt_runtime: numberOrText,
  cpu_shares: numberOrText,
  cpus: numberOrText,
  cpuset: text,
  credential_spec: keys({ config: text, file: text, registry: text }),
  depends_on: dependsOn,
  deploy,
  develop,
  device_cgroup_rules: textSet,
  devices: list(either(text, keys({ source: text, target: text, permissions: text }, { required: ['source'] }))),
  dns: textOrSet,
  dns_opt: textSet,
  dns_search: textOrSet,
  domainname: text,
  entrypoint: command,
  env_file: either(
    text,
    list(either(text, keys({ path: text, format: text, required: flag }, { required: ['path'], extensible: false }))),
  ),
  environment: keyValues,
  expose: set(numberOrText),
  extends: either(text, keys({ service: text, file: text }, { required: ['service'], extensible: false })),
  external_links: textSet,
  extra_hosts: extraHosts,
  gpus: either(oneOf('all'), list(keys(deviceRequestKeys, { open: true }))),
  group_add: set(numberOrText),
  healthcheck,
  hostname: text,
  image: text,
  init: flag,
  ipc: text,
  isolation: text,
  label_file: either(text, texts),
  labels: keyValues,
  links: textSet,
  logging: keys({ driver: text, options: named(scalar('string', 'number', 'null'), NOT_EMPTY, true) }),
  mac_address: text,
  mem_limit: numberOrText,
  mem_reservation: integerOrText,
  mem_swappiness: integerOrText,
  memswap_limit: numberOrText,
  models: either(textSet, named(either(nothing, keys({ endpoint_var: text, model_var: text })), IDENTIFIER, true)),
  network_mode: text,
  networks: either(textSet, named(either(nothing, serviceNetwork), IDENTIFIER)),
  oom_kill_disable: flag,
  oom_score_adj: range(-1000, 1000),
  pid: scalar('string', 'null'),
  pids_limit: numberOrText,
  platform: text,
  ports: set(either(number, text, port)),
  post_start: list(hook),
  pre_start: list(preStartHook),
  pre_stop: list(hook),
  privileged: flag,
  profiles: textSet,
  provider: keys(
    { type: text, options: named(either(optionValue, list(optionValue)), NOT_EMPTY, true) },
    { required: ['type'] },
  ),
  pull_policy: matching(/always|never|build|if_not_present|missing|refresh|daily|weekly|every_([0-9]+[wdhms])+/),
  pull_refresh_after: text,
  read_only: flag,
  restart: text,
  runtime: text,
  scale: integerOrText,
  secrets: fileReferences,
  security_opt: textSet,
  shm_size: numberOrText,
  stdin_open: flag,
  stop_grace_period: text,
  stop_signal: text,
  storage_opt: named(any),
  sysctls: keyValues,
  tmpfs: textOrSet,
  tty: flag,
  ulimits,
  use_api_socket: boolean,
  user: text,
  userns_mode: text,
  uts: text,
  volumes: set(either(text, mount)),
  volumes_from: textSet,
  working_dir: text,
});
