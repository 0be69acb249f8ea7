import type { HookRecord } from '../../../model/hook.ts';
import { ReeveCommand } from '../../command.ts';
import type { ExitCode } from '../../exit.ts';
import { EXIT } from '../../exit.ts';
import { invoke } from '../../invocation.ts';
import { knownProject, refuseUnknown, tryFiles } from '../../known-project.ts';
import { Args, Flags } from '../../oclif.ts';
import { outputLines } from '../../render/hook-output.ts';
import { outputPrefix } from '../../render/ledger.ts';
import { neutraliseLine } from '../../render/neutralise.ts';
import { isoTime } from '../../render/time.ts';
import { withConnection } from '../../session.ts';

export default class HooksLogs extends ReeveCommand {
  static override summary = 'Show what the hooks of a service printed, of the newest run of each.';
  static override description = 'Of hooks that succeeded too. Long output is kept by its head and its tail.';
  static override examples = [
    '<%= config.bin %> hooks logs web',
    '<%= config.bin %> hooks logs web --runs 3',
    '<%= config.bin %> hooks logs web --all',
    '<%= config.bin %> hooks logs web --phase pre_stop --json',
  ];
  static override args = {
    service: Args.string({ name: 'SERVICE', required: true, ignoreStdin: true, description: 'whose hooks' }),
  };
  static override flags = {
    runs: Flags.integer({ char: 'n', min: 1, default: 1, description: 'newest runs of each hook' }),
    all: Flags.boolean({ description: 'every run that is kept', exclusive: ['runs'] }),
    phase: Flags.option({
      options: ['pre_start', 'post_start', 'pre_stop'] as const,
      description: 'only of this phase',
    })(),
  };

  async run(): Promise<ExitCode> {
    const { flags, args } = await this.parse(HooksLogs);
    return invoke(flags, (invocation) =>
      withConnection(
        invocation,
        () => tryFiles(invocation),
        ({ state }, loaded) => {
          const { output } = invocation;
          const { name, desired } = knownProject(invocation, state, loaded);
          const all = state.hooks.list({ project: name, service: args.service });
          if (all.length === 0) refuseUnknown({ desired }, [args.service], []);
          const records = newestRuns(all, flags.all ? all.length : flags.runs).filter(
            ({ phase }) => flags.phase === undefined || phase === flags.phase,
          );
          if (records.length === 0) output.note(`${name}: no hook of ${args.service} has run yet`);
          for (const record of records) {
            const { service, replica, phase, index, beganAtMs } = record;
            for (const { stream, line } of outputLines(state.hooks.output(record.id))) {
              const at = isoTime(beganAtMs);
              if (output.json)
                output.object({ at, project: name, service, replica, phase, index, run: record.id, stream, line });
              else output.result(`${output.style('dim', outputPrefix(record))} ${neutraliseLine(line)}`);
            }
          }
          return Promise.resolve(EXIT.converged);
        },
      ),
    );
  }
}

/** The newest runs of each hook of each replica, oldest first. */
function newestRuns(records: readonly HookRecord[], runs: number): HookRecord[] {
  const byHook = Map.groupBy(records, ({ replica, phase, index }) => `${replica} ${phase} ${index}`);
  return [...byHook.values()].flatMap((own) => own.slice(-runs)).toSorted((a, b) => a.id - b.id);
}
