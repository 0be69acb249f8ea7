import { status } from '../../controller/operations.ts';
import { ReeveCommand, servicesArgument } from '../command.ts';
import type { ExitCode } from '../exit.ts';
import { EXIT } from '../exit.ts';
import { invoke } from '../invocation.ts';
import { knownProject, recallProject, refuseUnknown, tryFiles } from '../known-project.ts';
import { Flags } from '../oclif.ts';
import { renderReplicas, replicaJson } from '../render/replicas.ts';
import { withConnection } from '../session.ts';
import { systemClock } from '../wire.ts';

export default class Ps extends ReeveCommand {
  static override summary = 'Show what is desired beside what runs: state, health, hooks, drift.';
  static override description =
    'One line a replica. Hooks: done, owed, failed, or assumed where another tool made the container.';
  static override examples = [
    '<%= config.bin %> ps',
    '<%= config.bin %> ps web --json',
    '<%= config.bin %> ps -p shop -q',
  ];
  static override args = servicesArgument;
  static override flags = {
    quiet: Flags.boolean({ char: 'q', description: 'only container ids' }),
  };

  async run(): Promise<ExitCode> {
    const { flags, args } = await this.parse(Ps);
    return invoke(flags, (invocation) =>
      withConnection(
        invocation,
        () => tryFiles(invocation),
        async ({ engine, state }, loaded) => {
          const { output, interrupts } = invocation;
          const { name, desired: found } = knownProject(invocation, state, loaded, args.services);
          const desired = found ?? (loaded === undefined ? await recallProject(invocation, state, name) : undefined);
          const all = await status({ engine, state }, { project: name, desired, signal: interrupts.drain });
          const named = args.services ?? [];
          const present = all.map(({ service }) => service);
          refuseUnknown({ desired }, named, present);
          const statuses = named.length > 0 ? all.filter(({ service }) => named.includes(service)) : all;
          const holds = state.inventory.holds(name);
          if (statuses.length === 0) output.note(`${name}: there is nothing of this project on the engine`);
          if (flags.quiet) output.result(statuses.flatMap(({ container }) => container?.id ?? []).join('\n'));
          else if (output.json) for (const one of statuses) output.object(replicaJson(name, one, holds));
          else {
            const atWork = state.leases.holder(name) !== undefined;
            output.result(renderReplicas({ statuses, holds, nowMs: systemClock.now(), atWork }, output.style));
          }
          return EXIT.converged;
        },
      ),
    );
  }
}
