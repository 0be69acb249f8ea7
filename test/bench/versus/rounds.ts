/**
 * Rounds of the same work by each contestant in turn, the first of one round being the last of the next, so that a
 * machine that slows down, or a cache that warms up, does the same to all. A first round is thrown away.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { removeLeftovers } from '../../support/leftovers.ts';
import { uniqueProjectName } from '../../support/project.ts';
import { phases, timed, type Contestant, type Phase } from './contestants.ts';
import type { BenchProject } from './projects.ts';

/** Milliseconds of each round, by phase and contestant. */
export type Times = ReadonlyMap<Phase, ReadonlyMap<string, readonly number[]>>;

export interface RoundsOptions {
  readonly contestants: readonly Contestant[];
  readonly project: BenchProject;
  readonly rounds: number;
  /** For what the programs are given and what they keep. */
  readonly home: string;
  /** Default true. */
  readonly warmUp?: boolean;
}

export async function runRounds({ contestants, project, rounds, home, warmUp = true }: RoundsOptions): Promise<Times> {
  const times = new Map<Phase, Map<string, number[]>>();
  for (let round = warmUp ? -1 : 0; round < rounds; round += 1) {
    const order = round % 2 === 0 ? contestants : contestants.toReversed();
    for (const contestant of order) {
      for (const [phase, tookMs] of await onceMore(contestant, project, home)) {
        if (round < 0) continue;
        const ofPhase = times.get(phase) ?? new Map<string, number[]>();
        times.set(phase, ofPhase);
        ofPhase.set(contestant.name, [...(ofPhase.get(contestant.name) ?? []), tookMs]);
      }
    }
  }
  return times;
}

/** Engines before 28 now and then lose an endpoint of a network, which then nobody can remove: such a life is made again, and said. */
async function onceMore(contestant: Contestant, project: BenchProject, home: string): Promise<[Phase, number][]> {
  try {
    return await once(contestant, project, home);
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    if (!text.includes('counts an endpoint') && !text.includes('active endpoints')) throw error;
    process.stderr.write(`${contestant.name}, made again: ${text}\n`);
    return await once(contestant, project, home);
  }
}

/** One life of a project: made, looked at with nothing to do, replaced, taken down. */
async function once(contestant: Contestant, project: BenchProject, home: string): Promise<[Phase, number][]> {
  const name = uniqueProjectName();
  const folder = join(home, name);
  const env = { XDG_STATE_HOME: join(home, 'state'), XDG_CACHE_HOME: join(home, 'cache') };
  mkdirSync(folder);
  try {
    return phases.flatMap((phase): [Phase, number][] => {
      writeFileSync(join(folder, 'compose.yaml'), project.file(phase === 'recreate' || phase === 'down' ? 2 : 1));
      const command = contestant.command(phase, project, name);
      return command === undefined ? [] : [[phase, timed(command, folder, env)]];
    });
  } finally {
    await removeLeftovers(name);
    rmSync(folder, { recursive: true });
  }
}
