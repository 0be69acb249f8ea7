/**
 * The rules that hold on every day, checked on the simulated engine's own log and nothing that reeve believes. One function
 * a rule; each gives its breaches in words.
 *
 * Where nobody could have known better, a rule makes an exception, and says so: a start that came about after the last look at
 * a container, a record that the engine or the disk has lost.
 */
import { LABEL, readDependsOn } from '../../src/model/owner.ts';
import type { Deed, DeedOf } from '../support/sim/log.ts';
import { PRE_START_RULES } from './pre-start-invariants.ts';
import { replicasOf } from './scenario.ts';
import { type Breach, type Rule, type Evidence, type InExec, isCommand, succeeded } from './evidence.ts';

const RULES: Readonly<Record<string, Rule>> = {
  'each start that stayed up got its post_start hooks': delivered,
  'post_start hooks come in order': inOrder,
  'hooks of one container never overlap': apart,
  ...PRE_START_RULES,
  'no stop before pre_stop': preStopped,
  'hooks are the container’s own': own,
  'a hook that succeeded is not repeated': once,
  'dependents start after what they wait for': afterDependencies,
  'nothing that is not ours is touched': onlyOurs,
  'no two reeves act at once': oneAtATime,
  'volumes with data are kept': volumesKept,
  'the number of calls is bounded': bounded,
  'what failed rests before it is tried again': rested,
};

export function breaches(evidence: Evidence): Breach[] {
  return Object.entries(RULES).flatMap(([rule, check]) =>
    [...check(evidence)].map((message): Breach => ({ rule, message })),
  );
}

/** What runs in the end, in the start that it is in. */
function* upInTheEnd(
  evidence: Evidence,
): Iterable<{ readonly id: string; readonly start: DeedOf<'container-started'> }> {
  for (const [id] of evidence.creations) {
    if (!evidence.isOurs(id)) continue;
    const last = evidence
      .of(id)
      .findLast(({ what }) => ['container-started', 'container-exited', 'container-removed'].includes(what));
    if (last?.what === 'container-started') yield { id, start: last };
  }
}

function* delivered(evidence: Evidence): Iterable<string> {
  for (const { id, start } of upInTheEnd(evidence)) {
    for (const hook of evidence.hooks(id).post_start) {
      const { startedAt } = start;
      const service = evidence.label(id, LABEL.service);
      const same = [...evidence.creations.keys()].filter(
        (other) => evidence.isOurs(other) && evidence.label(other, LABEL.service) === service,
      );
      const isGiven = {
        'every-start': () => evidence.isDone(id, hook, { startedAt }),
        'once-per-container': () => evidence.isDone(id, hook, {}),
        'once-per-definition': () => same.some((other) => evidence.isDone(other, hook, {})),
      }[hook.policy.run]();
      if (!isGiven) yield `${evidence.nameOf(id)} was not given ${(hook.command ?? []).join(' ')}`;
    }
  }
}

function* inOrder(evidence: Evidence): Iterable<string> {
  for (const deed of execStarts(evidence)) {
    const { post_start } = evidence.hooks(deed.containerId);
    const place = post_start.findIndex((hook) => isCommand(deed.command, hook));
    if (place < 0 || !wasSeen(evidence, deed)) continue;
    for (const hook of post_start.slice(0, place)) {
      const { containerId, startedAt, index } = deed;
      if (hook.policy.run !== 'every-start' || evidence.isDone(containerId, hook, { startedAt, before: index }))
        continue;
      yield `${evidence.nameOf(containerId)}: ${deed.command.join(' ')} ran before ${(hook.command ?? []).join(' ')}`;
    }
  }
}

function* apart(evidence: Evidence): Iterable<string> {
  const forgotten = new Set(evidence.deeds.flatMap((deed) => (deed.what === 'exec-forgotten' ? deed.execId : [])));
  for (const [id] of evidence.creations) {
    const running = new Map<string, InExec>();
    for (const deed of evidence.of(id)) {
      if (deed.what === 'exec-ended') running.delete(deed.execId);
      if (deed.what !== 'exec-started') continue;
      for (const other of running.values()) {
        if (forgotten.has(other.execId) || evidence.lostState(other.index, deed.index)) continue;
        yield `${evidence.nameOf(id)}: ${deed.command.join(' ')} began while ${other.command.join(' ')} ran`;
      }
      running.set(deed.execId, deed);
    }
  }
}

