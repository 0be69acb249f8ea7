/** The smallest desired things that engine tests need, in a line each. What a test does not say has a default. */
import { LABEL, containerName } from '../../src/model/owner.ts';
import type { ContainerRequest } from '../../src/engine/engine.ts';
import type { Network, Project, Service } from '../../src/model/project.ts';

export type ServiceSketch = Partial<Omit<Service, 'name'>>;

/** A project with a default network; `web` runs until it is stopped, and stops at once. */
export function sketchProject(name: string, services: Readonly<Record<string, ServiceSketch>> = { web: {} }): Project {
  return {
    name,
    workingDir: '/srv/sketch',
    configFiles: ['/srv/sketch/compose.yaml'],
    environmentFiles: [],
    disabledServices: [],
    networks: { default: network(`${name}_default`) },
    volumes: {},
    secrets: {},
    configs: {},
    extensions: {},
    inputFiles: [],
    sensitiveValues: new Set(),
    services: Object.fromEntries(Object.entries(services).map(([key, sketch]) => [key, sketchService(key, sketch)])),
  };
}

export function sketchService(name: string, sketch: ServiceSketch = {}): Service {
  return {
    name,
    image: 'reeve-test/busybox:1',
    command: ['sleep', '300'],
    entrypoint: null,
    stop_signal: 'SIGKILL',
    policy: { onUnhealthy: 'ignore' },
    replicas: 1,
    ...(sketch.network_mode === undefined ? { networks: { default: null } } : {}),
    ...sketch,
  };
}

export function network(name: string): Network {
  return { name, ipam: {} };
}

/** The request for one replica, with the labels by which it is found. */
export function containerRequest(
  project: Project,
  serviceName: string,
  rest: Partial<ContainerRequest> = {},
): ContainerRequest {
  const service = project.services[serviceName];
  if (service === undefined) throw new Error(`no service ${serviceName} in the sketch`);
  const number = rest.number ?? 1;
  return {
    project,
    service,
    number,
    name: containerName(project, service, number),
    labels: ownerLabels(project.name, serviceName, number),
    containerIdOf: (other) => {
      throw new Error(`not asked for in this test: the container of ${other}`);
    },
    carriedVolumes: new Map(),
    ...rest,
  };
}

function ownerLabels(project: string, service: string, number: number): Record<string, string> {
  return {
    [LABEL.project]: project,
    [LABEL.service]: service,
    [LABEL.number]: String(number),
    [LABEL.oneoff]: 'False',
    [LABEL.configHash]: 'sketch',
    [LABEL.dependsOn]: '',
  };
}
