import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { LedgerView } from '../../../src/model/hook.ts';
import type { ObservedContainer } from '../../../src/model/observed.ts';
import { LABEL } from '../../../src/model/owner.ts';
import type { Project } from '../../../src/model/project.ts';
import type { HooksState } from '../../../src/plan/readiness.ts';
import { replicaStatuses } from '../../../src/plan/readiness.ts';
import { container, hook, idOf, NOTHING_RECORDED, observed, project, record, text } from '../../support/world.ts';

/** `web/1 desired, hooks done: ready`, one line a replica. */
function statuses(
  desired: Project,
  containers: readonly ObservedContainer[],
  ledger: Partial<LedgerView> = {},
  withoutFile = false,
): string {
  const known = withoutFile ? undefined : desired;
  return replicaStatuses(known, observed(desired, containers), { ...NOTHING_RECORDED, ...ledger })
    .map(({ service, number, role, hooks, unready, hopeless }) => {
      const standing = unready === undefined ? 'ready' : `${unready}${hopeless ? ', for good' : ''}`;
      return `${service}/${number} ${role}, hooks ${hooksText(hooks)}: ${standing}`;
    })
    .join('\n');
}

function hooksText(hooks: HooksState): string {
  if (hooks.kind === 'owed') return `owed ${hooks.count}`;
  return hooks.kind === 'failed' ? `failed ${hooks.phase}[${hooks.index}]` : hooks.kind;
}

suite('a replica', () => {
  const shop = project({ web: { restart: 'always' }, job: {} });

  test('that is being replaced is told from one too many', () => {
    const old = container(shop, 'web', 1, { configHash: 'old' });
    const labels = { [LABEL.replace]: 'shop-web-1' };
    const next = container(shop, 'web', 1, { id: idOf('b'), name: 'aaaaaaaaaaaa_shop-web-1', labels });
    assert.deepEqual(
      replicaStatuses(shop, observed(shop, [old, next]), NOTHING_RECORDED)
        .filter(({ service }) => service === 'web')
        .map(({ role, container: one }) => [role, one?.id]),
      [
        ['desired', next.id],
        ['replaced', old.id],
      ],
    );
  });

  test('is ready when it runs, or is finished', () => {
    assert.equal(
      statuses(shop, [container(shop, 'web'), container(shop, 'job', 1, { state: { status: 'exited', exitCode: 0 } })]),
      text`
        job/1 desired, hooks none: ready
        web/1 desired, hooks none: ready
      `,
    );
  });

  test('is not while it does not run as it should', () => {
    assert.equal(
      statuses(shop, [
        container(shop, 'web', 1, { state: { status: 'exited', exitCode: 0 } }),
        container(shop, 'job', 1, { state: { status: 'exited', exitCode: 2 } }),
      ]),
      text`
        job/1 desired, hooks none: exited (2), for good
        web/1 desired, hooks none: exited (0), for good
      `,
    );
    for (const status of ['created', 'paused', 'restarting', 'removing'] as const) {
      const line = statuses(shop, [container(shop, 'web', 1, { state: { status } })]).split('\n')[1] ?? '';
      assert.match(line, /^web\/1 desired, hooks none: (created|paused|restarting|removing|no container)$/);
    }
  });

  test('that is missing has a line all the same', () => {
    assert.equal(statuses(project({ web: {} }), []), 'web/1 desired, hooks none: no container');
  });

  test('is ready with its healthcheck, not before', () => {
    const line = (health: 'starting' | 'healthy' | 'unhealthy'): string =>
      statuses(project({ web: {} }), [container(project({ web: {} }), 'web', 1, { state: { health } })]);
    assert.equal(line('starting'), 'web/1 desired, hooks none: health: starting');
    assert.equal(line('healthy'), 'web/1 desired, hooks none: ready');
    assert.equal(line('unhealthy'), 'web/1 desired, hooks none: unhealthy, for good');
  });

  test('is not ready while it differs from what is desired', () => {
    const simple = project({ web: {} });
    assert.equal(
      statuses(simple, [container(simple, 'web', 1, { configHash: 'old' })]),
      'web/1 desired, hooks none: config changed',
    );
    assert.equal(
      statuses(simple, [container(simple, 'web', 1, { networks: [] })]),
      'web/1 desired, hooks none: network shop_default missing',
    );
    assert.equal(
      statuses(simple, [container(simple, 'web', 1, { name: 'mine' })]),
      'web/1 desired, hooks none: name mine -> shop-web-1',
    );
  });
});