function* preStopped(evidence: Evidence): Iterable<string> {
  for (const deed of evidence.deeds) {
    const run = evidence.run(deed);
    if (!run || !('containerId' in deed) || !isEnding(deed)) continue;
    const { containerId, startedAt, index } = deed;
    const start = evidence.startOf(containerId, startedAt);
    const isOver = evidence
      .of(containerId)
      .some((one) => one.what === 'container-exited' && one.startedAt === startedAt && one.index < index);
    if (!start || isOver || run.command.force) continue;
    // A start that came after the last look at the container could not be known of.
    if (evidence.lastLook(run.client, containerId, index) < start.index) continue;
    if (endedInItsPreStop(evidence, run.client, start)) continue;
    for (const hook of evidence.hooks(containerId).pre_stop) {
      if (evidence.isDone(containerId, hook, { startedAt, before: index })) continue;
      yield `${evidence.nameOf(containerId)} was ended (${deed.what}) by ${run.client} without ${(hook.command ?? []).join(' ')}`;
    }
  }
}

/** The start before ended while this run was giving it its pre_stop: it had done what was asked, whoever brought it back. */
function endedInItsPreStop(evidence: Evidence, client: string, start: DeedOf<'container-started'>): boolean {
  const past = evidence.of(start.containerId).filter(({ index }) => index < start.index);
  const end = past.findLast(({ what }) => what === 'container-exited');
  const { pre_stop } = evidence.hooks(start.containerId);
  return past.some(
    (deed) =>
      deed.what === 'exec-started' &&
      deed.by.kind === 'client' &&
      deed.by.client === client &&
      deed.startedAt === end?.startedAt &&
      pre_stop.some((hook) => isCommand(deed.command, hook)),
  );
}

function isEnding(deed: Deed): boolean {
  if (deed.what === 'stop-begun') return true;
  if (deed.what === 'container-removed') return deed.wasUp;
  return deed.what === 'signal-sent' && ['SIGKILL', 'SIGTERM', 'KILL', 'TERM'].includes(deed.signal);
}

function* own(evidence: Evidence): Iterable<string> {
  for (const deed of execStarts(evidence)) {
    const hooks = evidence.ownHooks(deed.containerId);
    if (!hooks) continue;
    const isOwn = [...hooks.post_start, ...hooks.pre_stop].some((hook) => isCommand(deed.command, hook));
    if (!isOwn) yield `${evidence.nameOf(deed.containerId)} was given ${deed.command.join(' ')}, which is not its own`;
  }
}

function* once(evidence: Evidence): Iterable<string> {
  const asked = evidence.runs.some(({ command }) => command.do === 'hooks-retry');
  const forgotten = new Set(evidence.deeds.flatMap((deed) => (deed.what === 'exec-forgotten' ? deed.execId : [])));
  if (asked) return;
  for (const deed of execStarts(evidence)) {
    const { containerId, startedAt, index } = deed;
    const hook = evidence.hooks(containerId).post_start.find((one) => isCommand(deed.command, one));
    if (!hook || !wasSeen(evidence, deed)) continue;
    const filter = hook.policy.run === 'every-start' ? { startedAt, before: index } : { before: index };
    // One that ran in a start which came about between the look and the exec was for the start before: nobody can tell.
    const before = evidence
      .ends(containerId, hook, filter)
      .find((end) => succeeded(end) && wasSeen(evidence, beginOf(evidence, end)));
    if (!before || forgotten.has(before.execId) || evidence.lostState(0, index)) continue;
    yield `${evidence.nameOf(containerId)}: ${deed.command.join(' ')} had succeeded, and was run again`;
  }
}

/** The begin of an exec that has ended. */
function beginOf(evidence: Evidence, end: InExec): InExec {
  return execStarts(evidence).find(({ execId }) => execId === end.execId) ?? end;
}

