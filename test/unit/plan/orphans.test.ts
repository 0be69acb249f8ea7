import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { LABEL } from '../../../src/model/owner.ts';
import { container, hook, idOf, planText, project, text } from '../../support/world.ts';

suite('orphans', () => {
  const before = project({
    db: { pre_stop: [hook('flush')] },
    web: { depends_on: ['db'], pre_stop: [hook('drain')] },
  });
  const containers = [
    container(before, 'db', 1, { id: idOf('d') }),
    container(before, 'web', 1, { id: idOf('a') }),
    container(before, 'web', 2, { id: idOf('b') }),
  ];
  const shop = project({ cache: { replicas: 0 } });

  test('are left alone, and that is said', () => {
    assert.equal(
      planText(shop, { containers }),
      '- orphan containers are left alone: shop-db-1, shop-web-1, shop-web-2 (--remove-orphans removes them, hooks first)',
    );
  });

  test('of another folder are told as such: two projects may have come by one name', () => {
    const labels = { [LABEL.workingDir]: '/home/other' };
    const elsewhere = [container(before, 'db', 1, { id: idOf('e'), labels })];
    assert.equal(
      planText(shop, { containers: elsewhere }),
      '- orphan containers are left alone: shop-db-1 (--remove-orphans removes them, hooks first)\n' +
        '- shop-db-1 was made from /home/other: if that is a project of its own, give one of the two another name (-p)',
    );
    assert.match(
      planText(shop, { containers: elsewhere, policy: { removeOrphans: true } }),
      /- shop-db-1 was made from \/home\/other/,
    );
  });

  test('are removed when that is asked for, dependents first, each with its own pre_stop', () => {
    assert.equal(
      planText(shop, { containers, policy: { removeOrphans: true } }),
      text`
        web/1@aaaaaa:pre_stop[0]  run pre_stop hook ["drain"]  (orphan)
        web/1@aaaaaa:stop  stop container shop-web-1  (orphan)  <- web/1@aaaaaa:pre_stop[0]
        web/2@bbbbbb:pre_stop[0]  run pre_stop hook ["drain"]  (orphan)
        web/2@bbbbbb:stop  stop container shop-web-2  (orphan)  <- web/2@bbbbbb:pre_stop[0]
        db/1@dddddd:pre_stop[0]  run pre_stop hook ["flush"]  (orphan)  <- ~web/1@aaaaaa:stop ~web/2@bbbbbb:stop
        db/1@dddddd:stop  stop container shop-db-1  (orphan)  <- db/1@dddddd:pre_stop[0]
        db/1@dddddd:remove  remove container shop-db-1  (orphan)  <- db/1@dddddd:stop
        web/1@aaaaaa:remove  remove container shop-web-1  (orphan)  <- web/1@aaaaaa:stop
        web/2@bbbbbb:remove  remove container shop-web-2  (orphan)  <- web/2@bbbbbb:stop
      `,
    );
  });

  test('are none: services that no profile enables, one-off containers, containers of hooks', () => {
    const known = project({ cache: { replicas: 0 } }, { disabledServices: ['db'] });
    const others = [
      container(before, 'db'),
      container(before, 'web', 1, { oneoff: true }),
      container(before, 'web', 2, { hookContainer: true }),
    ];
    assert.equal(planText(known, { containers: others, policy: { removeOrphans: true } }), '');
  });

  test('are not looked at when services are named', () => {
    const policy = { removeOrphans: true, services: new Set(['cache']) };
    assert.equal(planText(shop, { containers, policy }), '');
  });

  test('whose removal is under way are awaited', () => {
    const going = container(before, 'web', 1, { id: idOf('a'), state: { status: 'removing' } });
    assert.equal(
      planText(shop, { containers: [containers[0] as (typeof containers)[0], going], policy: { removeOrphans: true } }),
      text`
        web/1@aaaaaa:await-gone  wait until removed  (orphan)
        db/1@dddddd:pre_stop[0]  run pre_stop hook ["flush"]  (orphan)  <- ~web/1@aaaaaa:await-gone
        db/1@dddddd:stop  stop container shop-db-1  (orphan)  <- db/1@dddddd:pre_stop[0]
        db/1@dddddd:remove  remove container shop-db-1  (orphan)  <- db/1@dddddd:stop
      `,
    );
  });
});
