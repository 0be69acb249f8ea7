/**
 * The engine's API as reeve relies on it, beneath the port: statuses, words, events, waits, restart policies. The real engine
 * (20.10) and the simulated one run the very same cases, so that what is proved on the simulation is true of an engine.
 */
import { after, before, describe } from 'node:test';
import { commandsApi } from './api/commands.ts';
import { endsContract } from './api/ends.ts';
import { refusalsContract } from './api/refusals.ts';
import { restartsContract } from './api/restarts.ts';
import { toldContract } from './api/told.ts';
import { Api, type ApiSubject } from './api/world.ts';

export { PROGRAMS } from './api/world.ts';
export type { ApiSubject } from './api/world.ts';

/** Defines the cases for one kind of engine. */
export function apiContract(kind: string, makeSubject: () => Promise<ApiSubject>): void {
  describe(kind, { concurrency: 4 }, () => {
    const api = new Api();
    before(async () => api.begin(await makeSubject()));
    after(() => api.subject.close());

    refusalsContract(api);
    endsContract(api);
    restartsContract(api);
    commandsApi(api);
    toldContract(api);
  });
}
