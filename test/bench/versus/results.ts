/** What was measured, as data and as a Markdown page. Judges nothing but the aims that a scenario names. */
import { cpus } from 'node:os';
import { callJson } from '../../support/engine-client.ts';
import { median } from '../figures.ts';
import { phases, type Contestant, type Phase } from './contestants.ts';
import type { Times } from './rounds.ts';
import type { Aim, Scenario, Shows } from './scenarios.ts';

export interface Result {
  readonly project: string;
  readonly services: number;
  readonly rounds: number;
  readonly shows: Shows;
  /** Median milliseconds. */
  readonly medians: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly aims: readonly (Aim & { readonly ratio: number })[];
}

export interface Results {
  /** Day, as 2026-11-22. */
  readonly date: string;
  readonly machine: string;
  readonly engine: string;
  readonly versions: Readonly<Record<string, string>>;
  /** Median milliseconds of `node -e 0` and of `reeve --version`. */
  readonly start: { readonly node: number; readonly reeve: number };
  readonly results: readonly Result[];
}

export function resultOf({ project, rounds, aims, shows = 'work' }: Scenario, times: Times): Result {
  const medians = Object.fromEntries(
    [...times].map(([phase, byName]) => [
      phase,
      Object.fromEntries([...byName].map(([name, values]) => [name, Math.round(median(values))])),
    ]),
  );
  return {
    project: project.name,
    services: project.services,
    rounds,
    shows,
    medians,
    aims: aims.flatMap((aim) => {
      const [own, other] = [medians[aim.phase]?.['reeve'], medians[aim.phase]?.[aim.against]];
      return own === undefined || other === undefined ? [] : [{ ...aim, ratio: own / other }];
    }),
  };
}

/** Where this was measured. */
export async function surroundings(
  contestants: readonly Contestant[],
): Promise<Pick<Results, 'date' | 'machine' | 'engine' | 'versions'>> {
  const { Version } = await callJson<{ Version: string }>('/version');
  const [first] = cpus();
  return {
    date: new Date().toISOString().slice(0, 10),
    machine: `${cpus().length} cores, ${first?.model.trim() ?? 'unknown'}, Node ${process.versions.node}`,
    engine: Version,
    versions: Object.fromEntries(contestants.map(({ name, version }) => [name, version])),
  };
}

export const phaseTitles: Readonly<Record<Phase, string>> = {
  up: 'up',
  again: 'nothing to do',
  recreate: 'all replaced',
  down: 'down',
};

/** Kinds of work. */
export function workOf(results: readonly Result[]): Result[] {
  return results.filter(({ shows }) => shows !== 'growth');
}

/** The same work on more and more services. */
export function growthOf(results: readonly Result[]): Result[] {
  return results.filter(({ shows }) => shows !== 'work').toSorted((a, b) => a.services - b.services);
}

/** The page: one table a kind of work, and the aims. */
export function markdown({ date, machine, engine, versions, start, results }: Results): string {
  const peers = Object.entries(versions).map(([name, version]) => `${name} ${version}`.trim());
  const aims = results.flatMap(({ project, aims: some }) => some.map((aim) => ({ project, ...aim })));
  return [
    '# Benchmarks',
    '',
    `Medians of whole processes, the programs in turn, on ${date}: ${machine}, Docker Engine ${engine}; ${peers.join(', ')}.`,
    `Made by \`npm run bench\`. Starting and ending: \`node -e 0\` ${seconds(start.node)}, \`reeve --version\` ${seconds(start.reeve)} (${(start.reeve / start.node).toFixed(2)}).`,
    '',
    timesTable(workOf(results)),
    '',
    '## How the cost grows',
    '',
    timesTable(growthOf(results)),
    '',
    '## Aims',
    '',
    '| work | against | aim, at most | measured | |',
    '| --- | --- | --- | --- | --- |',
    ...aims.map(
      ({ project, phase, against, atMost, ratio }) =>
        `| ${project}, ${phaseTitles[phase]} | ${against} | ${atMost.toFixed(2)} | ${ratio.toFixed(2)} | ${ratio <= atMost ? 'reached' : 'not reached'} |`,
    ),
    '',
  ].join('\n');
}

/** `reeve` over `Docker Compose` in each cell, and the ratio. */
function timesTable(results: readonly Result[]): string {
  const rows = results.map(({ project, medians }) => {
    const cells = phases.map((phase) => {
      const { reeve, 'Docker Compose': compose, 'bare calls': bare } = medians[phase] ?? {};
      if (reeve === undefined) return '';
      const beside = [
        ...(compose === undefined ? [] : [`${seconds(compose)} (${(reeve / compose).toFixed(2)})`]),
        ...(bare === undefined ? [] : [`bare ${seconds(bare)}`]),
      ];
      return [`**${seconds(reeve)}**`, ...beside].join(' / ');
    });
    return `| ${[project, ...cells].join(' | ')} |`;
  });
  return [
    `| **reeve** / Docker Compose (ratio) | ${phases.map((phase) => phaseTitles[phase]).join(' | ')} |`,
    '| --- | --- | --- | --- | --- |',
    ...rows,
  ].join('\n');
}

export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(ms < 1000 ? 3 : 2)} s`;
}
