/** What holds of the graph of every plan, for worlds that no history need ever have reached. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import * as fc from 'fast-check';
import type { HookOutcome, HookRecord } from '../../src/model/hook.ts';
import type { ContainerStatus, ObservedContainer } from '../../src/model/observed.ts';
import type { Project } from '../../src/model/project.ts';
import { buildPlan } from '../../src/plan/build.ts';
import { checkPlan } from '../../src/plan/check.ts';
import { buildDownPlan, buildStopPlan } from '../../src/plan/down.ts';
import { hooksOf } from '../../src/plan/owed.ts';
import type { Action, ActionId, Plan } from '../../src/plan/plan.ts';
import { DEFAULT_POLICY, type PlanPolicy } from '../../src/plan/policy.ts';
import { renderPlan } from '../../src/plan/render.ts';
import { projectArb } from '../support/random-project.ts';
import {
  container,
  fakeId,
  NOTHING_RECORDED,
  observed,
  observedNetwork,
  observedVolume,
  project,
  record,
} from '../support/world.ts';

const STATUSES: readonly ContainerStatus[] = [
  'created',
  'running',
  'running',
  'running',
  'paused',
  'restarting',
  'removing',
  'exited',
  'dead',
];

const containerArb = fc.record({
  service: fc.constantFrom('job', 'web', 'app', 'db', 'gone'),
  number: fc.integer({ min: 0, max: 4 }),
  id: fc.nat(1e6),
  status: fc.constantFrom(...STATUSES),
  exitCode: fc.constantFrom(0, 1),
  health: fc.constantFrom('none', 'starting', 'healthy', 'unhealthy'),
  isDrifted: fc.boolean(),
  isForeign: fc.constantFrom(false, false, true),
  isOneoff: fc.constantFrom(false, false, false, true),
  networks: fc.constantFrom('as desired', 'as desired', 'none'),
  name: fc.constantFrom('final', 'final', 'final', 'temporary', 'odd', 'of another'),
});

const worldArb = fc
  .record({
    desired: projectArb,
    sketches: fc.uniqueArray(containerArb, { maxLength: 10, selector: ({ id }) => id }),
    isNetworkChanged: fc.boolean(),
    isVolumeChanged: fc.boolean(),
    isShared: fc.constantFrom(false, false, false, true),
    isImageThere: fc.constantFrom(true, true, true, false),
    /** Of each container in turn. */
    waits: fc.array(fc.boolean(), { maxLength: 10 }),
    stops: fc.array(fc.boolean(), { maxLength: 10 }),
    outcomes: fc.array(fc.constantFrom<HookOutcome>('intended', 'succeeded', 'failed', 'timed-out'), { maxLength: 10 }),
    policy: fc.record({
      pull: fc.constantFrom<PlanPolicy['pull']>('policy', 'always', 'never'),
      removeOrphans: fc.boolean(),
      forceRecreate: fc.constantFrom(false, false, true),
      recreateVolumes: fc.boolean(),
      noStart: fc.constantFrom(false, false, false, true),
      existingOnly: fc.constantFrom(false, false, false, true),
      restart: fc.subarray(['job', 'web', 'app', 'db']).map((names) => new Set(names)),
      services: fc.option(
        fc.subarray(['job', 'web', 'app', 'db'], { minLength: 1 }).map((names) => new Set(names)),
        { nil: undefined },
      ),
      held: fc
        .subarray(['job', 'web'])
        .map((names) => new Map(names.map((name) => [name, 'suspended' as const] as const))),
    }),
  })
  .map(
    ({
      desired,
      sketches,
      isNetworkChanged,
      isVolumeChanged,
      isShared,
      isImageThere,
      waits,
      stops,
      outcomes,
      policy,
    }) => {
      const containers = sketches.map((sketch, index) => containerOf(desired, sketch, index));
      const front = observedNetwork('front', {
        name: 'shop_front',
        ipam: {},
        ...(isNetworkChanged && { attachable: true }),
      });
      const networks = [observedNetwork('default', { name: 'shop_default', ipam: {} }), front];
      const usedBy = isShared ? ['mall-web-1'] : [];
      const data = observedVolume('data', { name: 'shop_data', ...(isVolumeChanged && { driver: 'nfs' }) });
      // The engine never has two of one name.
      const named = [...new Map(containers.map((one) => [one.name, one])).values()];
      const images = new Map(isImageThere ? [['app', { id: 'sha256:app', volumes: [] }]] : []);
      return {
        desired,
        world: observed(desired, named, { networks, images, volumes: [{ ...data, usedBy }] }),
        ledger: { ...NOTHING_RECORDED, records: named.flatMap((one, index) => recordsOf(one, outcomes[index])) },
        policy: {
          ...DEFAULT_POLICY,
          ...policy,
          nowMs: 1000,
          notBefore: new Map(named.flatMap(({ id }, index) => (waits[index] ? [[id, 2000] as const] : []))),
          pendingStarts: new Set(named.flatMap(({ id }, index) => (stops[index] ? [id] : []))),
        },
      };
    },
  );

/** The first hook of each phase was run in the container's present start, with that end. */
function recordsOf(of: ObservedContainer, outcome: HookOutcome | undefined): HookRecord[] {
  if (!outcome) return [];
  const execId = `exec of ${of.id}`;
  return [record(of, 'post_start[0]', outcome, { execId }), record(of, 'pre_stop[0]', outcome, { execId })];
}

