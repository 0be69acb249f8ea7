import { UsageError } from '../../../model/errors.ts';
import type { Project } from '../../../model/project.ts';
import { ReeveCommand, servicesArgument } from '../../command.ts';
import type { ExitCode } from '../../exit.ts';
import { EXIT } from '../../exit.ts';
import { invoke } from '../../invocation.ts';
import { knownProject, refuseUnknown, tryFiles } from '../../known-project.ts';
import { Flags } from '../../oclif.ts';
import { maskOf } from '../../render/action.ts';
import { recordJson, renderLedger } from '../../render/ledger.ts';
import { withConnection } from '../../session.ts';
import { nearest, systemClock } from '../../wire.ts';

/** `hooks log web`: a word that is no service, and almost one of the commands below this one. */
function refuseOtherCommand([first]: readonly string[], desired: Project | undefined): void {
  if (first === undefined || (desired !== undefined && Object.hasOwn(desired.services, first))) return;
  const meant = nearest(first, ['logs', 'retry']);
  if (meant !== undefined) throw new UsageError(`there is no hooks ${first}, did you mean reeve hooks ${meant}?`);
}

export default class Hooks extends ReeveCommand {
  static override summary = 'List the runs of hooks: when, why, how they ended; newest last.';
  static override description =
    'hooks logs SERVICE shows what they printed; hooks retry runs what failed, and what another tool is taken to have run.';
  static override examples = [
    '<%= config.bin %> hooks',
    '<%= config.bin %> hooks web --limit 5',
    '<%= config.bin %> hooks logs web',
  ];
  static override args = servicesArgument;
  static override flags = {
    limit: Flags.integer({ char: 'n', min: 1, default: 50, description: 'newest runs only' }),
  };

  async run(): Promise<ExitCode> {
    const { flags, args } = await this.parse(Hooks);
    return invoke(flags, (invocation) =>
      withConnection(
        invocation,
        () => tryFiles(invocation),
        ({ state }, loaded) => {
          const { output } = invocation;
          const named = args.services ?? [];
          const { name, desired } = knownProject(invocation, state, loaded, named);
          const all =
            named.length > 0
              ? named.flatMap((service) => state.hooks.list({ project: name, service, limit: flags.limit }))
              : state.hooks.list({ project: name, limit: flags.limit });
          const recorded = all.map(({ service }) => service);
          if (recorded.length === 0) refuseOtherCommand(named, desired);
          refuseUnknown({ desired }, named, recorded);
          const records = all.toSorted((a, b) => a.id - b.id).slice(-flags.limit);
          const mask = maskOf(desired?.sensitiveValues ?? []);
          if (output.json) for (const record of records) output.object(recordJson(record, mask));
          else if (records.length === 0) output.note(`${name}: no hook has run yet`);
          else {
            const atWork = state.leases.holder(name) !== undefined;
            output.result(renderLedger(records, { mask, nowMs: systemClock.now(), atWork }, output.style));
          }
          return Promise.resolve(EXIT.converged);
        },
      ),
    );
  }
}
