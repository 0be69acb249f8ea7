/**
 * The words of support/sim/program.ts, where the first runs may be another story: `hang 2 times then …` (which a deadline
 * ends), `exit 1 after 20ms 1 times then exit 0`, `refused 3 times then run`; a probe that finds it `unhealthy in start 1`,
 * and healthy in later ones.
 */
import { isHookContainer } from '../../src/model/owner.ts';
import { WORDS, type Program, type Words } from '../support/sim/program.ts';

/** One for each simulation: it counts. */
export function program(): Program {
  const hookRuns = new Map<string, number>();
  return {
    ...WORDS,
    process(words, container, starts) {
      // A hook's own container is another one each time.
      const run = isHookContainer(container.labels) ? count(hookRuns, words.join(' ')) : starts;
      return WORDS.process([storyOf(words, run)], container, run);
    },
    probe(words, container, uptimeMs) {
      const [, start] = /\bunhealthy in start (\d+)/.exec(words.join(' ')) ?? [];
      if (start !== undefined) return { exitCode: container.starts === Number(start) ? 1 : 0 };
      return WORDS.probe(words, container, uptimeMs);
    },
    exec(words, container, run) {
      const story = storyOf(words, run);
      if (/\bhang\b/.test(story)) return { lastsMs: Infinity };
      return WORDS.exec([story], container, run);
    },
  };
}

function count(runs: Map<string, number>, what: string): number {
  const run = (runs.get(what) ?? 0) + 1;
  runs.set(what, run);
  return run;
}

/** What is said of that run, counted from 1. */
function storyOf(words: Words, run: number): string {
  const text = words.join(' ');
  const [, first = '', times, then = ''] =
    /^(.*?\b(?:hang|refused|exit \d+ after \S+)) (\d+) times then(.*)$/.exec(text) ?? [];
  if (times === undefined) return text;
  return run <= Number(times) ? first : then;
}
