/**
 * What a Compose file may say: every attribute, the kinds of value it takes, and what is required of them.
 *
 * It accepts what the JSON schema that Docker Compose 2.40.3 carries accepts (compose-go 2.9.1), plus `pre_start`
 * and `no_cache_filter` of the current specification. It is a table of our own and not that schema with a general
 * validator, because the tree it checks keeps positions and a general validator reports alternatives badly and costs
 * start-up time.
 */

import {
  IDENTIFIER,
  NOT_EMPTY,
  driverOptions,
  external,
  flag,
  keyValues,
  nothing,
  openExternal,
  text,
  textOrSet,
  texts,
} from './schema-common.ts';
import { scalar, list, either, keys, named, type MapRule } from './schema-language.ts';
import { service } from './service-schema.ts';

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
