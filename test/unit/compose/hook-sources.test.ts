import assert from 'node:assert/strict';
import { test } from 'node:test';
import { composeFolder, diagnosticsOf } from '../../support/compose-files.ts';

const FILE = `services:
  web:
    image: i
    x-reeve: {allow: long-stop}
    post_start:
      - command: echo a && echo b
      - command: [echo, a, "&&", b]
        x-reeve:
          allow: [shell-syntax-without-shell]
    pre_stop:
      - {command: "sh -c 'a && b'"}
`;

test('hook sources tell the place of each command, what a text loses and what is silenced', async (t) => {
  const loaded = await composeFolder(t, FILE).load({ hookSources: true });
  assert.ok(loaded.ok);
  assert.deepEqual(
    loaded.hookSources.map(({ phase, index, place, cutOff, allowed }) => [
      `${phase}[${index}]`,
      `${place.line}:${place.column}`,
      cutOff,
      allowed,
    ]),
    [
      ['post_start[0]', '6:18', '&& echo b', ['long-stop']],
      ['post_start[1]', '7:18', undefined, ['long-stop', 'shell-syntax-without-shell']],
      ['pre_stop[0]', '11:19', undefined, ['long-stop']],
    ],
  );
});

test('hook sources are empty unless they are asked for, and no part of the project', async (t) => {
  const folder = composeFolder(t, FILE);
  const [plain, asked] = [await folder.load(), await folder.load({ hookSources: true })];
  assert.ok(plain.ok && asked.ok);
  assert.deepEqual(plain.hookSources, []);
  assert.deepEqual(plain.project, asked.project);
});

test('a lint code that does not exist cannot be silenced', async (t) => {
  const [found] = await diagnosticsOf(
    t,
    'services: {a: {image: i, pre_stop: [{command: a, x-reeve: {allow: [long-stopp]}}]}}\n',
  );
  assert.equal(found?.code, 'invalid-value');
  assert.equal(found.path, 'services.a.pre_stop[0].x-reeve.allow');
  assert.equal(found.suggestion, 'long-stop');
});
