/** Loading with a cache is loading without one, whatever is edited between two loads. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import * as fc from 'fast-check';
import { LoadCache, loadProject, printProject, serviceHash, type LoadResult } from '../../src/compose/index.ts';

const home = realpathSync(mkdtempSync(join(tmpdir(), 'reeve-cache-')));
const folder = join(home, 'app');
mkdirSync(folder);
after(() => rmSync(home, { recursive: true, force: true }));

const lines = fc.constantFrom(
  '    user: u',
  '    user: "$A"',
  '    user: ${A:-d}',
  '    ports: ["80:80"]',
  '    environment: [A, B=1]',
  '    env_file: x.env',
  '    networks: [front]',
  '    networks: {default: {aliases: [x]}}',
  '    network_mode: host',
  '    depends_on: [a]',
  '    profiles: [p]',
  '    volumes: ["data:/d", "./x:/x"]',
  '    secrets: [s]',
  '    extends: a',
  '    develop: {watch: []}',
  '    foo: 1',
  '    command: |',
  '      a: b',
  '    labels:',
  '      x: y',
  '    # comment',
  '',
  '    container_name: n',
  '    tty: yes',
  '    scale: 2',
  '    post_start: [{command: x}]',
  '    post_start: [{command: x, x-reeve: {retries: 1}}]',
  '    image: "${E:?gone}"',
  '\tx',
  '    - x',
  '   z: 1',
);
const top = fc.constantFrom(
  'networks: {front: {}}',
  'volumes: {data: }',
  'secrets: {s: {file: ./s}}',
  'name: "n$A"',
  'x-a: {b: "$A"}',
  'version: "3"',
  '# note',
  'include: [y.yaml]',
  'x-b: &b {user: u}',
  'configs: {c: {content: "$A"}}',
  'foo: 1',
  '---',
);
const service = fc.tuple(fc.constantFrom('a', 'b', 'c', 'd'), fc.array(lines, { maxLength: 4 }));
const file = fc.record({
  services: fc.array(service, { maxLength: 4 }),
  before: fc.array(top, { maxLength: 3 }),
  after: fc.array(top, { maxLength: 3 }),
});

function textOf({
  services,
  before,
  after: last,
}: {
  services: [string, string[]][];
  before: string[];
  after: string[];
}): string {
  const bodies = services.map(([name, body]) => [`  ${name}:`, '    image: i', ...body].join('\n'));
  return [...before, 'services:', ...bodies, ...last, ''].join('\n');
}

function shown(loaded: LoadResult): unknown {
  if (!loaded.ok) return loaded;
  const { project, warnings } = loaded;
  return {
    text: printProject(project, 'json'),
    hashes: Object.values(project.services).map((one) => serviceHash(project, one)),
    rest: { ...project, services: null, networks: null },
    warnings,
  };
}

test('a load with a cache gives what a load without one gives, edit after edit', async () => {
  const step = fc.record({
    file,
    a: fc.constantFrom('1', '2', undefined),
    envFile: fc.constantFrom('X=1\n', 'X=$A\n', ''),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 2, maxLength: 5 }), async (steps) => {
      const cache = new LoadCache();
      for (const { file: content, a, envFile } of steps) {
        writeFileSync(join(folder, 'compose.yaml'), textOf(content));
        writeFileSync(join(folder, 'x.env'), envFile);
        const options = { cwd: folder, files: ['compose.yaml'], environment: { HOME: '/home/user', A: a } };
        assert.deepEqual(
          shown(await loadProject({ ...options, cache })),
          shown(await loadProject(options)),
          textOf(content),
        );
      }
    }),
    { numRuns: 400 },
  );
});
