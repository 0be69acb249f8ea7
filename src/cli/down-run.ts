/** The course of `down` and `stop`: by the files where they load, else by the labels of what runs. */

import { down, stop } from '../controller/operations.ts';
import type { RunOptions } from '../execute/run-context.ts';
import { converge } from './converge.ts';
import type { ExitCode } from './exit.ts';
import type { Invocation } from './invocation.ts';
import { knownProject, tryFiles } from './known-project.ts';
import { Progress } from './progress.ts';
import { maskOf } from './render/action.ts';
import { withPorts } from './session.ts';
import { servicesOf } from './targets.ts';
import { systemClock } from './wire.ts';

export interface DownRun {
  readonly command: 'down' | 'stop';
  readonly words: readonly string[];
  readonly volumes: boolean;
  readonly removeOrphans: boolean;
  readonly force: boolean;
  readonly options: RunOptions;
}

export async function runDown(invocation: Invocation, run: DownRun): Promise<ExitCode> {
  const { output, interrupts } = invocation;
  const progress = new Progress({ output, clock: systemClock });
  const { command, words, volumes, removeOrphans, force, options } = run;
  return withPorts(
    invocation,
    { load: () => tryFiles(invocation, run.words), emit: progress.emit },
    (ports, loaded) => {
      const { name, desired } = knownProject(invocation, ports.state, loaded, words);
      const services =
        desired === undefined ? (words.length > 0 ? new Set(words) : undefined) : servicesOf(desired, words);
      progress.maskProject(name, maskOf(desired?.sensitiveValues ?? []));
      const { drain, signal } = interrupts;
      const policy = { command, services, volumes, removeOrphans, force };
      const request = { project: name, desired, policy, options, drain, signal };
      const job = {
        name,
        run: async () => {
          const result = await (command === 'down' ? down(ports, request) : stop(ports, request));
          const found = result.actions > 0 || result.kind !== 'converged' || desired !== undefined;
          return found ? result : { ...result, notes: [...result.notes, `nothing of it runs${of(words)}`] };
        },
      };
      return converge([job], {
        invocation,
        progress,
        word: command === 'down' ? 'down' : 'stopped',
        fromDirectory: false,
      });
    },
  );
}

function of(words: readonly string[]): string {
  return words.length > 0 ? ` (${words.join(', ')})` : '';
}
