/**
 * A process of its own that takes leases, for tests: `node lease-contender.ts DATABASE PROJECT LOG ROUNDS`. Each round writes
 * `enter PID` and `leave PID` to the log while it holds the lease. With 0 rounds it prints `held`, and holds it until it
 * is killed.
 */

import { appendFileSync } from 'node:fs';
import { setImmediate as turn } from 'node:timers/promises';
import { openState } from '../../src/state/sqlite.ts';

const [path = '', project = '', log = '', rounds = '0'] = process.argv.slice(2);
const state = openState({ path });
const { signal } = new AbortController();

if (rounds === '0') {
  await state.leases.acquire({ project, command: 'watch', signal });
  process.stdout.write('held\n');
  process.stdin.resume();
} else {
  for (let round = 0; round < Number(rounds); round++) {
    const lease = await state.leases.acquire({ project, command: 'apply', signal });
    appendFileSync(log, `enter ${process.pid}\n`);
    await turn();
    if (!lease.isHeld()) appendFileSync(log, `lost ${process.pid}\n`);
    appendFileSync(log, `leave ${process.pid}\n`);
    lease.release();
  }
  state.close();
}
