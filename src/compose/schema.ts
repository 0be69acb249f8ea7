/**
 * What a Compose file may say: every attribute, the kinds of value it takes, and what is required of them.
 *
 * It accepts what the JSON schema that Docker Compose 2.40.3 carries accepts (compose-go 2.9.1), plus `pre_start`
 * and `no_cache_filter` of the current specification. It is a table of our own and not that schema with a general
 * validator, because the tree it checks keeps positions, alternatives are told apart by the kind of a node alone
 * (so that an error names what is wrong and not that "no alternative matched"), and the validator costs no start-up.
 */

import type { NodeKind } from './node.ts';

export type Rule = ScalarRule | MapRule | ListRule | EitherRule | AnyRule;

export type ScalarType = 'string' | 'number' | 'integer' | 'boolean' | 'null';

export interface ScalarRule {
  readonly is: 'scalar';
  readonly types: readonly ScalarType[];
  readonly oneOf?: readonly string[];
  readonly pattern?: RegExp;
  readonly min?: number;
  readonly max?: number;
}

export interface MapRule {
  readonly is: 'map';
  /** Known keys. */
  readonly keys: ReadonlyMap<string, Rule>;
  /** Rule for other keys that match; without `pattern` every other key does. */
  readonly others?: { readonly pattern?: RegExp; readonly rule: Rule };
  /** Keys that nothing above allows: refused, unless `open`. */
  readonly open: boolean;
  /** Keys beginning with `x-` are allowed. */
  readonly extensible: boolean;
  readonly required: readonly string[];
}

export interface ListRule {
  readonly is: 'list';
  readonly items: Rule;
  readonly unique: boolean;
}

/** Alternatives; which of them is meant follows from the kind of the node. */
export interface EitherRule {
  readonly is: 'either';
  readonly of: readonly Rule[];
}

export interface AnyRule {
  readonly is: 'any';
}

function scalar(...types: ScalarType[]): ScalarRule {
  return { is: 'scalar', types };
}

function oneOf(...values: string[]): ScalarRule {
  return { is: 'scalar', types: ['string'], oneOf: values };
}

function matching(pattern: RegExp): ScalarRule {
  return { is: 'scalar', types: ['string'], pattern };
}

function range(min: number, max?: number): EitherRule {
  return either(text, { is: 'scalar', types: ['integer'], min, ...(max === undefined ? {} : { max }) });
}

function list(items: Rule): ListRule {
  return { is: 'list', items, unique: false };
}

function set(items: Rule): ListRule {
  return { is: 'list', items, unique: true };
}

function either(...of: Rule[]): EitherRule {
  return { is: 'either', of };
}

interface MapOptions {
  readonly required?: readonly string[];
  readonly extensible?: boolean;
  readonly open?: boolean;
}

/** A mapping with known keys; `x-` keys are allowed unless said otherwise. */
function keys(known: Readonly<Record<string, Rule>>, options: MapOptions = {}): MapRule {
  return {
    is: 'map',
    keys: new Map(Object.entries(known)),
    open: options.open ?? false,
    extensible: options.extensible ?? true,
    required: options.required ?? [],
  };
}

/** A mapping whose keys the user chooses. */
function named(rule: Rule, pattern?: RegExp, open = false): MapRule {
  return {
    is: 'map',
    keys: new Map(),
    others: pattern === undefined ? { rule } : { pattern, rule },
    open,
    extensible: false,
    required: [],
  };
}

const IDENTIFIER = /^[a-zA-Z0-9._-]+$/;
const NOT_EMPTY = /^.+$/;

const any: Rule = { is: 'any' };
const text = scalar('string');
const nothing = scalar('null');
const number = scalar('number');
const boolean = scalar('boolean');
const flag = scalar('boolean', 'string');
const integerOrText = scalar('integer', 'string');
const numberOrText = scalar('number', 'string');
const texts = list(text);
const textSet = set(text);
const textOrSet = either(text, textSet);
const command = either(nothing, text, texts);
const keyValues = either(named(scalar('string', 'number', 'boolean', 'null'), /.+/), textSet);
const extraHosts = either(named(either(text, texts), /.+/), textSet);
const driverOptions = named(numberOrText, NOT_EMPTY, true);
const external = either(flag, keys({ name: text }));
const openExternal = either(flag, keys({ name: text }, { open: true }));
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

const service = keys({
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

const network = either(
  nothing,
  keys({
    name: text,
    driver: text,
    driver_opts: driverOptions,
    ipam: keys({
      driver: text,
      config: list(keys({ subnet: text, ip_range: text, gateway: text, aux_addresses: named(text, NOT_EMPTY) })),
      options: named(text, NOT_EMPTY),
    }),
    external,
    internal: flag,
    enable_ipv4: flag,
    enable_ipv6: flag,
    attachable: flag,
    labels: keyValues,
  }),
);

const volume = either(
  nothing,
  keys({ name: text, driver: text, driver_opts: driverOptions, external, labels: keyValues }),
);

const secret = keys({
  name: text,
  environment: text,
  file: text,
  external: openExternal,
  labels: keyValues,
  driver: text,
  driver_opts: driverOptions,
  template_driver: text,
});

const config = keys({
  name: text,
  content: text,
  environment: text,
  file: text,
  external: openExternal,
  labels: keyValues,
  template_driver: text,
});

const model = keys(
  { name: text, model: text, context_size: scalar('integer'), runtime_flags: texts },
  { required: ['model'] },
);

/** A whole file. */
export const COMPOSE_FILE: MapRule = keys({
  version: text,
  name: text,
  include: list(
    either(text, keys({ path: textOrSet, env_file: textOrSet, project_directory: text }, { extensible: false })),
  ),
  services: named(service, IDENTIFIER),
  models: named(model, IDENTIFIER, true),
  networks: named(network, IDENTIFIER, true),
  volumes: named(volume, IDENTIFIER),
  secrets: named(secret, IDENTIFIER),
  configs: named(config, IDENTIFIER),
});

const kindsByRule = new WeakMap<Rule, ReadonlySet<NodeKind>>();

/** Kinds of node that a rule can take; validation chooses an alternative by them. */
export function acceptedKinds(rule: Rule): ReadonlySet<NodeKind> {
  const known = kindsByRule.get(rule);
  if (known !== undefined) return known;
  const kinds = new Set(kindsOf(rule));
  kindsByRule.set(rule, kinds);
  return kinds;
}

function kindsOf(rule: Rule): readonly NodeKind[] {
  switch (rule.is) {
    case 'map':
      return ['map'];
    case 'list':
      return ['list'];
    case 'either':
      return rule.of.flatMap((alternative) => kindsOf(alternative));
    case 'any':
      return ['map', 'list', 'string', 'int', 'float', 'bool', 'null'];
    case 'scalar':
      return rule.types.flatMap((type) => SCALAR_KINDS[type]);
  }
}

const SCALAR_KINDS: Readonly<Record<ScalarType, readonly NodeKind[]>> = {
  string: ['string'],
  number: ['int', 'float'],
  integer: ['int'],
  boolean: ['bool'],
  null: ['null'],
};
