/**
 * What holds of plans whatever came before: histories of edits, crashes at any call and interference at any moment, on an
 * engine in memory. In the end the world is as desired, and on the way no rule was broken.
 */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import * as fc from 'fast-check';
import { containerHash, networkHash } from '../../src/model/config-hash.ts';
import { type CarriedHook } from '../../src/model/carried-hook.ts';
import { networkKeys } from '../../src/model/endpoint.ts';
import { LABEL, containerName, readHookOwner } from '../../src/model/owner.ts';
import type { Project } from '../../src/model/project.ts';
import { checkPlan } from '../../src/plan/check.ts';
import { isEmpty } from '../../src/plan/plan.ts';
import { History, type Step } from '../support/history.ts';
import type { Deed } from '../support/model-world.ts';
import { interferenceArb, projectArb } from '../support/random-project.ts';

const stepArb: fc.Arbitrary<Step> = fc.record({
  edit: fc.nat(2),
  before: fc.array(interferenceArb, { maxLength: 2 }),
  during: fc.array(fc.record({ at: fc.integer({ min: 1, max: 60 }), deed: interferenceArb }), { maxLength: 2 }),
  diesAt: fc.option(fc.integer({ min: 1, max: 80 }), { nil: undefined, freq: 2 }),
  lastCallCounts: fc.boolean(),
  ask: fc.constantFrom('apply', 'apply', 'apply', 'recreate', 'recreate-volumes', 'restart', 'down', 'stop'),
  failures: fc.nat(2),
});

const historyArb = fc.record({
  projects: fc.array(projectArb, { minLength: 3, maxLength: 3 }),
  steps: fc.array(stepArb, { minLength: 1, maxLength: 5 }),
});

/** More of them on demand: `REEVE_PROPERTY_RUNS=5000`. */
const RUNS = Number(process.env['REEVE_PROPERTY_RUNS'] ?? 150);
/** Those again that failed, by the seed that a failure names: `REEVE_PROPERTY_SEED=4711`. */
const AGAIN = process.env['REEVE_PROPERTY_SEED'];
const seeded = AGAIN === undefined ? {} : { seed: Number(AGAIN) };

suite('plans, whatever happens', () => {
  test('the world becomes as desired, and no rule is broken on the way', async () => {
    await fc.assert(
      fc.asyncProperty(historyArb, async ({ projects, steps }) => {
        using history = new History(projects);
        try {
          for (const step of steps) await history.take(step);
          const desired = await history.settle();
          assertAsDesired(history, desired);
          assertHooksGiven(history);
          assertRulesKept(history);
          await assertSettled(history, desired);
        } catch (error) {
          throw new Error(`${String(error)}\n${history.describe(steps)}`, { cause: error });
        }
      }),
      { numRuns: RUNS, ...seeded },
    );
  });

  test('down leaves nothing of the project, hooks and all, and nothing else is touched', async () => {
    await fc.assert(
      fc.asyncProperty(historyArb, async ({ projects, steps }) => {
        using history = new History(projects);
        try {
          for (const step of steps) await history.take(step);
          await history.takeDown();
          const { containers, networks, volumes } = history.engine;
          const left = [...containers.values()].filter(({ labels }) => labels[LABEL.project] === 'shop');
          assert.deepEqual(left, []);
          assert.deepEqual([...networks.keys()], []);
          assert.ok(
            [...volumes.keys()].every((name) => name === 'shop_data'),
            'data is kept',
          );
          assertRulesKept(history);
        } catch (error) {
          throw new Error(`${String(error)}\n${history.describe(steps)}`, { cause: error });
        }
      }),
      { numRuns: RUNS / 2, ...seeded },
    );
  });
});

async function assertSettled(history: History, desired: Project): Promise<void> {
  const { plan, again } = history.plans(desired);
  assert.deepEqual(again, plan, 'planning twice gives two plans');
  assert.ok(isEmpty(plan), 'planning again is not empty');
  assert.deepEqual(checkPlan(plan), []);
  const deeds = history.engine.log.length;
  await history.apply(desired);
  assert.deepEqual(history.engine.log.slice(deeds), [], 'a second run does something');
}

