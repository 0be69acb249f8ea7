/** A whole file in flow style: what programs write, JSON above all. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Findings } from '../../../src/compose/diagnostic.ts';
import { readPlainYaml } from '../../../src/compose/plain-yaml.ts';
import { parseWithLibrary } from '../../../src/compose/yaml-syntax.ts';

function byLibrary(text: string): unknown {
  return parseWithLibrary({ path: 'compose.yaml', text }, new Findings());
}

/** Of a tree what both readers say of it. */
function plainTree(tree: unknown): unknown {
  return JSON.parse(JSON.stringify(tree));
}

const model = {
  name: 'p',
  services: { web: { image: 'a:1', command: ['x', 'y z'], environment: { N: 1, E: '' } }, db: {} },
};

for (const [what, text] of Object.entries({
  'on one line': JSON.stringify(model),
  'on many lines': `${JSON.stringify(model, undefined, 2)}\n`,
  'with little indentation': JSON.stringify(model, undefined, 2).replaceAll('  ', ' '),
  'after a marker and a comment': `---\n# made by a program\n${JSON.stringify(model, undefined, 2)}\n# end\n`,
  'at the left edge': '{\n"services":\n{\n"web": {"image": "x"}\n}\n}\n',
  'a list': '[a, "b", {c: d}]\n',
  empty: '{}',
})) {
  test(`flow style ${what} is read without the library, and the same`, () => {
    const tree = readPlainYaml(text);
    assert.ok(tree);
    assert.deepEqual(plainTree([tree]), plainTree(byLibrary(text)));
  });
}

for (const text of [
  '{a: b}: c\n',
  '{a: b} c\n',
  '{a: b}\n---\n{c: d}\n',
  '[a,\n---\n]\n',
  '{a: b\n',
  '{"a": "b"\n"c": 1}',
  '{}\nx: y\n',
]) {
  test(`${JSON.stringify(text)} is left to the library`, () => {
    assert.equal(readPlainYaml(text), undefined);
  });
}
