/** The peace after a bad day: nobody interferes any more, so everything has to come to rest as desired, and stay so. */
import { messageOf } from '../../src/model/errors.ts';
import { LABEL } from '../../src/model/owner.ts';
import type { Project } from '../../src/model/project.ts';
import { LONGEST_WAIT_MS, type Day } from './day.ts';
import { isUntold, makePeace } from './peace.ts';
import { RESYNC_MS, type ReeveProcess } from './reeve-process.ts';

/** Peace has to bring everything to rest within. */
const LONGEST_PEACE_MS = 60 * 60_000;
const OTHERS_MS = 3_000;
/** Longest pause that reeve makes between two tries, and more. */
const QUIET_MS = 150_000;

/** The project as it is to be in the end; undefined: it did not settle, or has no files. */
export async function settle(day: Day): Promise<Project | undefined> {
  day.endTroubles();
  await day.passUntil(() => day.isEngineThere);
  // What others have begun ends, a stop with its grace.
  await day.time.pass(OTHERS_MS);
  day.beginPeace();
  await ends(day, () => day.busy());
  makePeace(day.world);
  const desired = await day.files.load();
  if (desired.kind !== 'project') return undefined;
  const isSettled = day.scenario.peace === 'watch' ? await settleByWatch(day) : await settleByApply(day);
  for (const { process } of day.processes) judgeEnd(day, process);
  return isSettled ? desired.project : undefined;
}

async function ends(day: Day, left: () => readonly ReeveProcess[]): Promise<void> {
  if (await day.passUntil(() => left().length === 0)) return;
  const names = left().map(({ name }) => name);
  day.fail('every command ends', names.join(', '));
}

async function settleByApply(day: Day): Promise<boolean> {
  for (const { process, command } of day.alive()) if (command.do === 'watch') process.interrupt();
  await ends(day, () => day.alive().map(({ process }) => process));
  await day.command({ do: 'resume' });
  let last = '';
  for (let round = 0; round < 12; round += 1) {
    const changes = day.changes();
    const { end } = await day.command({ do: 'apply', removeOrphans: true });
    await day.time.pass(20_000);
    if (end?.kind === 'result' && end.result?.kind === 'converged' && day.changes() === changes) return true;
    last = failureOf(end);
    await day.time.pass(60_000);
  }
  day.fail('left in peace it settles', `apply does not converge: ${last}`);
  return false;
}

function failureOf(end: ReeveProcess['end']): string {
  if (end?.kind === 'result') return end.result?.failures.join('; ') ?? '';
  return end?.kind === 'error' ? messageOf(end.error) : '';
}

async function settleByWatch(day: Day): Promise<boolean> {
  const { time } = day;
  await time.passUntil(() => !day.alive().some(({ process }) => process.isInterrupted), LONGEST_WAIT_MS);
  if (day.watches().length === 0) await day.begin({ do: 'watch' });
  // Nobody helps a watch that has heard of nothing; only what was stopped by hand has to be asked for.
  if (day.processes.some(({ command }) => command.do === 'stop' || command.do === 'suspend')) {
    await day.command({ do: 'resume' });
    await day.command({ do: 'start' });
  }
  // No file system tells of a record that was removed.
  if (day.wasStateDeleted || isUntold(day.world)) await time.pass(2 * RESYNC_MS);
  const limitMs = time.monotonic() + LONGEST_PEACE_MS;
  for (let changes = -1; time.monotonic() < limitMs;) {
    // One whose last moment comes only now leaves the rest to the next.
    if (day.watches().length === 0) await day.begin({ do: 'watch' });
    if (changes === day.changes() && day.watches().every((said) => said.startsWith('ready'))) return true;
    changes = day.changes();
    await time.pass(QUIET_MS);
  }
  day.fail('left in peace it settles', `watch does not come to rest: ${day.watches().join(' | ')}`);
  return false;
}

/** Converged means that there is nothing more to do: another run changes nothing, and nobody goes on looking. */
export async function checkStillness(day: Day): Promise<void> {
  const before = day.changes();
  const { end } = await day.command({ do: 'apply', removeOrphans: true });
  const isConverged = end?.kind === 'result' && end.result?.kind === 'converged' && end.result.actions === 0;
  if (!isConverged) day.fail('converged means an empty plan', JSON.stringify(end));
  if (day.changes() !== before) day.fail('converged means an empty plan', 'another apply changed something');
  const calls = day.calls();
  await day.time.pass(3 * 60_000);
  if (day.changes() !== before) day.fail('what has settled stays as it is', 'something changed by itself');
  if (day.calls() - calls > 20)
    day.fail('the number of calls is bounded', `${day.calls() - calls} calls in three quiet minutes`);
}

export async function takeDown(day: Day): Promise<void> {
  for (const { process } of day.alive()) process.interrupt();
  await day.passUntil(() => day.alive().length === 0);
  for (let round = 0; round < 6; round += 1) {
    const { end } = await day.command({ do: 'down', removeOrphans: true });
    if (end?.kind === 'result' && end.result?.kind === 'converged') break;
    await day.time.pass(60_000);
  }
  const left = day.world.all().filter(({ labels }) => labels[LABEL.project] === 'shop');
  if (left.length > 0) day.fail('down leaves nothing', left.map(({ name }) => name).join(', '));
}

function judgeEnd(day: Day, { name, end }: ReeveProcess): void {
  const rule = 'reeve fails in no way but its own';
  const error = end?.kind === 'error' ? end.error : undefined;
  const isExpected = error instanceof Error && ['EngineError', 'StateError', 'Death'].includes(error.name);
  if (error !== undefined && !isExpected && messageOf(error) !== 'interrupted')
    day.fail(rule, `${name}: ${error instanceof Error ? error.stack : messageOf(error)}`);
  const failures = end?.kind === 'result' ? (end.result?.failures ?? []) : [];
  for (const failure of failures) {
    if (/done 5 times over|please report|TypeError/.test(failure)) day.fail(rule, `${name}: ${failure}`);
  }
}
