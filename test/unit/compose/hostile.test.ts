import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, symlinkSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { composeFolder, diagnosticsOf, projectOf, type Files } from '../../support/compose-files.ts';

const range = (length: number): number[] => Array.from({ length }, (_, i) => i);
const tail = 'services: {a: {image: i}}\n';

/** Files that want too much, and how they are refused. */
const refused: Readonly<Record<string, { readonly files: Files; readonly code: string }>> = {
  'an alias bomb': {
    files: `x-0: &a0 [l, l, l, l, l]\n${range(12)
      .map((i) => `x-${i + 1}: &a${i + 1} [${Array(10).fill(`*a${i}`).join(', ')}]\n`)
      .join('')}${tail}`,
    code: 'yaml-too-complex',
  },
  'an alias bomb of mappings': {
    files: `x-0: &a0 {k: v}\n${range(40)
      .map((i) => `x-${i + 1}: &a${i + 1} {a: *a${i}, b: *a${i}}\n`)
      .join('')}${tail}`,
    code: 'yaml-too-complex',
  },
  'an alias bomb of merge keys': {
    files: `x-0: &a0 {k: v}\n${range(40)
      .map((i) => `x-${i + 1}: &a${i + 1}\n  <<: [*a${i}, *a${i}]\n`)
      .join('')}${tail}`,
    code: 'yaml-too-complex',
  },
  'flow collections nested without end': { files: `x-a: ${'['.repeat(50_000)}\n`, code: 'yaml-too-complex' },
  'lists nested without end': { files: `${'- '.repeat(20_000)}x\n`, code: 'yaml-too-complex' },
  'an anchor that contains itself': { files: `x-a: &a {k: [*a]}\n${tail}`, code: 'cycle' },
  'an extends cycle': {
    files: 'services: {a: {extends: b}, b: {extends: c}, c: {extends: a}}\n',
    code: 'cycle',
  },
  'an endless chain of extends': {
    files: `services:\n${range(2000)
      .map((i) => `  s${i}: {extends: s${i + 1}}\n`)
      .join('')}  s2000: {image: i}\n`,
    code: 'extends',
  },
  'an include cycle': {
    files: { 'compose.yaml': 'include: [b.yaml]\n', 'b.yaml': 'include: [compose.yaml]\n' },
    code: 'cycle',
  },
  'a dependency cycle': {
    files: 'services: {a: {image: i, depends_on: [b]}, b: {image: i, depends_on: [a]}}\n',
    code: 'cycle',
  },
  'an interpolation nested without end': {
    files: `services: {a: {image: "${'${A:-'.repeat(5000)}x${'}'.repeat(5000)}"}}\n`,
    code: 'interpolation',
  },
  'variables that double each other': {
    files: {
      'compose.yaml': 'services: {a: {image: i, env_file: x.env}}\n',
      'x.env': `A0=xxxxxxxx\n${range(60)
        .map((i) => `A${i + 1}=\${A${i}}\${A${i}}\n`)
        .join('')}`,
    },
    code: 'env-file',
  },
  'more ports than there are': {
    files: `services: {a: {image: i, ports: [${range(50)
      .map((i) => `"127.0.0.${i}::1-65535"`)
      .join(', ')}]}}\n`,
    code: 'invalid-value',
  },
  binary: { files: { 'compose.yaml': new Uint8Array([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0]) }, code: 'not-text' },
  'a NUL': { files: 'services: {a: {image: "a\0b"}}\n', code: 'not-text' },
  'invalid UTF-8': { files: { 'compose.yaml': new Uint8Array([0x61, 0x3a, 0x20, 0xc3, 0x28]) }, code: 'not-text' },
  'UTF-16': { files: { 'compose.yaml': Buffer.from(`\ufeff${tail}`, 'utf16le') }, code: 'not-text' },
};

for (const [name, { files, code }] of Object.entries(refused)) {
  test(`${name} is a clear error, soon`, async (t) => {
    const begin = performance.now();
    const found = await diagnosticsOf(t, files);
    assert.ok(
      found.some((diagnostic) => diagnostic.code === code),
      `no ${code} in: ${found.map((diagnostic) => `${diagnostic.code} ${diagnostic.message}`).join('\n')}`,
    );
    assert.ok(performance.now() - begin < 10_000);
    assert.ok(found.every(({ message }) => message.length < 1000));
  });
}