function assertAsDesired(history: History, desired: Project): void {
  const { engine } = history;
  const ours = [...engine.containers.values()].filter(({ labels }) => labels[LABEL.project] === desired.name);
  const wanted = Object.values(desired.services).flatMap((service) => {
    const present = ours.filter(({ labels }) => labels[LABEL.service] === service.name);
    assert.equal(present.length, service.replicas, `${service.name} has ${present.length} containers`);
    return present.map((container) => ({ service, container }));
  });
  assert.equal(ours.length, wanted.length, 'containers of no service are left');
  for (const { service, container } of wanted) {
    const { name, labels, state, networks } = container;
    const number = Number(labels[LABEL.number]);
    assert.equal(name, containerName(desired, service, number));
    assert.equal(labels[LABEL.configHash], containerHash(desired, service, { containerIdOf: () => '' }));
    if (service.name.startsWith('job')) assert.deepEqual([state.status, state.exitCode], ['exited', 0], name);
    else if (!history.wasFinishedByOthers(container.id))
      assert.equal(state.status, 'running', `${name} is ${state.status}`);
    const on = networkKeys(desired, service).map((key) => desired.networks[key]?.name ?? key);
    assert.deepEqual([...networks.keys()].toSorted(), on.toSorted(), `networks of ${name}`);
    for (const [network, { networkId }] of networks) assert.equal(engine.networks.get(network)?.id, networkId);
  }
  for (const key of new Set(wanted.flatMap(({ service }) => networkKeys(desired, service)))) {
    const network = desired.networks[key];
    if (network) assert.equal(engine.networks.get(network.name)?.labels[LABEL.configHash], networkHash(network));
  }
}

/**
 * Each start that is still up got each hook, and once: but for one that came about in the middle of a run, whose hooks
 * may have been taken for those of the start before it.
 */
function assertHooksGiven(history: History): void {
  for (const container of history.engine.containers.values()) {
    const { id, name, state } = container;
    if (state.status !== 'running') continue;
    for (const hook of history.hooksOf(id).post_start) {
      const what = `${name} ${(hook.command ?? []).join(' ')}`;
      const delivered = history.deliveries(id, hook);
      const succeeded = delivered.filter(({ exitCode }) => exitCode === 0);
      const inThisStart = delivered.filter(({ startedAt }) => startedAt === state.startedAt);
      const timesInThisStart = succeeded.filter(({ startedAt }) => startedAt === state.startedAt).length;
      if (hook.policy.run === 'every-start') {
        assert.ok(inThisStart.length > 0, `no ${what}`);
        if (!history.beganUnseen(id, state.startedAt)) assert.ok(timesInThisStart <= 1, `twice ${what}`);
      }
      if (hook.policy.run === 'once-per-container') {
        assert.ok(delivered.length > 0, `no ${what}`);
        assert.ok(succeeded.length <= 1, `twice ${what}`);
      }
    }
  }
}

function assertRulesKept(history: History): void {
  const { log } = history.engine;
  assert.deepEqual(history.broken, []);
  for (const [index, deed] of log.entries()) {
    if (deed.by === 'reeve') {
      assert.equal(history.projectOf(deed.containerId), 'shop', `${deed.what} of what is not ours`);
    }
    if (deed.what === 'stop' && deed.by === 'reeve') assertPreStopped(history, deed, index);
    if (deed.what === 'exec-start') assertInOrder(history, deed, index);
    if (deed.what === 'start' && deed.by === 'reeve') assertPreStarted(history, deed, index);
  }
}

/**
 * Before a first start each pre_start hook succeeded: for the container itself, or for one of the same definition, or such
 * a one was started already. No hook of a service runs beside itself, or while the service's container is started.
 */
function assertPreStarted(history: History, start: Deed, index: number): void {
  const before = history.engine.log.slice(0, index);
  const labels = history.labelsOf(start.containerId);
  const owner = readHookOwner(labels);
  const prepares = (id: string): boolean => {
    const other = readHookOwner(history.labelsOf(id));
    if (!other) return false;
    if (!owner) return other.containerId === start.containerId;
    return (
      other.index === owner.index && other.digest === owner.digest && isSameService(history, id, start.containerId)
    );
  };
  const running = new Set<string>();
  for (const deed of before) {
    // What others start again, when it had succeeded, is nobody's to hold back.
    if (deed.what === 'start' && deed.by === 'reeve' && prepares(deed.containerId)) running.add(deed.containerId);
    if (deed.what === 'die') running.delete(deed.containerId);
  }
  const isForEach = owner && history.hooksOf(owner.containerId).pre_start[owner.index]?.per_replica === true;
  if (!isForEach) assert.deepEqual([...running], [], 'a pre_start hook runs already');
  if (owner || before.some((deed) => deed.what === 'start' && deed.containerId === start.containerId)) return;
  for (const [place, hook] of history.hooksOf(start.containerId).pre_start.entries()) {
    const counts = ({ what, containerId, exitCode }: Deed): boolean => {
      const other = readHookOwner(history.labelsOf(containerId));
      if (!isSameService(history, containerId, start.containerId)) return false;
      const isSame = (id: string): boolean =>
        id === start.containerId ||
        (hook.per_replica !== true && history.labelsOf(id)[LABEL.configHash] === labels[LABEL.configHash]);
      if (!other) return what === 'start' && hook.per_replica !== true && isSame(containerId);
      const isDone = what === 'die' && (exitCode === 0 || hook.policy.onFailure === 'continue');
      if (!isDone || other.index !== place || other.digest !== hook.digest) return false;
      return hook.policy.run === 'once-per-definition' || isSame(other.containerId);
    };
    assert.ok(before.some(counts), `started without ${(hook.command ?? []).join(' ')}`);
  }
}

