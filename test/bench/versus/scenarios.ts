/** Which work is compared, how often, and what is aimed at: a figure of reeve's over another's, at most. */
import type { Phase } from './contestants.ts';
import { chain, flat, tiers, type BenchProject } from './projects.ts';

export interface Aim {
  readonly phase: Phase;
  readonly against: string;
  readonly atMost: number;
}

export type Shows = 'work' | 'growth' | 'both';

export interface Scenario {
  /** For the command line. */
  readonly word: string;
  readonly project: BenchProject;
  readonly rounds: number;
  readonly aims: readonly Aim[];
  /** Which tables it stands in: of kinds of work, the default, of how the cost grows, or of both. */
  readonly shows?: Shows;
}

const compose = (phase: Phase, atMost: number): Aim => ({ phase, against: 'Docker Compose', atMost });
const bare = (phase: Phase, atMost: number): Aim => ({ phase, against: 'bare calls', atMost });
/** Where a job is to be done, ahead of Compose at all. */
const ahead = 0.95;

export const scenarios: readonly Scenario[] = [
  { word: 'one', project: flat(1), rounds: 7, aims: [compose('again', 1)] },
  { word: 'flat20', project: flat(20), rounds: 4, aims: [compose('again', 1), compose('down', ahead)] },
  {
    word: 'flat50',
    project: flat(50),
    rounds: 5,
    aims: [bare('up', 1.05), compose('recreate', ahead), compose('down', ahead)],
    shows: 'both',
  },
  { word: 'tiers50', project: tiers(50), rounds: 3, aims: [compose('up', ahead), compose('down', ahead)] },
  { word: 'chain6', project: chain(6), rounds: 4, aims: [compose('up', 0.5), compose('again', 0.2)] },
  { word: 'flat10', project: flat(10), rounds: 2, aims: [], shows: 'growth' },
  { word: 'flat200', project: flat(200), rounds: 1, aims: [], shows: 'growth' },
];
