import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { ObservedContainer } from '../../../src/model/observed.ts';
import type { Project, Volume } from '../../../src/model/project.ts';
import type { PlanPolicy } from '../../../src/plan/policy.ts';
import {
  container,
  hook,
  idOf,
  observedVolume,
  planText,
  project,
  text,
  type ServiceSketch,
} from '../../support/world.ts';

const data = [{ type: 'volume', source: 'data', target: '/data' }] as const;
const before: Volume = { name: 'shop_data', driver_opts: { device: '/a' }, labels: { tier: '1' } };
const now: Volume = { name: 'shop_data', driver_opts: { device: '/b', o: 'bind' }, labels: { tier: '1' } };

function shopOf(services: Record<string, ServiceSketch>, volume: Volume = now): Project {
  return project(services, { volumes: { data: volume } });
}

interface Case {
  readonly containers: readonly ObservedContainer[];
  readonly policy?: Partial<PlanPolicy>;
  readonly usedBy?: readonly string[];
}

function plan(shop: Project, { containers, policy = {}, usedBy = [] }: Case): string {
  const world = { volumes: [{ ...observedVolume('data', before), usedBy }] };
  return planText(shop, { containers, world, policy: { recreateVolumes: true, ...policy } });
}

suite('a changed volume, with --recreate-volumes', () => {
  test('is replaced when its containers are gone, pre_stop first, and they are made anew', () => {
    const shop = shopOf({ web: { volumes: data, pre_stop: [hook('drain')], replicas: 2 }, other: {} });
    const containers = [
      container(shop, 'web', 1, { id: idOf('a') }),
      container(shop, 'web', 2, { id: idOf('b'), state: { status: 'exited', exitCode: 0 } }),
      container(shop, 'other'),
    ];
    assert.equal(
      plan(shop, { containers }),
      text`
        web/1@aaaaaa:pre_stop[0]  run pre_stop hook ["drain"]  (volume shop_data changed)
        web/1@aaaaaa:stop  stop container shop-web-1  (volume shop_data changed)  <- web/1@aaaaaa:pre_stop[0]
        web/1@aaaaaa:remove  remove container shop-web-1  (volume shop_data changed)  <- web/1@aaaaaa:stop
        web/2@bbbbbb:remove  remove container shop-web-2  (volume shop_data changed)
        volume/data:remove  remove volume shop_data  (driver option device changed, driver option o added)  <- web/1@aaaaaa:remove web/2@bbbbbb:remove
        volume/data:create  create volume  (driver option device changed, driver option o added)  <- volume/data:remove
        web/1:create  create container shop-web-1  (volume shop_data changed)  <- volume/data:create web/1@aaaaaa:remove
        web/1:start  start container  (volume shop_data changed)  <- web/1:create
        web/2:create  create container shop-web-2  (volume shop_data changed)  <- volume/data:create web/2@bbbbbb:remove
        web/2:start  start container  (volume shop_data changed)  <- web/2:create
      `,
    );
  });

  test('goes with what holds it of a replacement that was cut short, before what that one waits for', () => {
    const old = shopOf({ app: { volumes: data }, db: { volumes: data } });
    const shop = shopOf({ app: { volumes: data }, db: { depends_on: ['app'], hostname: 'new' } });
    const containers = [
      container(shop, 'app', 1, { id: idOf('a') }),
      container(old, 'db', 1, { id: idOf('b') }),
      container(shop, 'db', 1, { id: idOf('c'), name: `${'b'.repeat(12)}_shop-db-1`, state: { status: 'created' } }),
    ];
    const why = '(volume shop_data changed)';
    assert.equal(
      plan(shop, { containers }),
      text`
        db/1@bbbbbb:stop  stop container shop-db-1  (second container of one replica)
        db/1@bbbbbb:remove  remove container shop-db-1  (second container of one replica)  <- db/1@bbbbbb:stop
        app/1@aaaaaa:stop  stop container shop-app-1  ${why}  <- db/1@bbbbbb:remove
        app/1@aaaaaa:remove  remove container shop-app-1  ${why}  <- app/1@aaaaaa:stop
        volume/data:remove  remove volume shop_data  (driver option device changed, driver option o added)  <- app/1@aaaaaa:remove db/1@bbbbbb:remove
        volume/data:create  create volume  (driver option device changed, driver option o added)  <- volume/data:remove
        app/1:create  create container shop-app-1  ${why}  <- volume/data:create app/1@aaaaaa:remove
        app/1:start  start container  ${why}  <- app/1:create
        db/1:rename  rename to shop-db-1  (replaced)  <- db/1@bbbbbb:remove
        db/1:start  start container  (created but not started)  <- db/1:rename app/1:start
      `,
    );
  });

  test('a replacement that is stopped early with it is made before it gets its name', () => {
    const old = shopOf({ web: { volumes: data }, app: {} });
    const pulled = { web: { condition: 'service_started', required: true, restart: true } } as const;
    const shop = shopOf({ web: { volumes: data }, app: { volumes: data, depends_on: pulled } });
    const containers = [container(old, 'web'), container(old, 'app', 1, { id: idOf('a') })];
    assert.match(
      plan(shop, { containers }),
      /^app\/1:rename {2}rename to shop-app-1 {2}\(replaced\) {2}<- app\/1:create app\/1@aaaaaa:remove$/m,
    );
  });

  test('takes down dependents that hold it before what they depend on, whatever they wait for', () => {
    const shop = shopOf({
      db: { volumes: data },
      web: { volumes: data, depends_on: { db: { condition: 'service_healthy', required: true, restart: true } } },
      fresh: { volumes: data, depends_on: ['web'] },
    });
    const containers = [
      container(shop, 'db', 1, { id: idOf('d') }),
      container(shop, 'web', 1, { id: idOf('e') }),
      container(shop, 'fresh', 1, { id: idOf('f'), mounts: [] }),
    ];
    const why = '(volume shop_data changed)';
    assert.equal(
      plan(shop, { containers }),
      text`
        web/1@eeeeee:stop  stop container shop-web-1  ${why}
        web/1@eeeeee:remove  remove container shop-web-1  ${why}  <- web/1@eeeeee:stop
        db/1@dddddd:stop  stop container shop-db-1  ${why}  <- web/1@eeeeee:remove ~web/1@eeeeee:stop
        db/1@dddddd:remove  remove container shop-db-1  ${why}  <- db/1@dddddd:stop
        volume/data:remove  remove volume shop_data  (driver option device changed, driver option o added)  <- db/1@dddddd:remove web/1@eeeeee:remove
        volume/data:create  create volume  (driver option device changed, driver option o added)  <- volume/data:remove
        db/1:create  create container shop-db-1  ${why}  <- volume/data:create db/1@dddddd:remove
        db/1:start  start container  ${why}  <- db/1:create
        db/1:await-healthy  wait until healthy  (needed by web)  <- db/1:start
        web/1:create  create container shop-web-1  ${why}  <- volume/data:create web/1@eeeeee:remove
        web/1:start  start container  ${why}  <- web/1:create db/1:start db/1:await-healthy
        fresh/1:create  create container ffffffffffff_shop-fresh-1  (volume shop_data not mounted)  <- volume/data:create
        fresh/1@ffffff:stop  stop container shop-fresh-1  (volume shop_data not mounted)  <- fresh/1:create web/1:start
        fresh/1@ffffff:remove  remove container shop-fresh-1  (volume shop_data not mounted)  <- fresh/1@ffffff:stop
        fresh/1:rename  rename to shop-fresh-1  (replaced)  <- fresh/1:create fresh/1@ffffff:remove
        fresh/1:start  start container  (volume shop_data not mounted)  <- fresh/1:rename web/1:start
      `,
    );
  });

  test('is refused by name while a container of another project uses it, before anything is touched', () => {
    const shop = shopOf({ web: { volumes: data } });
    assert.equal(
      plan(shop, { containers: [container(shop, 'web')], usedBy: ['mall-web-1'] }),
      '! volume data: shop_data changed (driver option device changed, driver option o added) and cannot be replaced: mall-web-1, which is not of this project, uses it: remove that one first',
    );
  });

  test('is refused by name while a container that this run leaves alone uses it', () => {
    const shop = shopOf({ web: { volumes: data }, db: { volumes: data } });
    const containers = [container(shop, 'web'), container(shop, 'db')];
    const refusal = (name: string): string =>
      `! volume data: shop_data changed (driver option device changed, driver option o added) and cannot be replaced: ${name}, which this run leaves alone, uses it: remove that one first`;
    assert.equal(plan(shop, { containers, policy: { services: new Set(['web']) } }), refusal('shop-db-1'));
    assert.equal(plan(shop, { containers, policy: { held: new Map([['db', 'suspended']]) } }), refusal('shop-db-1'));
    const oneoff = container(shop, 'web', 2, { oneoff: true, name: 'run' });
    assert.equal(plan(shop, { containers: [...containers, oneoff] }), refusal('run'));
  });

  test('stays with all its containers when one of them cannot be made anew', () => {
    const shop = shopOf({ web: { volumes: data }, db: { volumes: data, image: 'gone', pull_policy: 'never' } });
    assert.equal(
      plan(shop, { containers: [container(shop, 'web'), container(shop, 'db')] }),
      '! volume data: shop_data changed (driver option device changed, driver option o added) and cannot be replaced: shop-db-1 cannot be made anew',
    );
  });

  test('that is external, or not ours by label, is never replaced', () => {
    const shop = shopOf({ web: { volumes: data } }, { ...now, external: true });
    assert.equal(plan(shop, { containers: [container(shop, 'web')] }), '');
    const ours = shopOf({ web: { volumes: data } });
    const world = { volumes: [{ ...observedVolume('data', before), labels: {} }] };
    assert.equal(
      planText(ours, { containers: [container(ours, 'web')], world, policy: { recreateVolumes: true } }),
      '- volume shop_data exists without our labels: it is used as it is (declare it external to say so)',
    );
  });

  test('that a crash left half replaced is finished', () => {
    const shop = shopOf({ web: { volumes: data } });
    const containersGone = plan(shop, { containers: [] });
    assert.equal(
      containersGone,
      text`
        volume/data:remove  remove volume shop_data  (driver option device changed, driver option o added)
        volume/data:create  create volume  (driver option device changed, driver option o added)  <- volume/data:remove
        web/1:create  create container shop-web-1  (absent)  <- volume/data:create
        web/1:start  start container  (absent)  <- web/1:create
      `,
    );
    assert.equal(
      planText(shop, { world: { volumes: [] } }),
      text`
        volume/data:create  create volume  (absent)
        web/1:create  create container shop-web-1  (absent)  <- volume/data:create
        web/1:start  start container  (absent)  <- web/1:create
      `,
    );
  });
});

suite('a changed volume, without being asked for', () => {
  test('is kept with its data, and what differs is said without values', () => {
    const shop = shopOf({ web: { volumes: data } }, { name: 'shop_data', driver: 'nfs', labels: { tier: '2' } });
    assert.equal(
      plan(shop, { containers: [container(shop, 'web')], policy: { recreateVolumes: false } }),
      '- volume shop_data changed (driver local -> nfs, driver option device removed, label tier changed): it holds data and is kept as it is (--recreate-volumes replaces it, without its data)',
    );
  });
});
