import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { maskOf, showAll } from '../../../../src/cli/render/action.ts';
import { planJson } from '../../../../src/cli/render/event-json.ts';
import { renderPlanText } from '../../../../src/cli/render/plan-text.ts';
import { coloured, plain } from '../../../../src/cli/render/style.ts';
import type { Action } from '../../../../src/plan/plan.ts';
import { hook, plan, start, stop } from '../actions.ts';

const network: Action = {
  id: 'network/front:create',
  kind: 'create-network',
  cause: { kind: 'absent' },
  network: 'front',
  dependsOn: [],
  after: [],
};

suite('a plan for people', () => {
  test('is grouped by subject, a cause said once', () => {
    const text = renderPlanText(plan([network, start(), hook(['./register']), stop('db/1@4f2a91')]), showAll, plain);
    assert.equal(
      text,
      `shop: 4 actions, 1 started, 1 stopped, 1 hook run
network front
  + create network  absent
web/1
  + start container               absent
  * run post_start[0] ./register  owed
db/1
  - stop container shop-db-1  orphan`,
    );
  });

  test('a hook shows all of its command, whatever a terminal would make of it', () => {
    const text = renderPlanText(plan([hook(['sh', '-c', 'true \u001b]0; && rm -rf /data\u0007'])]), showAll, plain);
    assert.match(text, /run post_start\[0\] sh -c 'true ␛\]0; && rm -rf \/data␇'/);
  });

  test('a disconnection stands under its container, and under the network where that is replaced', () => {
    const container = { key: 'web/1', service: 'web', number: 1, id: '4f2a91', name: 'shop-web-1' };
    const disconnect = (id: string): Action => ({
      id,
      kind: 'disconnect-network',
      cause: { kind: 'absent' },
      container,
      networkName: 'shop_front',
      networkId: '',
      dependsOn: [],
      after: [],
    });
    const subjects = (id: string): string =>
      renderPlanText(plan([disconnect(id)]), showAll, plain).split('\n')[1] ?? '';
    assert.equal(subjects('web/1:disconnect shop_front'), 'web/1');
    assert.equal(subjects('network/front:disconnect shop-web-1'), 'network front');
  });

  test('problems, deferrals and notes stand below', () => {
    const rest = {
      problems: [{ subject: 'volume data', message: 'is external and not there' }],
      deferrals: [{ subject: 'web/1', untilMs: 0, message: 'crashed; again in 8 s' }],
      notes: ['orphan containers are left alone: shop-old-1'],
    };
    assert.equal(
      renderPlanText(plan([], rest), showAll, plain),
      `shop: nothing that can be done
! volume data: is external and not there
! web/1: crashed; again in 8 s
· orphan containers are left alone: shop-old-1`,
    );
  });

  test('a value that came from outside the files is not shown, as text or as JSON', () => {
    const secret = plan([hook(['login', '--token', 'hunter2hunter2', 'x=hunter2hunter2&y'])]);
    const mask = maskOf(new Set(['hunter2hunter2', '']));
    assert.doesNotMatch(renderPlanText(secret, mask, plain) + JSON.stringify(planJson(secret, mask)), /hunter2/);
    assert.match(renderPlanText(secret, mask, plain), /login --token '?\*\*\*/);
  });

  test('a short value is hidden only as a word of its own', () => {
    assert.equal(maskOf(['1'])('sleep 10 && echo 1'), 'sleep 10 && echo ***');
  });

  test('what comes from outside cannot act on the terminal', () => {
    const evil = plan([hook(['echo', '\u001b[2J\nrm -rf'])], { notes: ['\u001b]0;x\u0007note'] });
    assert.doesNotMatch(renderPlanText(evil, showAll, plain), /\u001b/);
  });

  test('colours only where they are wanted', () => {
    assert.match(renderPlanText(plan([start()]), showAll, coloured), /\u001b\[32m\+/);
  });
});
