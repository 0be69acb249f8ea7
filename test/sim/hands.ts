/** What others do to the containers of the project and beside them, with `docker` and with Compose. */
import { createHash } from 'node:crypto';
import { containerHash, networkHash } from '../../src/model/config-hash.ts';
import { containerLabels, containerName, LABEL } from '../../src/model/owner.ts';
import type { Project, Service } from '../../src/model/project.ts';
import { createSpec } from '../../src/engine/create-spec.ts';
import { OUTSIDE } from '../support/sim/log.ts';
import { image } from '../support/sim/images.ts';
import type { CreateBody, SimContainer } from '../support/sim/things.ts';
import type { SimWorld } from '../support/sim/world.ts';
import { Refusal } from '../support/sim/refusal.ts';
import type { Interference } from './scenario.ts';

export function interfere(world: SimWorld, { hand, which }: Interference, desired: Project | undefined): void {
  const ours = world.all().filter(({ labels }) => labels[LABEL.project] === 'shop');
  const target = ours[which % Math.max(1, ours.length)];
  try {
    switch (hand) {
      case 'look-alike':
        world.containers.create('shop-app-1', { Image: 'app:1', Cmd: ['run'] }, OUTSIDE, false);
        return;
      case 'neighbour':
        addNeighbour(world);
        return;
      case 'compose-up':
        if (desired) composeUp(world, desired);
        return;
      case 'pull':
        world.state.registry.set('app:1', image('app:1', { id: idOfImage(`app:1 ${which}`) }));
        world.images.pull('app:1', OUTSIDE);
        return;
      case 'swap-names':
        if (target) swapNames(world, target, ours[(which + 1) % ours.length] ?? target);
        return;
      default:
        if (target) touch(world, target.id, hand);
    }
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
  }
}

type Touch = Exclude<Interference['hand'], 'look-alike' | 'neighbour' | 'compose-up' | 'pull' | 'swap-names'>;

function touch(world: SimWorld, id: string, hand: Touch): void {
  const quietly = (work: Promise<void>): void => {
    work.catch((error: unknown) => {
      if (!(error instanceof Refusal)) throw error;
    });
  };
  switch (hand) {
    case 'kill':
      return world.lifecycle.kill(id, 'SIGKILL', OUTSIDE);
    case 'stop':
      return quietly(world.lifecycle.stop(id, 1, OUTSIDE));
    case 'start':
      return world.lifecycle.start(id, OUTSIDE);
    case 'restart':
      return quietly(world.lifecycle.restart(id, 1, OUTSIDE));
    case 'remove':
      return quietly(world.containers.remove(id, { force: true }, OUTSIDE));
    case 'rename':
      return world.containers.rename(
        id,
        `renamed-${createHash('sha256').update(id).digest('hex').slice(0, 6)}`,
        OUTSIDE,
      );
    case 'pause':
      return world.lifecycle.pause(id, OUTSIDE);
    case 'unpause':
      return world.lifecycle.unpause(id, OUTSIDE);
    case 'update':
      return world.containers.update(id, { Memory: 48 * 1024 * 1024 }, OUTSIDE);
    case 'update-policy':
      return world.containers.update(id, { RestartPolicy: { Name: 'on-failure', MaximumRetryCount: 2 } }, OUTSIDE);
    case 'disconnect':
      for (const network of world.state.container(id).endpoints.keys()) world.networks.disconnect(network, id, OUTSIDE);
  }
}

/** By way of a third name, as one has to. */
function swapNames(world: SimWorld, one: SimContainer, other: SimContainer): void {
  if (one.id === other.id) return;
  const [first, second] = [one.name, other.name];
  world.containers.rename(one.id, `swap-${one.id.slice(0, 6)}`, OUTSIDE);
  world.containers.rename(other.id, first, OUTSIDE);
  world.containers.rename(one.id, second, OUTSIDE);
}

function idOfImage(text: string): string {
  return `sha256:${createHash('sha256').update(text).digest('hex')}`;
}

function addNeighbour(world: SimWorld): void {
  const labels = { [LABEL.project]: 'mall', [LABEL.service]: 'app', [LABEL.number]: '1' };
  const { id } = world.containers.create(
    'mall-app-1',
    { Image: 'app:1', Cmd: ['run'], Labels: labels },
    OUTSIDE,
    false,
  );
  world.lifecycle.start(id, OUTSIDE);
}

/** As `docker compose up -d` makes what is missing: no label of ours, no hooks in them. */
function composeUp(world: SimWorld, desired: Project): void {
  for (const [key, network] of Object.entries(desired.networks)) {
    if ([...world.state.networks.values()].some(({ name }) => name === network.name)) continue;
    const labels = { [LABEL.project]: desired.name, [LABEL.network]: key, [LABEL.configHash]: networkHash(network) };
    world.networks.create(
      { Name: network.name, Labels: labels, ...(network.internal ? { Internal: true } : {}) },
      OUTSIDE,
    );
  }
  for (const service of Object.values(desired.services)) {
    const name = containerName(desired, service, 1);
    const isThere = world
      .all()
      .some(({ labels, name: other }) => other === name || labels[LABEL.service] === service.name);
    if (!isThere && service.replicas > 0) makeAsCompose(world, desired, service);
  }
}

function makeAsCompose(world: SimWorld, project: Project, service: Service): void {
  const configHash = containerHash(project, service, { containerIdOf: () => '' });
  const imageId = world.images.find('app:1')?.id;
  const all = containerLabels({ project, service, number: 1, configHash, imageId, replaces: false });
  const labels = Object.fromEntries(Object.entries(all).filter(([key]) => !key.startsWith('io.reeve.')));
  const name = containerName(project, service, 1);
  const body = createSpec({
    project,
    service,
    number: 1,
    labels,
    containerIdOf: () => '',
    carriedVolumes: new Map(),
    imageVolumes: [],
    apiVersion: '1.44',
    containerNamesOf: () => [],
    proxyEnvironment: {},
    readProfile: () => '',
  });
  const { id } = world.containers.create(name, body as CreateBody, OUTSIDE, true);
  world.lifecycle.start(id, OUTSIDE);
}
