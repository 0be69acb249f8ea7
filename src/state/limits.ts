/** How much is remembered. Every table that grows with use has its bound here, or says in its file why it needs none. */

export interface Limits {
  /** Bytes of a run's output kept from its beginning. */
  readonly outputHeadBytes: number;
  /** Bytes of a run's output kept from its end. */
  readonly outputTailBytes: number;
  /** Bytes of output of all runs together. */
  readonly outputBytes: number;
  /** Runs whose record is kept although it decides nothing any more; also how many keep their output. */
  readonly runs: number;
  /** Lines of history a project. */
  readonly historyLines: number;
  /** Lines of history of all projects together. */
  readonly historyLinesOfAll: number;
  /** Hook definitions whose withheld values are kept. */
  readonly withheldValues: number;
  /** Containers of others that are remembered although they exist no more. */
  readonly goneAdopted: number;
}

export const DEFAULT_LIMITS: Limits = {
  outputHeadBytes: 64 * 1024,
  outputTailBytes: 192 * 1024,
  outputBytes: 64 * 1024 * 1024,
  runs: 5000,
  historyLines: 10_000,
  historyLinesOfAll: 100_000,
  withheldValues: 10_000,
  goneAdopted: 1000,
};
