import assert from 'node:assert/strict';
import { test } from 'node:test';
import { diagnosticsOf, placesOf, projectOf } from '../../support/compose-files.ts';

test('a hook without x-reeve has the documented policy', async (t) => {
  const project = await projectOf(t, 'services: {a: {image: i, post_start: [{command: echo hi}]}}\n');
  assert.deepEqual(project.services['a']?.post_start?.[0], {
    command: ['echo', 'hi'],
    policy: { onFailure: 'fail', retries: 0, backoffMs: 1000, run: 'every-start', after: 'started' },
  });
});

test('x-reeve on a hook is read in full', async (t) => {
  const project = await projectOf(
    t,
    `services:
  a:
    image: i
    post_start:
      - command: [a]
        x-reeve: {timeout: 1m30s, on_failure: continue, retries: 3, backoff: 500ms, run: once-per-container, after: healthy}
`,
  );
  assert.deepEqual(project.services['a']?.post_start?.[0]?.policy, {
    timeoutMs: 90_000,
    onFailure: 'continue',
    retries: 3,
    backoffMs: 500,
    run: 'once-per-container',
    after: 'healthy',
  });
});

test('an unknown x-reeve key is an error with a suggestion', async (t) => {
  const [found] = await diagnosticsOf(
    t,
    'services: {a: {image: i, pre_stop: [{command: a, x-reeve: {retires: 1}}]}}\n',
  );
  assert.equal(found?.code, 'unknown-key');
  assert.equal(found.path, 'services.a.pre_stop[0].x-reeve.retires');
  assert.equal(found.suggestion, 'retries');
});

test('`after` is for post_start only', async (t) => {
  const [found] = await diagnosticsOf(
    t,
    'services: {a: {image: i, pre_stop: [{command: a, x-reeve: {after: healthy}}]}}\n',
  );
  assert.equal(found?.path, 'services.a.pre_stop[0].x-reeve.after');
});

test('every x-reeve value is checked', async (t) => {
  const found = await diagnosticsOf(
    t,
    `services:
  a:
    image: i
    x-reeve: {on_unhealthy: never}
    configs: [c]
    post_start:
      - command: a
        x-reeve: {timeout: soon, on_failure: maybe, retries: -1, backoff: -1s, run: always}
configs:
  c: {content: x, x-reeve: {on_change: explode}}
`,
  );
  assert.deepEqual(placesOf(found), [
    '4:29 invalid-value services.a.x-reeve.on_unhealthy',
    '8:28 invalid-value services.a.post_start[0].x-reeve.timeout',
    '8:46 invalid-value services.a.post_start[0].x-reeve.on_failure',
    '8:62 invalid-value services.a.post_start[0].x-reeve.retries',
    '8:75 invalid-value services.a.post_start[0].x-reeve.backoff',
    '8:85 invalid-value services.a.post_start[0].x-reeve.run',
    '10:40 invalid-value configs.c.x-reeve.on_change',
  ]);
});

test('a deadline of nothing is no deadline, and what a value must be is a sentence', async (t) => {
  const found = await diagnosticsOf(
    t,
    `services:
  a:
    image: i
    post_start:
      - command: a
        x-reeve: {timeout: 0s, retries: 1.5, backoff: 0s}
`,
  );
  assert.deepEqual(
    found.map(({ message }) => message),
    [
      'services.a.post_start[0].x-reeve.timeout must be a duration longer than 0 such as 30s',
      'services.a.post_start[0].x-reeve.retries must be a whole number of 0 or more',
    ],
  );
});

for (const [text, meant] of [
  ['recreate', 'recreate'],
  ['restart', 'restart'],
  ['ignore', 'ignore'],
  ['signal:HUP', 'signal:HUP'],
  ['signal:SIGUSR1', 'signal:SIGUSR1'],
] as const) {
  test(`on_change: ${text} is read`, async (t) => {
    const files = `services: {a: {image: i, secrets: [s]}}\nsecrets: {s: {environment: X, x-reeve: {on_change: "${text}"}}}\n`;
    const project = await projectOf(t, files);
    assert.equal(project.secrets['s']?.onChange, meant);
  });
}

test('without x-reeve a changed config recreates and an unhealthy service is left', async (t) => {
  const project = await projectOf(t, 'services: {a: {image: i, configs: [c]}}\nconfigs: {c: {content: x}}\n');
  assert.equal(project.configs['c']?.onChange, 'recreate');
  assert.deepEqual(project.services['a']?.policy, { onUnhealthy: 'ignore' });
});

test('pre_start is read with the fields of the current specification', async (t) => {
  const project = await projectOf(
    t,
    'services: {a: {image: i, pre_start: [{image: m, per_replica: "true", command: [x], environment: [A=1]}, {}]}}\n',
  );
  const [first, second] = project.services['a']?.pre_start ?? [];
  assert.equal(first?.image, 'm');
  assert.equal(first.per_replica, true);
  assert.deepEqual({ ...first.environment }, { A: '1' });
  assert.equal(second?.command, null);
});

test('a pre_start hook runs before a first start; that it runs once for a definition can be asked of it', async (t) => {
  const file = (rest: string): string => `services: {a: {image: i, pre_start: [{command: x, ${rest}}]}}\n`;
  const project = await projectOf(t, file('x-reeve: {run: once-per-definition}'));
  assert.equal(project.services['a']?.pre_start?.[0]?.policy.run, 'once-per-definition');
  for (const run of ['every-start', 'once-per-container']) {
    const [found] = await diagnosticsOf(t, file(`x-reeve: {run: ${run}}`));
    assert.match(found?.message ?? '', /pre_start\[0\]\.x-reeve\.run must be once-per-definition/);
  }
});

test('a pre_start hook cannot run for every replica and once for a definition', async (t) => {
  const file = 'services: {a: {image: i, pre_start: [{per_replica: true, x-reeve: {run: once-per-definition}}]}}\n';
  const [found] = await diagnosticsOf(t, file);
  assert.equal(found?.code, 'conflict');
  assert.match(found.message, /once-per-definition contradicts per_replica: true/);
});

test('a post_start without a command is an error', async (t) => {
  const [found] = await diagnosticsOf(t, 'services: {a: {image: i, post_start: [{user: u}]}}\n');
  assert.equal(found?.code, 'missing-key');
  assert.equal(found.expected, 'the key command');
});

test('other x- members are kept beside what they stand on', async (t) => {
  const project = await projectOf(t, 'x-top: [1]\nservices: {a: {image: i, x-mine: {b: 1}}}\n');
  assert.deepEqual(JSON.parse(JSON.stringify(project.services['a']?.extensions)), { 'x-mine': { b: 1 } });
  assert.deepEqual(JSON.parse(JSON.stringify(project.extensions)), { 'x-top': [1] });
});