test('a file of 100 MB is refused without being read', async (t) => {
  const { write, load } = composeFolder(t, tail);
  truncateSync(write('compose.yaml', ''), 100 * 1024 * 1024);
  const before = process.memoryUsage().arrayBuffers;
  const loaded = await load();
  assert.ok(!loaded.ok);
  assert.equal(loaded.diagnostics[0]?.code, 'file-too-large');
  assert.ok(process.memoryUsage().arrayBuffers - before < 10 * 1024 * 1024);
});

test('a loop of links, a directory and a file that is not there are errors that say so', async (t) => {
  const { folder, load } = composeFolder(t, {});
  symlinkSync('loop-b.yaml', join(folder, 'loop-a.yaml'));
  symlinkSync('loop-a.yaml', join(folder, 'loop-b.yaml'));
  mkdirSync(join(folder, 'dir.yaml'));
  const messages: string[] = [];
  for (const file of ['loop-a.yaml', 'dir.yaml', 'none.yaml', 'dir.yaml/x']) {
    const loaded = await load({ files: [file] });
    assert.ok(!loaded.ok);
    messages.push(loaded.diagnostics[0]?.message.replaceAll(`${folder}/`, '') ?? '');
  }
  assert.deepEqual(messages, [
    'cannot read loop-a.yaml: too many symbolic links',
    'dir.yaml is a directory',
    'none.yaml not found',
    'dir.yaml/x not found',
  ]);
});

test('a named pipe is read to its end, and nobody waits long for one that nobody writes to', async (t) => {
  const { folder, load } = composeFolder(t, { 'long.yaml': tail, 'long.txt': '# filling\n'.repeat(20_000) });
  const pipe = join(folder, 'pipe.yaml');
  execFileSync('mkfifo', [pipe]);
  const silent = await load({ files: [pipe] });
  assert.equal(silent.ok ? '' : silent.diagnostics[0]?.message, `${pipe} is a pipe that nobody writes to`);

  spawn('sh', ['-c', 'exec > pipe.yaml; cat long.yaml long.txt'], { cwd: folder, stdio: 'ignore' });
  const loaded = await load({ files: [pipe] });
  assert.deepEqual(loaded.ok && Object.keys(loaded.project.services), ['a']);
});

test('an env file that is a device is not waited for', async (t) => {
  const [found] = await diagnosticsOf(t, 'services: {a: {image: i, env_file: /dev/zero}}\n');
  assert.equal(found?.message, '/dev/zero is not a regular file');
});

test('names like __proto__ and constructor are names like any other', async (t) => {
  const project = await projectOf(
    t,
    `services:
  __proto__: {image: i, environment: {__proto__: x, constructor: y, toString: }, labels: [__proto__=1]}
  constructor: {image: j, depends_on: [__proto__], networks: {__proto__: {aliases: [valueOf]}}}
networks: {__proto__: {}}
`,
  );
  assert.deepEqual(Object.keys(project.services), ['__proto__', 'constructor']);
  assert.equal(project.services['toString'], undefined);
  assert.deepEqual(Object.entries(project.services['__proto__']?.environment ?? {}), [
    ['__proto__', 'x'],
    ['constructor', 'y'],
    ['toString', null],
  ]);
  assert.deepEqual(Object.keys(project.services['constructor']?.depends_on ?? {}), ['__proto__']);
  assert.equal(Object.hasOwn(Object.prototype, 'image'), false);
});

test('variables named like members of an object are not set', async (t) => {
  const project = await projectOf(t, 'services: {a: {image: "i${constructor}${__proto__:-d}${toString-e}"}}\n');
  assert.equal(project.services['a']?.image, 'ide');
});

test('an aborted load throws the reason of its signal', async (t) => {
  const { load } = composeFolder(t, tail);
  const reason = new Error('enough');
  await assert.rejects(load({ signal: AbortSignal.abort(reason) }), reason);
});
