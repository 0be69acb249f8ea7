/** Removes what test runs that were cut off left on the engine: everything of every test project, and nothing else. */
import { findLeftovers, removeLeftovers, testProjectPrefix } from './leftovers.ts';

for (const { kind, name } of await findLeftovers(testProjectPrefix)) process.stdout.write(`removing ${kind} ${name}\n`);
await removeLeftovers(testProjectPrefix);
