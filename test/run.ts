/**
 * The one test runner: `node test/run.ts [SUITE...] [WORD...]`, all suites when none is named; words narrow the test files
 * down to those with one of them in their path. Checks the format, the lint rules and the types (each counts as one test),
 * runs the suites with node:test, then looks for what tests left on the engine. Ends with `N passed, N failed`; exits 1
 * when anything failed or when no test ran. Never retries.
 */
import { spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { findLeftovers, removeLeftovers, testProjectPrefix } from './support/leftovers.ts';

interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

type Suite = { readonly kind: 'command'; readonly commands: readonly (readonly string[])[] } | TestSuite;

interface TestSuite {
  readonly kind: 'tests';
  readonly concurrency: number;
  readonly deadlineMs: number;
  readonly engine: boolean;
  /** Where its files are; default: the folder of its name. */
  readonly files?: string;
  /** It is run when it is named only, with this in its environment: another suite has the short version of it. */
  readonly long?: Readonly<Record<string, string>>;
}

const root = join(import.meta.dirname, '..');
const cores = availableParallelism();

const suites: Readonly<Record<string, Suite>> = {
  format: { kind: 'command', commands: [['oxfmt', '--check', '.']] },
  lint: {
    kind: 'command',
    commands: [
      ['oxlint', '--deny-warnings'],
      [process.execPath, 'test/lint/boundaries.ts'],
    ],
  },
  types: { kind: 'command', commands: [['tsc']] },
  unit: { kind: 'tests', concurrency: cores, deadlineMs: 30_000, engine: false },
  property: { kind: 'tests', concurrency: cores, deadlineMs: 120_000, engine: false },
  // Its own workers take the cores.
  sim: { kind: 'tests', concurrency: 1, deadlineMs: 600_000, engine: false },
  // Its files lay cases out in one and the same place.
  conformance: { kind: 'tests', concurrency: 1, deadlineMs: 900_000, engine: true },
  // What the real engine is held to, on those that stand in for it.
  simulated: {
    kind: 'tests',
    concurrency: cores,
    deadlineMs: 60_000,
    engine: false,
    files: 'test/engine/{model,sim}*.test.ts',
  },
  // These wait for the engine most of the time.
  engine: {
    kind: 'tests',
    concurrency: 2 * cores,
    deadlineMs: 120_000,
    engine: true,
    files: 'test/engine/!(model|sim)*.test.ts',
  },
  e2e: { kind: 'tests', concurrency: 2 * cores, deadlineMs: 300_000, engine: true },
  'faults-long': {
    kind: 'tests',
    concurrency: 1,
    deadlineMs: 4 * 3_600_000,
    engine: true,
    files: 'test/e2e/faults-*.test.ts',
    long: { REEVE_FAULTS: '200' },
  },
};

const words = process.argv.slice(2);
const named = words.filter((word) => word in suites);
const filters = words.filter((word) => !(word in suites));
const chosen =
  named.length > 0
    ? named
    : Object.keys(suites).filter((name) => !isLong(suites[name]) && (filters.length === 0 || isTests(suites[name])));
const runMark = randomBytes(2).toString('hex');
// What a test process is told: the mark that goes into the name of each of its projects.
process.env['REEVE_TEST_RUN'] = runMark;

// Titles of tests that the engine at hand cannot pass: engines.ts names them, with the reasons.
const notAsked = (JSON.parse(process.env['REEVE_TEST_SKIP'] ?? '[]') as string[]).map(
  (title) => new RegExp(`^${RegExp.escape(title)}$`),
);

const results: Counts[] = [];
for (const name of chosen) results.push(await runSuite(name));
if (chosen.some((name) => usesEngine(suites[name]))) results.push(await checkLeftovers());

const total = (field: keyof Counts): number => results.reduce((sum, counts) => sum + counts[field], 0);
const all: Counts = { passed: total('passed'), failed: total('failed'), skipped: total('skipped') };
process.stdout.write(`\n${countsText(all)}\n`);
process.exitCode = all.failed > 0 || all.passed === 0 ? 1 : 0;

async function runSuite(name: string): Promise<Counts> {
  const suite = suites[name];
  if (suite === undefined) throw new Error(`no suite ${name}`);
  process.stdout.write(`\n# ${name}\n`);
  const startedAt = performance.now();
  const counts = suite.kind === 'command' ? runCommands(suite.commands) : await runTests(name, suite);
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  process.stdout.write(`# ${name}: ${countsText(counts)} in ${seconds} s\n`);
  return counts;
}

function countsText({ passed, failed, skipped }: Counts): string {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}

/** Several commands that are one test: all are run, so that one go shows everything that is wrong. */
function runCommands(commands: readonly (readonly string[])[]): Counts {
  const statuses = commands.map(([file = '', ...args]) => {
    const { status, error } = spawnSync(file, args, { cwd: root, stdio: 'inherit' });
    if (error !== undefined) process.stderr.write(`${file}: ${error.message}\n`);
    return status;
  });
  const passes = statuses.every((status) => status === 0);
  return { passed: passes ? 1 : 0, failed: passes ? 0 : 1, skipped: 0 };
}

async function runTests(name: string, { concurrency, deadlineMs, files: place, long }: TestSuite): Promise<Counts> {
  for (const [variable, value] of Object.entries(long ?? {})) process.env[variable] ??= value;
  const files = globSync(place ?? `test/${name}/**/*.test.ts`, { cwd: root })
    .filter((file) => filters.length === 0 || filters.some((word) => file.includes(word)))
    .toSorted();
  if (files.length === 0) return { passed: 0, failed: 0, skipped: 0 };
  const stream = run({
    files: files.map((file) => join(root, file)),
    concurrency,
    timeout: deadlineMs,
    testSkipPatterns: notAsked,
  });
  const counts = { passed: 0, failed: 0, skipped: 0 };
  stream.on('test:pass', ({ details, skip, todo }) => {
    if (details.type === 'suite') return;
    counts[skip !== undefined || todo !== undefined ? 'skipped' : 'passed'] += 1;
  });
  stream.on('test:fail', ({ details, todo }) => {
    if (details.type === 'suite') return;
    counts[todo === undefined ? 'failed' : 'skipped'] += 1;
  });
  for await (const text of stream.compose(spec())) process.stdout.write(String(text));
  return counts;
}

function isTests(suite: Suite | undefined): suite is TestSuite {
  return suite?.kind === 'tests';
}

function isLong(suite: Suite | undefined): boolean {
  return isTests(suite) && suite.long !== undefined;
}

function usesEngine(suite: Suite | undefined): boolean {
  return isTests(suite) && suite.engine;
}

/** What this run's projects left on the engine is a failure: of the tests' clean-up, or of reeve. It is then removed. */
async function checkLeftovers(): Promise<Counts> {
  const prefix = `${testProjectPrefix}${runMark}`;
  const left = await findLeftovers(prefix);
  for (const { kind, name } of left) process.stdout.write(`left behind: ${kind} ${name}\n`);
  await removeLeftovers(prefix);
  return { passed: 0, failed: left.length > 0 ? 1 : 0, skipped: 0 };
}
