import assert from 'node:assert/strict';
import { test } from 'node:test';
import { diagnosticsOf, placesOf } from '../../support/compose-files.ts';

test('every fault of a file is reported at once, each where it stands', async (t) => {
  const found = await diagnosticsOf(
    t,
    `services:
  web:
    image: nginx
    evironment: {A: 1}
    ports: [abc:80, 2001-12-14]
    tty: maybe
    depends_on: [dbb]
  db:
    image: \${IMG:?needed}
  x:
    image: a
    healthcheck: {interval: 5x, retries: -1, tset: [CMD]}
    mem_limit: lots
    networks: [fornt]
networks: {front: {}}
`,
  );
  assert.deepEqual(placesOf(found), [
    '4:5 unknown-key services.web.evironment',
    '5:13 invalid-value services.web.ports[0]',
    '5:21 wrong-type services.web.ports[1]',
    '6:10 wrong-type services.web.tty',
    '7:18 undefined-reference services.web.depends_on.dbb',
    '9:12 missing-variable services.db.image',
    '12:29 invalid-value services.x.healthcheck.interval',
    '12:42 invalid-value services.x.healthcheck.retries',
    '12:46 unknown-key services.x.healthcheck.tset',
    '13:16 invalid-value services.x.mem_limit',
    '14:16 undefined-reference services.x.networks.fornt',
  ]);
});

test('a near miss comes with what was probably meant', async (t) => {
  const found = await diagnosticsOf(
    t,
    'services: {a: {image: i, evironment: {}, depends_on: [bb]}, b: {imgae: i}, c: {image: i, cgroup: hots}}\n',
  );
  assert.deepEqual(
    found.map(({ suggestion }) => suggestion),
    ['environment', 'b', 'image', 'host'],
  );
});

test('a word that is far from all known ones gets no suggestion', async (t) => {
  const [found] = await diagnosticsOf(t, 'services: {a: {image: i, quux: 1}}\n');
  assert.equal(found?.suggestion, undefined);
});

test('a diagnostic carries the line it is about', async (t) => {
  const [found] = await diagnosticsOf(t, 'services:\n  a:\n    image: i\n    foo: 1\n');
  assert.equal(found?.sourceLine, '    foo: 1');
  assert.match(found?.file ?? '', /\/app\/compose\.yaml$/);
});

test('a fault of an override is shown in the override', async (t) => {
  const files = { 'a.yaml': 'services: {a: {image: i}}\n', 'b.yaml': 'services:\n  a:\n    ports: {}\n    tty: x\n' };
  const found = await diagnosticsOf(t, files, { files: ['a.yaml', 'b.yaml'] });
  assert.ok(found.every(({ file }) => file?.endsWith('b.yaml')));
  assert.deepEqual(placesOf(found), ['3:12 wrong-type services.a.ports', '4:10 wrong-type services.a.tty']);
});

test('a mapping over a list is refused, and says what each is', async (t) => {
  const files = {
    'a.yaml': 'services: {a: {image: i, ports: ["80"]}}\n',
    'b.yaml': 'services: {a: {ports: {a: b}}}\n',
  };
  const [found] = await diagnosticsOf(t, files, { files: ['a.yaml', 'b.yaml'] });
  assert.equal(found?.code, 'merge-conflict');
  assert.equal(found.message, 'cannot override services.a.ports: a list there, a mapping here');
});

test('a fault in an extended file is shown there', async (t) => {
  const files = {
    'compose.yaml': 'services: {a: {extends: {file: base.yaml, service: b}}}\n',
    'base.yaml': 'services:\n  b:\n    image: i\n    ports: ["x"]\n',
  };
  const [found] = await diagnosticsOf(t, files);
  assert.match(found?.file ?? '', /base\.yaml$/);
  assert.equal(found?.line, 4);
});

test('a syntax error has a place', async (t) => {
  const [found] = await diagnosticsOf(t, 'services:\n  a: [\n');
  assert.equal(found?.code, 'yaml-syntax');
  assert.ok((found.line ?? 0) >= 2);
});

test('a key that is defined twice names the first place', async (t) => {
  const [found] = await diagnosticsOf(t, 'services:\n  a:\n    image: i\n    image: j\n');
  assert.equal(found?.code, 'duplicate-key');
  assert.equal(found.line, 4);
  assert.match(found.message, /already defined at line 3/);
});

test('the same fault is reported once, however often the model is validated', async (t) => {
  const files = { 'a.yaml': 'services: {a: {image: i, foo: 1}}\n', 'b.yaml': 'services: {a: {user: u}}\n' };
  const found = await diagnosticsOf(t, files, { files: ['a.yaml', 'b.yaml'] });
  assert.equal(found.length, 1);
});

test('a value that should be quoted says so', async (t) => {
  const [found] = await diagnosticsOf(t, 'services: {a: {image: 5}}\n');
  assert.equal(found?.remedy, 'quote it: "5"');
});

test('an invalid project name does not hide what else is wrong', async (t) => {
  const found = await diagnosticsOf(t, 'services: {a: {foo: 1}}\n', { projectName: 'Bad Name' });
  assert.deepEqual(
    found.map(({ code }) => code),
    ['project-name', 'unknown-key'],
  );
});

test('a dependency that a profile switches off names the profile', async (t) => {
  const [found] = await diagnosticsOf(
    t,
    'services: {a: {image: i, depends_on: [b]}, b: {image: i, profiles: [debug]}}\n',
  );
  assert.equal(found?.remedy, 'enable one of its profiles: debug');
});

test('no more than some hundred faults are kept', async (t) => {
  const keys = Array.from({ length: 3000 }, (_, i) => `    k${i}: 1\n`).join('');
  const found = await diagnosticsOf(t, `services:\n  a:\n    image: i\n${keys}`);
  assert.ok(found.length <= 500);
});

test('what is wrong with an env file is said by line and key, never with a value', async (t) => {
  const broken: readonly (readonly [text: string, format: string | undefined, said: RegExp])[] = [
    ['A=1\nTOKEN="unterminated hunter2\n', undefined, /unterminated quoted value of TOKEN/],
    ['KEY="-----BEGIN\nhunter2"\nx/hunter2+y\n', undefined, /unexpected character "\/" in a variable name/],
    ['A B=hunter2\n', undefined, /key cannot contain a space/],
    ['A=${hunter2\n', undefined, /invalid interpolation format in the value of A/],
    ['=hunter2\n', 'raw', /no variable name/],
    ['a hunter2 word\n', 'raw', /contains whitespace/],
  ];
  for (const [text, format, said] of broken) {
    const file = format === undefined ? '{path: a.env}' : `{path: a.env, format: ${format}}`;
    const yaml = `services: {web: {image: i, env_file: [${file}]}}\n`;
    const [found] = await diagnosticsOf(t, { 'compose.yaml': yaml, 'a.env': text });
    assert.match(found?.message ?? '', said);
    assert.ok(found?.line !== undefined && found.file?.endsWith('a.env'));
    assert.doesNotMatch(JSON.stringify(found), /hunter2/, text);
    if (format === undefined) {
      const [own] = await diagnosticsOf(t, { 'compose.yaml': 'services: {web: {image: i}}\n', '.env': text });
      assert.match(own?.message ?? '', said);
      assert.doesNotMatch(JSON.stringify(own), /hunter2/, text);
    }
  }
});
