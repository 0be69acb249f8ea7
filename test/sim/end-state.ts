/** Whether the world is what the files say, seen with other eyes than reeve's: on the simulated engine's own state. */
import { containerHash } from '../../src/model/config-hash.ts';
import { containerName, isHookContainer, LABEL } from '../../src/model/owner.ts';
import type { Project, Service } from '../../src/model/project.ts';
import type { SimContainer } from '../support/sim/things.ts';
import type { SimWorld } from '../support/sim/world.ts';
import type { Breach } from './evidence.ts';

const RULE = 'what has settled is as desired';

export function worldBreaches(world: SimWorld, desired: Project): Breach[] {
  const all = world.all().filter(({ labels }) => labels[LABEL.project] === desired.name);
  const ours = all.filter(({ labels }) => !isHookContainer(labels));
  const messages = Object.values(desired.services).flatMap((service) =>
    serviceFaults(world, { desired, service, ours }),
  );
  for (const { labels, name } of ours) {
    if (!Object.hasOwn(desired.services, labels[LABEL.service] ?? '')) messages.push(`${name} is of no service`);
  }
  for (const { labels, name } of all) if (isHookContainer(labels)) messages.push(`${name}, of a hook, is left`);
  return messages.map((message) => ({ rule: RULE, message }));
}

interface Looked {
  readonly desired: Project;
  readonly service: Service;
  readonly ours: readonly SimContainer[];
}

function serviceFaults(world: SimWorld, { desired, service, ours }: Looked): string[] {
  const present = ours.filter(({ labels }) => labels[LABEL.service] === service.name);
  const faults =
    present.length === service.replicas
      ? []
      : [`${service.name} has ${present.length} containers, not ${service.replicas}`];
  const containerIdOf = (name: string): string =>
    ours.find(({ labels }) => labels[LABEL.service] === name && labels[LABEL.number] === '1')?.id ?? '';
  const looked = { desired, service, containerIdOf };
  return [...faults, ...present.flatMap((container) => containerFaults(world, { ...looked, container }))];
}

interface Beheld extends Omit<Looked, 'ours'> {
  readonly container: SimContainer;
  /** Of the first replica of a service. */
  readonly containerIdOf: (service: string) => string;
}

function containerFaults(world: SimWorld, { desired, service, container, containerIdOf }: Beheld): string[] {
  const { labels, name, status, exitCode, endpoints, hostConfig } = container;
  const faults: string[] = [];
  const finalName = containerName(desired, service, Number(labels[LABEL.number]));
  if (name !== finalName) faults.push(`${name} is not named ${finalName}`);
  if (labels[LABEL.configHash] !== containerHash(desired, service, { containerIdOf }))
    faults.push(`${name} is of another definition`);
  const isJob = service.name === 'job';
  if (isJob ? status !== 'exited' || exitCode !== 0 : status !== 'running')
    faults.push(`${name} is ${status} (${exitCode})`);
  const wanted = Object.keys(service.networks ?? {}).map((key) => desired.networks[key]?.name ?? key);
  if ([...endpoints.keys()].toSorted().join(' ') !== wanted.toSorted().join(' '))
    faults.push(`${name} is on ${[...endpoints.keys()].join(' ')}, not on ${wanted.join(' ')}`);
  for (const [network, { networkId }] of endpoints) {
    if (!world.state.networks.has(networkId)) faults.push(`${name} is on a network ${network} that is gone`);
  }
  if ((hostConfig['Memory'] ?? 0) !== (service.mem_limit ?? 0))
    faults.push(`${name} has a memory limit of ${String(hostConfig['Memory'])}`);
  return faults;
}
