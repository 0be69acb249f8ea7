/** The loader under random input: it answers, it never throws, and what it prints it reads again. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import * as fc from 'fast-check';
import { loadProject, printProject, serviceHash, type LoadResult, type Service } from '../../src/compose/index.ts';
import { Findings } from '../../src/compose/diagnostic.ts';
import { readPlainYaml } from '../../src/compose/plain-yaml.ts';
import { substitute } from '../../src/compose/template.ts';
import { parseWithLibrary } from '../../src/compose/yaml-syntax.ts';

const home = realpathSync(mkdtempSync(join(tmpdir(), 'reeve-property-')));
const folder = join(home, 'app');
mkdirSync(folder);
after(() => rmSync(home, { recursive: true, force: true }));

function load(content: string | Uint8Array): Promise<LoadResult> {
  writeFileSync(join(folder, 'compose.yaml'), content);
  return loadProject({ cwd: folder, files: ['compose.yaml'], environment: { HOME: '/home/user', A: 'a', E: '' } });
}

async function answers(content: string | Uint8Array): Promise<void> {
  const begin = performance.now();
  const loaded = await load(content);
  if (!loaded.ok) {
    assert.ok(loaded.diagnostics.length > 0);
    for (const { message, code } of loaded.diagnostics) assert.ok(message !== '' && code.length > 0);
  }
  assert.ok(performance.now() - begin < 5000, 'it takes too long');
}

test('any bytes give a project or diagnostics', async () => {
  await fc.assert(fc.asyncProperty(fc.uint8Array({ maxLength: 400 }), answers), { numRuns: 300 });
});

test('any text gives a project or diagnostics', async () => {
  const word = fc.constantFrom(
    'services',
    'a',
    'image',
    'ports',
    'environment',
    'volumes',
    'networks',
    'include',
    'extends',
    'command',
    'x-a',
    ':',
    ': ',
    '- ',
    '\n',
    '\n  ',
    '\n    ',
    '\n      ',
    '[',
    ']',
    '{',
    '}',
    ',',
    '&a ',
    '*a',
    '<<',
    '|',
    '>',
    '!reset ',
    '!override ',
    '"',
    "'",
    '#',
    '$',
    '${A}',
    '${B:-',
    '}',
    '---\n',
    '?',
    '1',
    '80:80',
    'true',
    'null',
    '~',
    '\t',
    '\r\n',
    '%',
  );
  const text = fc.array(word, { maxLength: 60 }).map((words) => words.join(''));
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(
        text,
        text.map((body) => `services:\n  a:\n    image: i\n${body}`),
      ),
      answers,
    ),
    {
      numRuns: 1500,
    },
  );
});

const name = fc.stringMatching(/^[a-z][a-z0-9_]{0,8}$/);
const value = fc.oneof(
  fc.string({ maxLength: 12 }).map((text) => text.replaceAll('\0', '')),
  fc.constantFrom(
    '',
    '$',
    '$$',
    'a b',
    "it's",
    '"q"',
    '#x',
    '- x',
    'yes',
    '012',
    'é',
    '<&>',
    'x: y',
    ' lead',
    'trail ',
    'a\nb',
  ),
);
const mapping = fc.dictionary(name, value, { maxKeys: 4 });
const service = fc.record(
  {
    image: fc.constantFrom('i', 'registry/x:1', 'y@sha256:0'),
    command: fc.oneof(fc.array(value, { maxLength: 3 }), fc.constantFrom('a "b c" d', 'x')),
    environment: fc.oneof(mapping, fc.dictionary(name, fc.constant(null), { maxKeys: 2 })),
    labels: mapping,
    ports: fc.uniqueArray(fc.constantFrom('80', '8080:80', '127.0.0.1:90:90/udp', '7000-7002:60-62', '5000-5010:50'), {
      maxLength: 4,
    }),
    volumes: fc.uniqueArray(fc.constantFrom('./a:/a', 'data:/b:ro', '/c', '~/d:/d', 'data:/e:nocopy'), {
      maxLength: 4,
    }),
    tmpfs: fc.uniqueArray(fc.constantFrom('/t1', '/t2:size=1m'), { maxLength: 2 }),
    networks: fc.constantFrom(['front'], { front: { aliases: ['x'] }, default: null }, []),
    cpus: fc.constantFrom(0.5, 1, 0.333, '1.25'),
    mem_limit: fc.constantFrom('512m', '1.5g', 1048576, '100k'),
    stop_grace_period: fc.constantFrom('1m30s', '90s', '1.5h', '10ms'),
    healthcheck: fc.constantFrom({ test: 'x', interval: '5s' }, { test: ['CMD', 'a'], retries: 3 }, { disable: true }),
    ulimits: fc.constantFrom({ nofile: 5 }, { nofile: { soft: 1, hard: 2 } }),
    extra_hosts: fc.constantFrom(['a:1.1.1.1', 'b=::1'], { c: '2.2.2.2' }),
    post_start: fc.array(
      fc.record({ command: fc.array(value, { minLength: 1, maxLength: 2 }), environment: mapping }),
      { maxLength: 2 },
    ),
    deploy: fc.constantFrom({ replicas: 2 }, {}, { resources: { reservations: { cpus: '0.1' } } }),
    restart: fc.constantFrom('no', 'always', 'on-failure:3'),
    secrets: fc.constantFrom(['s'], [{ source: 's', mode: '0440' }]),
    init: fc.boolean(),
    user: value,
  },
  { requiredKeys: ['image'] },
);
const model = fc.record({
  services: fc.dictionary(name, service, { minKeys: 1, maxKeys: 4 }),
  networks: fc.constant({ front: { driver: 'bridge', labels: ['a=b'] } }),
  volumes: fc.constant({ data: null }),
  secrets: fc.constant({ s: { file: './s.txt' } }),
});

test('what is printed is read again, unchanged, with the same hashes', async () => {
  await fc.assert(
    fc.asyncProperty(model, fc.constantFrom('json', 'yaml'), async (given, format) => {
      const first = await load(JSON.stringify(given).replaceAll('$', '$$$$'));
      assert.ok(first.ok, first.ok ? '' : first.diagnostics.map(({ message }) => message).join('\n'));
      const text = printProject(first.project, format);
      const second = await load(text);
      assert.ok(second.ok, second.ok ? '' : `${second.diagnostics.map(({ message }) => message).join('\n')}\n${text}`);
      assert.equal(printProject(second.project, 'json'), printProject(first.project, 'json'));
      for (const one of Object.values(first.project.services)) {
        const other: Service | undefined = second.project.services[one.name];
        assert.ok(other);
        assert.equal(serviceHash(second.project, other), serviceHash(first.project, one));
      }
    }),
    { numRuns: 300 },
  );
});

test('our reader of plain YAML gives the tree that the library gives', () => {
  const piece = fc.constantFrom(
    'a',
    'b c',
    'key',
    '"q\\n"',
    "'it''s'",
    ' ',
    '  ',
    '\n',
    '\n  ',
    '\n    ',
    '\n- ',
    '\n  - ',
    ': ',
    ':',
    '- ',
    '[',
    ']',
    '{',
    '}',
    ', ',
    '# c',
    ' # c',
    '&x ',
    '*x',
    '<<',
    '|\n',
    '|-\n',
    '1',
    'x:y',
    '-1',
    '---\n',
    '\r\n',
    "'",
    '"',
    '\\',
    ',',
    '~',
    'é',
    '?',
    '!t ',
  );
  const text = fc.array(piece, { maxLength: 30 }).map((pieces) => pieces.join(''));
  const shaped = fc.array(fc.tuple(fc.nat(4), fc.constantFrom('a:', '- ', 'b: ', '- c: ', ''), text), { maxLength: 8 });
  const source = fc.oneof(
    text,
    shaped.map((lines) =>
      lines.map(([indent, head, rest]) => `${'  '.repeat(indent)}${head}${rest.replaceAll('\n', ' ')}`).join('\n'),
    ),
  );
  fc.assert(
    fc.property(source, (yaml) => {
      const plain = readPlainYaml(yaml);
      if (plain === undefined) return;
      const findings = new Findings();
      const library = parseWithLibrary({ path: 'x', text: yaml }, findings);
      assert.ok(library, `the library refuses what we read: ${findings.errors[0]?.message}`);
      assert.deepEqual([withoutPlaces(plain)], library.map(withoutPlaces));
    }),
    { numRuns: 20_000 },
  );
});

/** Places of empty scalars are a matter of taste; those of all others must agree. */
function withoutPlaces(tree: unknown): unknown {
  return JSON.parse(
    JSON.stringify(tree, (_key, part: unknown) => {
      const isEmpty = typeof part === 'object' && part !== null && 'text' in part && part.text === '';
      return isEmpty ? { ...part, offset: 0 } : part;
    }),
  );
}

test('a text without variables is left as it is, and none makes the substitution throw', () => {
  const piece = fc.constantFrom(
    '$',
    '{',
    '}',
    ':',
    '-',
    '+',
    '?',
    'A',
    'E',
    'Z',
    '\n',
    ' ',
    '${A:-',
    '${E:+',
    '${Z?',
    '$$',
    '1',
    '_',
    'é',
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 25 }), (pieces) => {
      const text = pieces.join('');
      const values: Readonly<Record<string, string>> = { A: 'a', E: '' };
      const result = substitute(text, (variable) => values[variable], { unset: () => undefined });
      if (!text.includes('$')) assert.deepEqual(result, { ok: true, text });
    }),
    { numRuns: 5000 },
  );
});