/** The run that began this exec had looked at the world since the start that it ran in. */
function wasSeen(evidence: Evidence, deed: InExec): boolean {
  const run = evidence.run(deed);
  const start = evidence.startOf(deed.containerId, deed.startedAt);
  if (!run || !start) return false;
  return start.by.kind === 'client' || evidence.lastObservation(run.client, deed.index) > start.index;
}

function* afterDependencies(evidence: Evidence): Iterable<string> {
  for (const deed of evidence.deeds) {
    const run = evidence.run(deed);
    if (deed.what !== 'container-started' || !run?.desired() || !evidence.isOurs(deed.containerId)) continue;
    // These leave dependencies alone, and what is held is not waited for.
    if (['restart', 'hooks-retry'].includes(run.command.do) || run.command.noDeps) continue;
    if (hasHolds(evidence, deed.index)) continue;
    // What its files were at that moment is not known here.
    if (run.command.do === 'watch' && evidence.scenario.versions.length > 1) continue;
    if (wasDisturbed(evidence, run.client, deed.index)) continue;
    const service = run.desired()?.services[evidence.label(deed.containerId, LABEL.service) ?? ''];
    for (const { service: name, condition } of readDependsOn(evidence.label(deed.containerId, LABEL.dependsOn))) {
      const needed = run.desired()?.services[name];
      if (!needed || service?.depends_on?.[name]?.required !== true) continue;
      const wanted = replicasOf(needed, run.command);
      const present = [...evidence.creations.values()]
        .filter(
          ({ containerId: id, index }) =>
            index < deed.index && evidence.isService(id) && evidence.label(id, LABEL.service) === name,
        )
        .map(({ containerId }) => containerId)
        .filter((id) => !evidence.of(id).some(({ what, index }) => what === 'container-removed' && index < deed.index));
      const ready = present.filter((id) => isReady(evidence, id, { condition, before: deed.index }));
      // `start` makes none that is missing.
      const least = run.command.do === 'start' ? Math.min(wanted, present.length) : wanted;
      if (ready.length >= least) continue;
      yield `${evidence.nameOf(deed.containerId)} was started with ${ready.length} of ${wanted} ${name} (${condition})`;
    }
  }
}

function hasHolds({ runs }: Evidence, before: number): boolean {
  return runs.some(({ command, began }) => began <= before && (command.do === 'stop' || command.do === 'suspend'));
}

/** Something happened by itself or by others since this client looked at the world: it could not be known of. */
function wasDisturbed(evidence: Evidence, client: string, before: number): boolean {
  const from = Math.max(0, evidence.lastObservation(client, before));
  return evidence.deeds
    .slice(from, before)
    .some(({ what, by }) => by.kind !== 'client' && by.kind !== 'process' && what !== 'health-changed');
}

function isReady(
  evidence: Evidence,
  id: string,
  { condition, before }: { readonly condition: string; readonly before: number },
): boolean {
  const past = evidence.of(id).filter(({ index }) => index < before);
  const last = past.findLast(({ what }) => /^container-(started|exited|removed|created)$/.test(what));
  // To have been started is all that the weakest condition asks for; who ended by itself gets no hooks any more.
  if (last?.what === 'container-exited') return last.exitCode === 0 || condition === 'service_started';
  if (last?.what !== 'container-started' || condition === 'service_completed_successfully') return false;
  if (condition === 'service_healthy') {
    const health = past.findLast((deed) => deed.what === 'health-changed' && deed.startedAt === last.startedAt);
    if (health?.what !== 'health-changed' || health.health !== 'healthy') return false;
  }
  return evidence
    .hooks(id)
    .post_start.every(
      (hook) => hook.policy.run !== 'every-start' || evidence.isDone(id, hook, { startedAt: last.startedAt, before }),
    );
}

