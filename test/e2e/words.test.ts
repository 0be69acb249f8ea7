/** Words that are no service: what was probably meant is said, with exit code 2, and nothing is touched. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { stage } from '../support/stage.ts';

const program = join(import.meta.dirname, '../../bin/run.js');

type Case = readonly [words: string, said: RegExp];

async function refuses(t: TestContext, cases: readonly Case[], { files = true } = {}): Promise<void> {
  const project = stage(t);
  project.compose({ web: {} });
  project.write('other.yaml', 'services: {}');
  mkdirSync(project.path('shops'));
  if (!files) rmSync(project.path('compose.yaml'));
  for (const [words, said] of cases) {
    const { exitCode, stderr } = await project.run(words.split(' '));
    assert.equal(exitCode, 2, `${words}\n${stderr}`);
    assert.match(stderr, said, words);
  }
}

test('a path where a service is meant is told from one', (t) =>
  refuses(t, [
    ['apply other.yaml', /other\.yaml is a file: give it with -f other\.yaml/],
    ['apply ./other.yaml', /is a file: give it with -f \.\/other\.yaml/],
    ['ps shops', /shops is a directory: --project-directory shops/],
    ['down shops', /shops is a directory: --project-directory shops/],
    ['config wep', /has no service wep; did you mean web\?/],
    ['config nothing', /has no service nothing; services: web/],
  ]));

test('so it is where there are no Compose files', (t) =>
  refuses(
    t,
    [
      ['apply other.yaml', /is a file: give it with -f/],
      ['ps shops', /is a directory: --project-directory/],
      ['down ./shops', /is a directory: --project-directory/],
    ],
    { files: false },
  ));

test('a word that is almost a command below another is not looked for among the services', (t) =>
  refuses(t, [
    ['hooks log web', /did you mean reeve hooks logs\?/],
    ['hooks rety', /did you mean reeve hooks retry\?/],
  ]));

test('a working directory that was removed is said in a line', (t) => {
  const project = stage(t);
  const gone = project.path('gone');
  mkdirSync(gone);
  const enter = `rmdir "$PWD" && exec ${process.execPath} ${program} config`;
  const { status, stderr } = spawnSync('sh', ['-c', enter], { cwd: gone, encoding: 'utf8' });
  assert.deepEqual(
    [status, stderr],
    [2, 'reeve: the folder that this shell is in is gone: change to one that is there\n'],
  );
});
