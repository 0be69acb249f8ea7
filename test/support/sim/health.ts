/** Health checks as Docker makes them: first probe one interval after the start, `retries` failures in a row are unhealthy. */
import type { EngineState } from './state.ts';
import { commandText } from './execs.ts';
import { BY_ENGINE } from './log.ts';
import type { HealthcheckBody, SimContainer, SimHealth } from './things.ts';

const DEFAULT_INTERVAL_NS = 30e9;
const DEFAULT_RETRIES = 3;

export class HealthChecks {
  /** Engines do; where nobody listens for them, days of probes are days of events for nothing. */
  tellsOfProbes = true;
  readonly #state: EngineState;

  constructor(state: EngineState) {
    this.#state = state;
  }

  /** At each start. */
  begin(container: SimContainer): void {
    if (wordsOf(container) === undefined) return;
    container.health = { status: 'starting', failingStreak: 0, probes: 0, cancel: undefined };
    this.#schedule(container, container.health);
  }

  /** At each end: the engine calls it unhealthy then. */
  end({ health }: SimContainer): void {
    if (!health) return;
    health.cancel?.();
    health.cancel = undefined;
    health.status = 'unhealthy';
  }

  #schedule(container: SimContainer, health: SimHealth): void {
    const check = checkOf(container);
    const uptimeNs = (this.#state.time.elapsedMs - container.startedMs) * 1e6;
    const isStarting = health.status === 'starting' && uptimeNs < (check?.StartPeriod ?? 0);
    const often = isStarting ? positive(check?.StartInterval) : undefined;
    const intervalNs = often ?? positive(check?.Interval) ?? DEFAULT_INTERVAL_NS;
    health.cancel = container.timers.after(intervalNs / 1e6, () => {
      this.#probe(container, health);
      if (container.health === health && health.cancel) this.#schedule(container, health);
    });
  }

  #probe(container: SimContainer, health: SimHealth): void {
    if (!this.#state.isEngineUp) return;
    const check = checkOf(container);
    const uptimeMs = this.#state.time.elapsedMs - container.startedMs;
    const words = wordsOf(container) ?? [];
    const { exitCode } = this.#state.program.probe(words, container, uptimeMs);
    health.probes += 1;
    if (this.tellsOfProbes) this.#tell(container, words, exitCode);
    if (exitCode === 0) {
      health.failingStreak = 0;
      this.#become(container, health, 'healthy');
      return;
    }
    // Failures in the start period do not count.
    if (health.status === 'starting' && uptimeMs * 1e6 < (check?.StartPeriod ?? 0)) return;
    health.failingStreak += 1;
    if (health.failingStreak >= (positive(check?.Retries) ?? DEFAULT_RETRIES))
      this.#become(container, health, 'unhealthy');
  }

  /** A probe is a command, and is told of as one. */
  #tell(container: SimContainer, words: readonly string[], exitCode: number): void {
    const execID = this.#state.newId();
    for (const action of ['exec_create', 'exec_start']) {
      this.#state.tellContainer(container, `${action}: ${commandText(words)}`, { execID });
    }
    this.#state.tellContainer(container, 'exec_die', { execID, exitCode: String(exitCode) });
  }

  #become(container: SimContainer, health: SimHealth, status: SimHealth['status']): void {
    if (health.status === status) return;
    health.status = status;
    this.#state.log.add(BY_ENGINE, { what: 'health-changed', ...this.#state.incarnation(container), health: status });
    this.#state.tellContainer(container, `health_status: ${status}`);
  }
}

function checkOf({ body, image }: SimContainer): HealthcheckBody | undefined {
  const own = body.Healthcheck ?? undefined;
  if (own === undefined) return image.healthcheck;
  return own.Test?.length ? own : { ...own, ...(image.healthcheck?.Test ? { Test: image.healthcheck.Test } : {}) };
}

/** Zero means not said. */
function positive(number: number | undefined): number | undefined {
  return number === 0 ? undefined : number;
}

/** The probe's words without CMD or CMD-SHELL; undefined where there is none. */
function wordsOf(container: SimContainer): readonly string[] | undefined {
  const [kind, ...words] = checkOf(container)?.Test ?? [];
  return kind === undefined || kind === 'NONE' ? undefined : words;
}
