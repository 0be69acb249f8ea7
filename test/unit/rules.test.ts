/** test/README.md is true: each test that it names for a rule of the contract is there, under that title. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { titlesOf } from '../support/titles.ts';

const folder = join(import.meta.dirname, '..');
const rows = readFileSync(join(folder, 'README.md'), 'utf8')
  .split('\n')
  .flatMap((line) => /^\| (\d+(?:\.\d+)?[a-z]) +\|[^|]*\|(.*)\|$/.exec(line) ?? [])
  .flatMap((_, index, all) => (index % 3 === 0 ? [{ rule: all[index + 1] ?? '', cell: all[index + 2] ?? '' }] : []));
const named = rows.flatMap(({ rule, cell }) =>
  cell.split('<br>').map((entry) => {
    const [, path = '', title = ''] = /^\s*`([\w/-]+)` (.+?)\s*$/.exec(entry) ?? [];
    return { rule, path, title };
  }),
);

test('every rule of the table has tests, and each of them is there under its title', () => {
  const missing = named.filter(({ path, title }) => path === '' || !titlesIn(path).includes(title));
  assert.deepEqual(
    missing.map(({ rule, path, title }) => `${rule}: ${path}: ${title}`),
    [],
  );
});

test('no rule is in the table twice, and none that it had is lost', () => {
  const rules = rows.map(({ rule }) => rule);
  assert.deepEqual(rules, [...new Set(rules)]);
  for (const [section, letters] of Map.groupBy(rules, (rule) => rule.slice(0, -1))) {
    const expected = Array.from({ length: letters.length }, (_, index) => `${section}${'abcdefghijklmnop'[index]}`);
    assert.deepEqual(letters, expected);
  }
  assert.deepEqual(
    [...new Set(rules.map((rule) => rule.slice(0, -1)))].filter((section) => section.startsWith('1.')),
    Array.from({ length: 11 }, (_, index) => `1.${index}`),
  );
});

function titlesIn(path: string): string[] {
  const file = [`${path}.test.ts`, `${path}.ts`].map((name) => join(folder, name)).find((name) => existsSync(name));
  return titlesOf(file === undefined ? '' : readFileSync(file, 'utf8'));
}
