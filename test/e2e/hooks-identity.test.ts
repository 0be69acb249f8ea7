/** CONTRACT §1, rule 3: the hooks a container was created with are the ones it gets; secret values stay out of labels. */
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { test } from 'node:test';
import { container, containers } from '../support/engine.ts';
import { stage, writes } from '../support/stage.ts';

test('down by project name alone runs pre_stop although the files are gone', async (t) => {
  const s = stage(t);
  s.compose({ web: { pre_stop: [writes('stopping')] } });
  await s.ok(['apply']);
  rmSync(s.path('compose.yaml'));
  await s.ok(['down', '--project-name', s.name], { cwd: '/' });
  assert.deepEqual(s.log(), ['stopping']);
  assert.deepEqual(await containers(s.name), []);
});

test('an edited file does not change the hooks of a container that exists', async (t) => {
  const s = stage(t);
  s.compose({ web: { pre_stop: [writes('as created')] } });
  await s.ok(['apply']);
  s.compose({ web: { pre_stop: [writes('as edited')] } });
  await s.ok(['down']);
  assert.deepEqual(s.log(), ['as created']);
});

test('hooks travel without the state database too', async (t) => {
  const s = stage(t);
  s.compose({ web: { post_start: [writes('started')], pre_stop: [writes('stopping')] } });
  await s.ok(['apply']);
  rmSync(s.stateHome, { recursive: true });
  rmSync(s.path('compose.yaml'));
  await s.ok(['down', '-p', s.name]);
  assert.deepEqual(s.log(), ['started', 'stopping']);
});

test('a value that came from the environment is in no label, and reaches the hook all the same', async (t) => {
  const s = stage(t);
  const hook = { command: ['sh', '-c', 'echo $$TOKEN >> /out/log'], environment: { TOKEN: '${TOKEN}' } };
  s.compose({ web: { pre_stop: [hook] } });
  await s.ok(['apply'], { env: { TOKEN: 'hunter2-very-secret' } });
  const { Config } = await container(s.name, 'web');
  assert.doesNotMatch(JSON.stringify(Config.Labels), /hunter2/);
  rmSync(s.path('compose.yaml'));
  await s.ok(['down', '-p', s.name]);
  assert.deepEqual(s.log(), ['hunter2-very-secret']);
});

test('a value in a hook command is in no label and no record, and reaches the hook all the same', async (t) => {
  const s = stage(t);
  s.compose({ web: { post_start: [{ command: ['sh', '-c', 'echo got $$1 >> /out/log', 'sh', '${TOKEN}'] }] } });
  await s.ok(['apply'], { env: { TOKEN: 'hunter2-very-secret' } });
  assert.doesNotMatch(JSON.stringify((await container(s.name, 'web')).Config.Labels), /hunter2/);
  assert.doesNotMatch((await s.ok(['hooks', '--json'])).stdout, /hunter2/);
  assert.deepEqual(s.log(), ['got hunter2-very-secret']);
});

test('a value that is lost with the state database is taken from the file, and without one refused by name', async (t) => {
  const s = stage(t);
  const hook = { command: ['sh', '-c', 'echo $$TOKEN >> /out/log'], environment: { TOKEN: '${TOKEN}' } };
  const env = { TOKEN: 'hunter2-very-secret' };
  s.compose({ web: { pre_stop: [hook] } });
  await s.ok(['apply'], { env });
  rmSync(s.stateHome, { recursive: true });
  const refused = await s.run(['down', '-p', s.name], { cwd: '/' });
  assert.equal(refused.exitCode, 1);
  assert.match(refused.stderr, /TOKEN/);
  assert.equal((await container(s.name, 'web')).State.Running, true);
  await s.ok(['down'], { env });
  assert.deepEqual(s.log(), ['hunter2-very-secret']);
});
