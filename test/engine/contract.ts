/**
 * What every Engine must do, whoever stands behind it: the real engine and a simulated one run the very same suite, which
 * keeps the simulation honest. Speaks through the port alone. Commands in containers are few and simple (COMMANDS), so that
 * a simulation can know them.
 */
import { after, before, describe } from 'node:test';
import { commandsContract } from './contract/commands.ts';
import { makingContract } from './contract/making.ts';
import { meaningContract } from './contract/meaning.ts';
import { noticesContract } from './contract/notices.ts';
import { observingContract } from './contract/observing.ts';
import { preludeContract } from './contract/prelude.ts';
import { World } from './contract/world.ts';
import type { ContractSubject } from './contract/world.ts';

export { COMMANDS } from './contract/world.ts';
export type { ContractSubject } from './contract/world.ts';

/** Defines the suite for one kind of engine. */
export function engineContract(kind: string, makeSubject: () => Promise<ContractSubject>): void {
  describe(kind, { concurrency: 4 }, () => {
    const world = new World();
    before(async () => world.begin(await makeSubject()));
    after(() => world.engine.close());

    observingContract(world);
    makingContract(world);
    meaningContract(world);
    commandsContract(world);
    preludeContract(world);
    noticesContract(world);
  });
}
