import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { FileObject, Project } from '../../../src/model/project.ts';
import { container, planText, project } from '../../support/world.ts';

function shopWith(token: Partial<FileObject>, read_only: boolean): Project {
  const secret: FileObject = { name: 'shop_token', onChange: 'recreate', ...token };
  return project({ web: { secrets: [{ source: 'token' }], read_only } }, { secrets: { token: secret } });
}

const inline = { environment: 'TOKEN', value: 'hunter2' };

suite('bytes that cannot be given to a container', () => {
  const readOnly =
    '! web: secret token: its environment cannot be written into a container that is read_only: give a file';

  test('of one that is read-only are said before anything is touched', () => {
    const shop = shopWith(inline, true);
    assert.equal(planText(shop), readOnly);
    assert.equal(planText(shop, { containers: [container(shop, 'web', 1, { configHash: 'old' })] }), readOnly);
  });

  test('of a variable that is not set are said before anything is touched', () => {
    const shop = shopWith({ environment: 'TOKEN' }, false);
    assert.equal(planText(shop), '! web: secret token: the variable TOKEN is not set: set it, or give a file');
  });

  test('are no matter where nothing is started, or where it can be given', () => {
    assert.doesNotMatch(planText(shopWith(inline, true), { policy: { noStart: true } }), /!/);
    assert.doesNotMatch(planText(shopWith({ file: '/srv/token' }, true)), /!/);
    assert.doesNotMatch(planText(shopWith(inline, false)), /!/);
    const shop = shopWith(inline, true);
    assert.equal(planText(shop, { containers: [container(shop, 'web')] }), '');
  });
});