function* onlyOurs(evidence: Evidence): Iterable<string> {
  for (const deed of evidence.deeds) {
    if (deed.by.kind !== 'client' || deed.what === 'request') continue;
    if ('containerId' in deed && !evidence.isOurs(deed.containerId))
      yield `${evidence.nameOf(deed.containerId)}: ${deed.what} by ${deed.by.client}`;
    if (deed.what === 'network-removed' && !deed.network.startsWith(`${evidence.project}_`))
      yield `network ${deed.network} was removed by ${deed.by.client}`;
  }
}

/** While a living reeve stays with a hook or a stop, no other one changes anything. */
function* oneAtATime(evidence: Evidence): Iterable<string> {
  const stays = new Map<string, { readonly client: string; readonly what: string }>();
  for (const deed of evidence.deeds) {
    if (deed.what === 'fault' || deed.what === 'engine-down' || deed.what === 'exec-forgotten') stays.clear();
    for (const [key, { client }] of stays) if (hasEnded(evidence, client, deed.index)) stays.delete(key);
    if (deed.what === 'exec-ended') stays.delete(deed.execId);
    // A stop of one that waited for its restart policy calls that off, and is over.
    if (['container-exited', 'container-removed', 'restart-cancelled'].includes(deed.what) && 'containerId' in deed)
      stays.delete(deed.containerId);
    if (deed.by.kind !== 'client' || !('containerId' in deed)) continue;
    const { client } = deed.by;
    // What the engine still does for one that is gone.
    if (hasEnded(evidence, client, deed.index)) continue;
    for (const stay of stays.values()) {
      if (stay.client !== client) yield `${client}: ${deed.what} while ${stay.client} was with ${stay.what}`;
    }
    if (deed.what === 'exec-started') stays.set(deed.execId, { client, what: deed.command.join(' ') });
    if (deed.what === 'stop-begun')
      stays.set(deed.containerId, { client, what: `the stop of ${evidence.nameOf(deed.containerId)}` });
  }
}

function hasEnded({ runs }: Evidence, client: string, index: number): boolean {
  const ended = runs.find((run) => run.client === client)?.ended();
  return ended !== undefined && ended <= index;
}

function* volumesKept({ deeds, runs }: Evidence): Iterable<string> {
  for (const deed of deeds) {
    if (deed.what !== 'volume-removed' || deed.by.kind !== 'client') continue;
    const { client } = deed.by;
    const isAsked = runs.some((run) => run.client === client && (run.command.volumes ?? run.command.recreateVolumes));
    if (!isAsked) yield `volume ${deed.volume} was removed by ${client}`;
  }
}

/** With delays of 1, 2, 4 s; more where files are saved, or others start and stop things too. */
const MOST_STARTS = 12;
const STARTS_WINDOW_MS = 10_000;

function* rested(evidence: Evidence): Iterable<string> {
  const starts = new Map<string, number[]>();
  for (const deed of evidence.deeds) {
    if ((deed.what !== 'start-refused' && deed.what !== 'container-started') || deed.by.kind !== 'client') continue;
    const name = `${evidence.nameOf(deed.containerId)} by ${deed.by.client}`;
    const times = [...(starts.get(name) ?? []), deed.atMs].filter((ms) => deed.atMs - ms <= STARTS_WINDOW_MS);
    starts.set(name, times);
    if (times.length <= MOST_STARTS) continue;
    yield `${times.length} starts of ${name} in ${STARTS_WINDOW_MS / 1000} s, at ${deed.atMs} ms`;
    return;
  }
}

/** A loop that looks again without a pause makes thousands in a second. */
const MOST_CALLS = 700;
const WINDOW_MS = 1000;

function* bounded({ deeds }: Evidence): Iterable<string> {
  const times = deeds.filter(({ what }) => what === 'request').map(({ atMs }) => atMs);
  for (let first = 0, last = 0; last < times.length; last += 1) {
    while ((times[last] ?? 0) - (times[first] ?? 0) > WINDOW_MS) first += 1;
    if (last - first < MOST_CALLS) continue;
    yield `${last - first} calls in a second, at ${times[last]} ms`;
    return;
  }
}

function execStarts({ deeds }: Evidence): InExec[] {
  return deeds.filter((deed): deed is InExec => deed.what === 'exec-started');
}
