/** `suspend` and `resume`: notes in the inventory of who is to be left alone; nothing on the engine is touched. */

import { status } from '../controller/operations.ts';
import type { ExitCode } from './exit.ts';
import { EXIT } from './exit.ts';
import type { Invocation } from './invocation.ts';
import { knownProject, tryFiles } from './known-project.ts';
import { withConnection } from './session.ts';
import { servicesOf } from './targets.ts';

export function runHold(
  invocation: Invocation,
  { words, suspend }: { readonly words: readonly string[]; readonly suspend: boolean },
): Promise<ExitCode> {
  return withConnection(
    invocation,
    () => tryFiles(invocation, words),
    async ({ engine, state }, loaded) => {
      const { output, interrupts } = invocation;
      const { name, desired } = knownProject(invocation, state, loaded, words);
      const services = desired === undefined ? words : [...(servicesOf(desired, words) ?? [])];
      if (desired === undefined) {
        const replicas = await status({ engine, state }, { project: name, desired, signal: interrupts.drain });
        const unknown = services.filter((word) => !replicas.some(({ service }) => service === word));
        const isKnown = replicas.length > 0 || state.inventory.get(name) !== undefined;
        if (!isKnown) output.warn(`nothing is known of a project ${name}`);
        else for (const word of unknown) output.warn(`project ${name} has no container of a service ${word}`);
      }
      for (const service of services.length > 0 ? services : [undefined]) {
        const hold = { project: name, service, kind: 'suspended' } as const;
        if (suspend) state.inventory.hold(hold);
        else state.inventory.release(hold);
        const subject = service === undefined ? name : `${name} ${service}`;
        if (output.json)
          output.object({ type: suspend ? 'suspended' : 'resumed', project: name, service: service ?? null });
        else if (suspend) output.result(`${subject}: suspended; it is left alone until reeve resume`);
        else output.result(`${subject}: resumed; the next apply or watch converges it`);
      }
      return EXIT.converged;
    },
  );
}