type Sketch = typeof containerArb extends fc.Arbitrary<infer T> ? T : never;

function containerOf(desired: Project, sketch: Sketch, index: number): ObservedContainer {
  const { service, number, status, exitCode, health, name } = sketch;
  const id = fakeId(`container ${sketch.id}`);
  const finalName = `shop-${service}-${number}`;
  const names = {
    final: finalName,
    temporary: `${fakeId(`other ${sketch.id}`).slice(0, 12)}_${finalName}`,
    odd: `odd-${index}`,
    'of another': `shop-app-${(number % 3) + 1}`,
  };
  return container(desired, service, number, {
    id,
    name: names[name],
    foreign: sketch.isForeign,
    oneoff: sketch.isOneoff,
    ...(sketch.isDrifted ? { configHash: 'old' } : {}),
    ...(sketch.networks === 'none' ? { networks: [] } : {}),
    state: { status, exitCode, health },
  });
}

suite('the graph of a plan, whatever the world', () => {
  test('is sound, the same each time, and does not depend on the order of the engine’s lists', () => {
    fc.assert(
      fc.property(worldArb, ({ desired, world, ledger, policy }) => {
        const make = (of: typeof world): Plan => buildPlan({ desired, observed: of, ledger, policy });
        const plan = make(world);
        assert.deepEqual(checkPlan(plan), []);
        assert.deepEqual(make(world), plan);
        const reversed = {
          ...world,
          containers: world.containers.toReversed(),
          networks: world.networks.toReversed(),
        };
        assert.equal(renderPlan(make(reversed)), renderPlan(plan));
      }),
      { numRuns: 600 },
    );
  });

  test('stops nothing that runs without its hooks, and nothing that it was not asked about', () => {
    fc.assert(
      fc.property(worldArb, fc.boolean(), ({ desired, world, policy }, withFile) => {
        const all = { desired, observed: world, ledger: NOTHING_RECORDED };
        const down = { services: undefined, volumes: true, removeOrphans: true, force: false } as const;
        const file = withFile ? desired : undefined;
        const plans = [
          [buildPlan({ ...all, policy }), desired],
          [buildDownPlan({ ...all, desired: file, policy: { ...down, command: 'down' } }), file],
          [buildStopPlan({ ...all, desired: file, policy: { ...down, command: 'stop' } }), file],
        ] as const;
        for (const [plan, known] of plans) {
          assert.deepEqual(checkPlan(plan), []);
          for (const action of plan.actions) assertStopped(plan, action, world.containers, known);
        }
      }),
      { numRuns: 600 },
    );
  });

  test('has every start wait for all replicas of all that it depends on', () => {
    fc.assert(
      fc.property(worldArb, ({ desired, world, ledger, policy }) => {
        const plan = buildPlan({ desired, observed: world, ledger, policy: { ...policy, services: undefined } });
        for (const action of plan.actions) if (action.kind === 'start-container') assertGated(plan, action, desired);
      }),
      { numRuns: 600 },
    );
  });

  test('is empty for a project of nothing, and a world of nothing', () => {
    const plan = buildPlan({
      desired: project({}),
      observed: observed(project({}), []),
      ledger: NOTHING_RECORDED,
      policy: DEFAULT_POLICY,
    });
    assert.deepEqual(plan.actions, []);
  });
});

function assertStopped(
  plan: Plan,
  action: Action,
  containers: readonly ObservedContainer[],
  desired: Project | undefined,
): void {
  if (action.kind !== 'stop-container' && action.kind !== 'remove-container') return;
  const target = containers.find(({ id }) => id === action.container.id);
  assert.ok(target, `${action.id} is about nothing that is there`);
  const runs = ['running', 'paused', 'restarting'].includes(target.state.status);
  const before = [...ancestors(plan, action)];
  if (action.kind === 'remove-container') {
    assert.equal(
      before.some((one) => one.kind === 'stop-container' && one.container.id === target.id),
      runs,
    );
    return;
  }
  assert.ok(runs, `${action.id} stops what does not run`);
  for (const index of hooksOf(target, desired).pre_stop.keys()) {
    const isRun = before.some(
      (one) =>
        one.kind === 'run-hook' && one.phase === 'pre_stop' && one.index === index && one.container.id === target.id,
    );
    assert.ok(isRun, `${action.id} does not wait for pre_stop[${index}]`);
  }
}

function assertGated(plan: Plan, start: Action & { readonly kind: 'start-container' }, desired: Project): void {
  const before = new Set([...ancestors(plan, start)].map(({ id }) => id));
  const own = desired.services[start.container.service];
  for (const [name, { required }] of Object.entries(own?.depends_on ?? {})) {
    if (!required) continue;
    for (const action of plan.actions) {
      if (action.kind !== 'start-container' && !(action.kind === 'run-hook' && action.phase === 'post_start')) continue;
      const isOfDependency = action.container.service === name && !action.container.key.includes('@');
      if (isOfDependency) assert.ok(before.has(action.id), `${start.id} does not wait for ${action.id}`);
    }
  }
}

/** All that must have succeeded before it. */
function* ancestors(plan: Plan, of: Action): Generator<Action> {
  const byId = new Map<ActionId, Action>(plan.actions.map((action) => [action.id, action]));
  const open = [...of.dependsOn];
  const seen = new Set<ActionId>();
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    const action = byId.get(id);
    if (!action || seen.has(id)) continue;
    seen.add(id);
    yield action;
    open.push(...action.dependsOn);
  }
}
