/** What others do for the peace after a bad day, and what of that day nobody could hear of. */
import { LABEL } from '../../src/model/owner.ts';
import { OUTSIDE, type InContainer } from '../support/sim/log.ts';
import { Refusal } from '../support/sim/refusal.ts';
import type { SimWorld } from '../support/sim/world.ts';

/** What reeve may not touch goes out of its way; what ended well by others' hands is started by them, or goes if it cannot be. */
export function makePeace(world: SimWorld): void {
  for (const { labels, name, id, status, exitCode, hostConfig } of world.all()) {
    if (labels[LABEL.project] === undefined && name.startsWith('shop-'))
      void world.containers.remove(id, { force: true }, OUTSIDE);
    const asksForNoMore = ['', 'no', 'on-failure'].includes(hostConfig.RestartPolicy?.Name ?? '');
    const isDone = status === 'exited' && exitCode === 0 && asksForNoMore;
    if (labels[LABEL.project] === 'shop' && isDone && labels[LABEL.service] !== 'job') bringBack(world, id);
  }
}

function bringBack(world: SimWorld, id: string): void {
  try {
    world.lifecycle.start(id, OUTSIDE);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    void world.containers.remove(id, { force: true }, OUTSIDE);
  }
}

/**
 * The engine tells nobody of a restart that is called off, or of a network that is taken from a container at rest: only a
 * look at them finds that out.
 */
export function isUntold({ log: { deeds } }: SimWorld): boolean {
  const rests = ({ containerId, startedAt, index }: InContainer & { readonly index: number }): boolean =>
    startedAt === '' ||
    deeds.some(
      (deed) =>
        deed.what === 'container-exited' &&
        deed.containerId === containerId &&
        deed.startedAt === startedAt &&
        deed.index < index,
    );
  return deeds.some(
    (deed) => deed.what === 'restart-cancelled' || (deed.what === 'network-disconnected' && rests(deed)),
  );
}
