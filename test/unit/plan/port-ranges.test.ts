import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { container, planText, project, text } from '../../support/world.ts';

const range = { ports: [{ target: 80, published: '8000-8010', protocol: 'tcp', mode: 'ingress' }] };

suite('replicas that publish a range of ports', () => {
  test('start one after the other where the engine may give two of them the same port', () => {
    const shop = project({ web: { ...range, replicas: 3 }, api: { replicas: 2 } });
    assert.equal(
      planText(shop, { policy: { apiVersion: '1.50' } }),
      text`
        api/1:create  create container shop-api-1  (absent)
        api/1:start  start container  (absent)  <- api/1:create
        api/2:create  create container shop-api-2  (absent)
        api/2:start  start container  (absent)  <- api/2:create
        web/1:create  create container shop-web-1  (absent)
        web/1:start  start container  (absent)  <- web/1:create
        web/2:create  create container shop-web-2  (absent)
        web/2:start  start container  (absent)  <- web/2:create ~web/1:start
        web/3:create  create container shop-web-3  (absent)
        web/3:start  start container  (absent)  <- web/3:create ~web/1:start ~web/2:start
      `,
    );
  });

  test('wait for no replica that runs', () => {
    const shop = project({ web: { ...range, replicas: 2 } });
    assert.equal(
      planText(shop, { containers: [container(shop, 'web', 1)], policy: { apiVersion: '1.41' } }),
      text`
        web/2:create  create container shop-web-2  (scale 1 -> 2)
        web/2:start  start container  (scale 1 -> 2)  <- web/2:create
      `,
    );
  });

  test('start side by side from Docker 28.3 on', () => {
    const shop = project({ web: { ...range, replicas: 2 } });
    assert.equal(
      planText(shop, { policy: { apiVersion: '1.51' } }),
      text`
        web/1:create  create container shop-web-1  (absent)
        web/1:start  start container  (absent)  <- web/1:create
        web/2:create  create container shop-web-2  (absent)
        web/2:start  start container  (absent)  <- web/2:create
      `,
    );
  });
});
