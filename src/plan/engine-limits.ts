/**
 * What the engine at hand cannot do: every attribute of the model that some API version from 1.41 (Docker 20.10) on lacks,
 * in one table, and what no engine can do at all. Said before anything is touched.
 *
 * The versions are those of the Engine API's own history. An older engine refuses some of these when the container is made,
 * which would be too late; most it drops without a word, and the container then runs as something else than the file says.
 * Docker Compose refuses three of them (`refused`) and lets the engine drop the others. What is dropped does no harm to a
 * container that does not run: with `--no-start` it is made as Compose makes it, and refused when it is to start.
 */

import { DOCKER_RELEASE, isAtLeast } from '../model/api-version.ts';
import { networkOrder } from '../model/endpoint.ts';
import type { Network, Project, Service, ServiceNetwork, ServiceVolume } from '../model/project.ts';
import { isCdiDevice } from '../model/resources.ts';

export interface Lack {
  /** `networks.front.gw_priority` */
  readonly attribute: string;
  /** The API version that has it. */
  readonly since: string;
  /** What an older engine makes of the request. */
  readonly older: 'dropped' | 'refused';
}

type Row<T> = readonly [attribute: string, since: string, older: Lack['older'], isAsked: (of: T) => boolean];

const SERVICE: readonly Row<Service>[] = [
  ['annotations', '1.43', 'dropped', ({ annotations }) => Object.keys(annotations ?? {}).length > 0],
  ['devices (by CDI name)', '1.44', 'refused', ({ devices }) => (devices ?? []).some(isCdiDevice)],
  ['healthcheck.start_interval', '1.44', 'refused', ({ healthcheck }) => healthcheck?.start_interval !== undefined],
];

/** Driver options of an endpoint that libnetwork reads since then. */
const ENDPOINT_SYSCTLS = 'com.docker.network.endpoint.sysctls';

const SERVICE_NETWORK: readonly Row<ServiceNetwork>[] = [
  ['mac_address', '1.44', 'refused', ({ mac_address }) => mac_address !== undefined],
  [
    `driver_opts.${ENDPOINT_SYSCTLS}`,
    '1.46',
    'dropped',
    ({ driver_opts }) => Object.hasOwn(driver_opts ?? {}, ENDPOINT_SYSCTLS),
  ],
  ['gw_priority', '1.48', 'dropped', ({ gw_priority }) => (gw_priority ?? 0) !== 0],
  ['interface_name', '1.49', 'refused', ({ interface_name }) => interface_name !== undefined],
];

const SERVICE_VOLUME: readonly Row<ServiceVolume>[] = [
  ['type cluster', '1.42', 'refused', ({ type }) => type === 'cluster'],
  ['bind.recursive readonly', '1.44', 'dropped', ({ bind }) => bind?.recursive === 'readonly'],
  ['volume.subpath', '1.45', 'dropped', ({ volume }) => Boolean(volume?.subpath)],
  ['type image', '1.48', 'refused', ({ type }) => type === 'image'],
];

const NETWORK: readonly Row<Network>[] = [
  ['enable_ipv4: false', '1.47', 'dropped', ({ enable_ipv4 }) => enable_ipv4 === false],
];

/** What a service asks for and this engine lacks. */
export function serviceLacks(service: Service, apiVersion: string): Lack[] {
  const all = [
    ...asked(SERVICE, service, ''),
    ...Object.entries(service.networks ?? {}).flatMap(([key, settings]) =>
      settings ? asked(SERVICE_NETWORK, settings, `networks.${key}.`) : [],
    ),
    ...(service.volumes ?? []).flatMap((volume) => asked(SERVICE_VOLUME, volume, `volumes ${volume.target} `)),
  ];
  return all.filter(({ since }) => !isAtLeast(apiVersion, since));
}

/** What a network asks for and this engine lacks. */
export function networkLacks(network: Network, apiVersion: string): Lack[] {
  return asked(NETWORK, network, '').filter(({ since }) => !isAtLeast(apiVersion, since));
}

function asked<T>(table: readonly Row<T>[], of: T, prefix: string): Lack[] {
  return table
    .filter(([, , , isAsked]) => isAsked(of))
    .map(([attribute, since, older]) => ({ attribute: prefix + attribute, since, older }));
}

/** `annotations needs engine API 1.43 (Docker 24.0): this engine speaks 1.41` */
export function renderLacks(lacks: readonly Lack[], apiVersion: string): string {
  const needs = lacks.map(
    ({ attribute, since }) => `${attribute} needs engine API ${since} (Docker ${DOCKER_RELEASE[since]})`,
  );
  return `${needs.join(', ')}: this engine speaks ${apiVersion}`;
}

/** A sentence about what no engine can do for this service, whatever its version; undefined when there is nothing. */
export function impossible(project: Project, service: Service): string | undefined {
  const { healthcheck, mac_address: mac } = service;
  if (healthcheck?.start_interval !== undefined && healthcheck.start_period === undefined) {
    return 'healthcheck.start_interval has a meaning only during the start_period: set healthcheck.start_period too';
  }
  for (const [key, settings] of Object.entries(service.networks ?? {})) {
    const own = settings?.mac_address;
    if (mac !== undefined && own !== undefined && own !== mac && key === networkOrder(service)[0]) {
      return `mac_address and networks.${key}.mac_address differ: give one of them`;
    }
  }
  return needsSwarm(project, service);
}

function needsSwarm({ configs, secrets }: Project, service: Service): string | undefined {
  for (const [kind, references, objects] of [
    ['secret', service.secrets ?? [], secrets],
    ['config', service.configs ?? [], configs],
  ] as const) {
    for (const { source } of references) {
      const object = objects[source];
      const why = object?.external
        ? 'is external'
        : object?.driver || object?.template_driver
          ? 'has a driver'
          : undefined;
      if (why) return `${kind} ${source} ${why}, which needs Swarm: give it a file, content or environment`;
    }
  }
  return undefined;
}
