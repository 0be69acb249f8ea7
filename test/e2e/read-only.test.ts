/** Commands that only look: nothing but GET and HEAD reaches the engine, whatever there is to do. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { container, outside } from '../support/engine.ts';
import { recordingProxy } from '../support/recording-proxy.ts';
import { stage, writes } from '../support/stage.ts';

test('plan, ps and doctor write nothing to the engine, and plan says what apply then does', async (t) => {
  const s = stage(t);
  await using proxy = await recordingProxy(s.out('engine.sock'));
  const env = { DOCKER_HOST: proxy.host };
  const looks = async (): Promise<void> => {
    for (const args of [['plan'], ['apply', '--dry-run'], ['ps'], ['hooks'], ['history'], ['doctor'], ['config']]) {
      await s.ok(args, { env });
    }
    const written = proxy.requests.filter(({ line }) => !/^(?:GET|HEAD) /.test(line));
    assert.deepEqual(written, []);
  };
  const services = { db: {}, web: { depends_on: ['db'], post_start: [writes('up')], pre_stop: [writes('down')] } };
  s.compose(services, { volumes: { data: {} } });
  await looks();
  await s.ok(['apply']);
  await looks();
  // Something to replace, to start, to remove and to change in place.
  await outside.stop((await container(s.name, 'db')).Id);
  await outside.update((await container(s.name, 'web')).Id, { RestartPolicy: { Name: 'always' } });
  s.compose({ web: { ...services.web, depends_on: [], environment: { EDITION: '2' } }, fresh: {} });
  await looks();
  assert.deepEqual(s.log(), ['up']);
  assert.ok(proxy.requests.length > 10, 'the commands went through the proxy');
});
