/**
 * What the engine knows of an exec. Its record is the truth, with one exception: where the client that was attached went
 * away while the command still wrote, the engine puts 126 in place of the exit code (seen on 20.10). The event
 * of the command's end has the true one, as long as the engine remembers it.
 */

import type { EventAnswer, ExecAnswer } from './answers.ts';
import { linesOf } from './lines.ts';
import type { Wire } from './wire.ts';

/** The exit code that stands for a lost one; also that of a command which cannot be run, but that has no process. */
const LOST = 126;

/** undefined: the engine has no record of it. */
export async function findExec(wire: Wire, execId: string, signal: AbortSignal): Promise<ExecAnswer | undefined> {
  const what = `inspect exec ${execId.slice(0, 12)}`;
  const answer = await wire.find<ExecAnswer>({ what, path: `/exec/${execId}/json`, signal });
  if (!answer || answer.Running || answer.ExitCode !== LOST || !answer.Pid || !answer.ContainerID) return answer;
  const told = await exitCodeTold(wire, execId, answer.ContainerID, signal);
  return told === undefined ? answer : { ...answer, ExitCode: told };
}

async function exitCodeTold(
  wire: Wire,
  execId: string,
  containerId: string,
  signal: AbortSignal,
): Promise<number | undefined> {
  const stream = await wire.stream({
    what: 'look back at events',
    path: '/events',
    query: {
      since: '1',
      until: String(Math.ceil(wire.clock.now() / 1000)),
      filters: { type: ['container'], event: ['exec_die'], container: [containerId] },
    },
    signal,
  });
  let told: number | undefined;
  for await (const line of linesOf(stream)) {
    if (!line.includes(execId)) continue;
    const { Actor } = JSON.parse(line) as EventAnswer;
    if (Actor?.Attributes?.['execID'] === execId) told = Number(Actor.Attributes['exitCode']);
  }
  return told === undefined || Number.isNaN(told) ? undefined : told;
}