function isSameService(history: History, one: string, other: string): boolean {
  return history.labelsOf(one)[LABEL.service] === history.labelsOf(other)[LABEL.service];
}

/** All pre_stop hooks of that start succeeded before; one that began after the plan was made could not be planned for. */
function assertPreStopped(history: History, stop: Deed, index: number): void {
  const { log } = history.engine;
  if (history.startOf(stop.containerId, stop.startedAt) > history.lookedBefore(index)) return;
  if (hadEndedInItsPreStop(history, stop, index)) return;
  // Its first hook was begun for the start before, whose end came between the look and the hook.
  if (history.beganUnseen(stop.containerId, stop.startedAt)) return;
  for (const hook of history.hooksOf(stop.containerId).pre_stop) {
    const runs = log.slice(0, index).filter((deed) => isRunOf(deed, 'exec-end', stop, hook));
    const isDone = runs.some(({ exitCode }) => exitCode === 0 || hook.policy.onFailure === 'continue');
    assert.ok(isDone, `stopped without ${(hook.command ?? []).join(' ')}`);
  }
}

/** The start before had ended once its pre_stop had begun: it had done what was asked, whoever brought it back. */
function hadEndedInItsPreStop(history: History, { containerId }: Deed, index: number): boolean {
  const past = history.engine.log.slice(0, index).filter((deed) => deed.containerId === containerId);
  const end = past.findLast(({ what }) => what === 'die');
  const { pre_stop } = history.hooksOf(containerId);
  return past.some(
    (deed) =>
      deed.what === 'exec-start' && deed.startedAt === end?.startedAt && pre_stop.some((hook) => isCommand(deed, hook)),
  );
}

/** Never beside another run of itself, and after the hooks before it in its phase. */
function assertInOrder(history: History, start: Deed, index: number): void {
  const { log } = history.engine;
  const before = log.slice(0, index);
  const ended = new Set(before.flatMap((deed) => (deed.what === 'exec-end' ? (deed.execId ?? '') : [])));
  const { post_start, pre_stop } = history.hooksOf(start.containerId);
  const phase = [post_start, pre_stop].find((hooks) => hooks.some((hook) => isCommand(start, hook))) ?? [];
  const place = phase.findIndex((hook) => isCommand(start, hook));
  for (const [other, hook] of phase.entries()) {
    const starts = before.filter((deed) => isRunOf(deed, 'exec-start', start, hook));
    if (other === place)
      assert.ok(
        starts.every(({ execId }) => ended.has(execId ?? '')),
        'two runs at once',
      );
    if (other >= place || hook.policy.run !== 'every-start') continue;
    if (history.beganUnseen(start.containerId, start.startedAt)) continue;
    const isDone = before.some(
      (deed) => isRunOf(deed, 'exec-end', start, hook) && (deed.exitCode === 0 || hook.policy.onFailure === 'continue'),
    );
    assert.ok(isDone, `${(start.command ?? []).join(' ')} ran before ${(hook.command ?? []).join(' ')}`);
  }
}

function isRunOf(deed: Deed, what: Deed['what'], of: Deed, hook: CarriedHook): boolean {
  return (
    deed.what === what &&
    deed.containerId === of.containerId &&
    deed.startedAt === of.startedAt &&
    isCommand(deed, hook)
  );
}

function isCommand(deed: Deed, hook: CarriedHook): boolean {
  return (deed.command ?? []).join(' ') === (hook.command ?? []).join(' ');
}
