/** Simulations on several processes: hands out, gathers, and ends one that a simulation does not let go of. */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Outcome, Reply, Request } from './outcome.ts';
import type { Scenario } from './scenario.ts';

/** A simulation takes a tenth of a second; one that takes this long is in a loop without a wait. */
const DEADLINE_MS = 300_000;
const SHRINK_DEADLINE_MS = 600_000;
/** What dead processes of reeve leave behind goes with the process. */
const SEEDS_A_PROCESS = 400;

export interface Campaign {
  readonly seeds: Iterable<number>;
  readonly workers: number;
  readonly onOutcome: (outcome: Outcome) => void;
  /** True: no other seed is begun. */
  readonly isOver?: () => boolean;
}

/** Simulates every seed once. */
export async function runSeeds({ seeds, workers, onOutcome, isOver = () => false }: Campaign): Promise<void> {
  const left = seeds[Symbol.iterator]();
  const work = async (): Promise<void> => {
    let worker = new Worker();
    let count = 0;
    for (let next = left.next(); !next.done && !isOver(); next = left.next()) {
      const seed = next.value;
      const reply = await worker.ask({ kind: 'seed', seed }, DEADLINE_MS);
      onOutcome(reply?.kind === 'outcome' ? reply.outcome : endlessOutcome(seed));
      count += 1;
      if (reply && count < SEEDS_A_PROCESS) continue;
      worker.end();
      worker = new Worker();
      count = 0;
    }
    worker.end();
  };
  await Promise.all(Array.from({ length: workers }, work));
}

/** One scenario, with its log. */
export async function runScenario(scenario: Scenario): Promise<{ readonly outcome: Outcome; readonly log: string }> {
  const worker = new Worker();
  const reply = await worker.ask({ kind: 'scenario', scenario, withLog: true }, DEADLINE_MS);
  worker.end();
  if (reply?.kind !== 'outcome') return { outcome: endlessOutcome(scenario.seed), log: '' };
  return { outcome: reply.outcome, log: reply.log ?? '' };
}

/** A smaller scenario that breaks the same rule. */
export async function runShrink(scenario: Scenario, rule: string, budget: number): Promise<Scenario> {
  const worker = new Worker();
  const reply = await worker.ask({ kind: 'shrink', scenario, rule, budget }, SHRINK_DEADLINE_MS);
  worker.end();
  return reply?.kind === 'shrunk' ? reply.scenario : scenario;
}

function endlessOutcome(seed: number): Outcome {
  const message = `it did not end within ${DEADLINE_MS / 1000} s, or ended its process`;
  const breaches = [{ rule: 'a simulation ends', message }];
  return { seed, breaches, digest: '', calls: 0, virtualMs: 0, realMs: DEADLINE_MS };
}

class Worker {
  readonly #child: ChildProcess;
  #isReady: Promise<unknown>;

  constructor() {
    this.#child = fork(join(import.meta.dirname, 'worker.ts'), { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    this.#isReady = once(this.#child, 'message');
  }

  /** undefined: it took too long, or the process ended. */
  async ask(request: Request, deadlineMs: number): Promise<Reply | undefined> {
    await this.#isReady;
    const child = this.#child;
    return await new Promise((resolve) => {
      const settle = (reply: Reply | undefined): void => {
        clearTimeout(timer);
        child.off('message', onMessage);
        child.off('exit', onExit);
        resolve(reply);
      };
      const onMessage = (message: unknown): void => settle(message as Reply);
      const onExit = (): void => settle(undefined);
      const timer = setTimeout(() => settle(undefined), deadlineMs);
      child.on('message', onMessage);
      child.on('exit', onExit);
      child.send(request);
    });
  }

  end(): void {
    this.#child.kill('SIGKILL');
  }
}