suite('hooks of a replica', () => {
  const shop = project({ web: { post_start: [hook('register'), hook('warm')], pre_stop: [hook('drain')] } });
  const web = container(shop, 'web');

  test('are owed, done, or failed', () => {
    const first = record(web, 'post_start[0]', 'succeeded');
    assert.equal(statuses(shop, [web]), 'web/1 desired, hooks owed 2: 2 post_start hooks owed');
    assert.equal(statuses(shop, [web], { records: [first] }), 'web/1 desired, hooks owed 1: 1 post_start hook owed');
    assert.equal(
      statuses(shop, [web], { records: [first, record(web, 'post_start[1]', 'succeeded')] }),
      'web/1 desired, hooks done: ready',
    );
    assert.equal(
      statuses(shop, [web], { records: [first, record(web, 'post_start[1]', 'timed-out')] }),
      'web/1 desired, hooks failed post_start[1]: post_start hook 1 failed, for good',
    );
  });

  test('that failed before its present start say nothing of it', () => {
    const records = [record(web, 'post_start[0]', 'failed', { startedAt: 'before' })];
    assert.equal(statuses(shop, [web], { records }), 'web/1 desired, hooks owed 2: 2 post_start hooks owed');
  });

  test('that were asked for again are owed, not failed', () => {
    const records = [record(web, 'post_start[0]', 'timed-out', { superseded: true, execId: 'e1' })];
    assert.equal(statuses(shop, [web], { records }), 'web/1 desired, hooks owed 2: 2 post_start hooks owed');
  });

  test('that failed and may fail are done', () => {
    const lenient = project({ web: { post_start: [hook('register', { onFailure: 'continue' })] } });
    const one = container(lenient, 'web');
    assert.equal(
      statuses(lenient, [one], { records: [record(one, 'post_start[0]', 'failed')] }),
      'web/1 desired, hooks done: ready',
    );
  });

  test('that are owed make it unready although a pre_stop has failed', () => {
    const records = [record(web, 'pre_stop[0]', 'failed')];
    assert.equal(statuses(shop, [web], { records }), 'web/1 desired, hooks owed 2: 2 post_start hooks owed');
  });

  test('a pre_stop that failed is shown, and does not make it unready', () => {
    const records = [
      record(web, 'post_start[0]', 'succeeded'),
      record(web, 'post_start[1]', 'succeeded'),
      record(web, 'pre_stop[0]', 'failed'),
    ];
    assert.equal(statuses(shop, [web], { records }), 'web/1 desired, hooks failed pre_stop[0]: ready');
  });

  test('are assumed of a container that Compose made and started', () => {
    const foreign = container(shop, 'web', 1, { foreign: true });
    assert.equal(statuses(shop, [foreign]), 'web/1 desired, hooks assumed: ready');
    const adopted = new Map([[foreign.id, 'before']]);
    assert.equal(statuses(shop, [foreign], { adopted }), 'web/1 desired, hooks owed 2: 2 post_start hooks owed');
  });
});

suite('containers beside the desired ones', () => {
  test('are shown as what they are', () => {
    const shop = project({ web: {} }, { disabledServices: ['debug'] });
    assert.equal(
      statuses(shop, [
        container(shop, 'web', 1, { id: idOf('a') }),
        container(shop, 'web', 1, { id: idOf('b'), name: 'twin', state: { status: 'exited', exitCode: 1 } }),
        container(shop, 'web', 2),
        container(shop, 'gone'),
        container(shop, 'debug'),
        container(shop, 'web', 9, { oneoff: true }),
      ]),
      text`
        debug/1 desired, hooks none: ready
        gone/1 orphan, hooks none: ready
        web/1 desired, hooks none: ready
        web/1 surplus, hooks none: exited (1), for good
        web/2 surplus, hooks none: ready
      `,
    );
  });

  test('are all desired where there are no files', () => {
    const shop = project({ web: { post_start: [hook('register')] } });
    assert.equal(
      statuses(shop, [container(shop, 'web')], {}, true),
      'web/1 desired, hooks owed 1: 1 post_start hook owed',
    );
  });
});
