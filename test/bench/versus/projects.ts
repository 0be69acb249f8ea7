/**
 * The projects that both programs are given: the same files, the same images, nothing that waits longer than it must.
 * `edition` changes every service, so that all containers are replaced.
 */
import { testImage } from '../../support/project.ts';

type Sketch = Readonly<Record<string, unknown>>;

export interface BenchProject {
  readonly name: string;
  readonly services: number;
  /** The text of compose.yaml. */
  file(edition: number): string;
}

/** Ends at once when it is stopped, so that no grace period is measured. */
const service = { image: testImage, command: ['sleep', '100000'], stop_signal: 'SIGKILL' };
const hook = [{ command: ['true'] }];

function project(name: string, sketches: ReadonlyMap<string, Sketch>): BenchProject {
  return {
    name,
    services: sketches.size,
    file(edition) {
      const entries = [...sketches].map(
        ([key, sketch]) => [key, { ...service, environment: { EDITION: String(edition) }, ...sketch }] as const,
      );
      return JSON.stringify({ services: Object.fromEntries(entries) });
    },
  };
}

/** Services that have nothing to do with each other. */
export function flat(count: number): BenchProject {
  return project(`flat ${count}`, new Map(Array.from({ length: count }, (_, index) => [`s${index}`, {}])));
}

/** Three tiers, each service waiting for all of the tier before to be started, with a post_start and a pre_stop hook each. */
export function tiers(count: number): BenchProject {
  const sketches = new Map<string, Sketch>();
  const names: string[][] = [[], [], []];
  for (let index = 0; index < count; index += 1) {
    const tier = Math.floor((index * 3) / count);
    const key = `t${tier}s${index}`;
    names[tier]?.push(key);
    sketches.set(key, { post_start: hook, pre_stop: hook, ...(tier > 0 ? { depends_on: names[tier - 1] } : {}) });
  }
  return project(`tiers ${count} with hooks`, sketches);
}

/** Services in a row, each waiting for the one before to be healthy; healthy at the first probe, 100 ms after the start. */
export function chain(count: number): BenchProject {
  const healthcheck = { test: ['CMD', 'true'], interval: '100ms', timeout: '5s', retries: 3 };
  const sketches = Array.from({ length: count }, (_, index): [string, Sketch] => [
    `c${index}`,
    { healthcheck, ...(index > 0 ? { depends_on: { [`c${index - 1}`]: { condition: 'service_healthy' } } } : {}) },
  ]);
  return project(`healthy chain of ${count}`, new Map(sketches));
}
