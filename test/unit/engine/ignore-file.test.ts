import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseIgnoreFile } from '../../../src/engine/ignore-file.ts';

describe('.dockerignore', () => {
  const cases: readonly [file: string, ignored: readonly string[], kept: readonly string[]][] = [
    ['node_modules', ['node_modules', 'node_modules/a/b'], ['src/node_modules', 'node_modules2']],
    ['*.log', ['a.log'], ['a/b.log', 'a.log2']],
    ['**/*.log', ['a.log', 'a/b/c.log'], ['log']],
    ['a/**', ['a/b', 'a/b/c'], ['a', 'b/a']],
    ['**/cache', ['cache', 'x/y/cache/z'], ['caches']],
    ['*/temp*', ['a/temporary'], ['temp', 'a/b/temp']],
    ['temp?', ['tempa'], ['temp', 'tempab', 'a/tempb']],
    ['*.md\n!README.md', ['a.md'], ['README.md']],
    ['!README.md\n*.md', ['README.md'], []],
    ['docs\n!docs/keep', ['docs/a'], ['docs/keep', 'docs/keep/a']],
    ['/root/\n./here//x', ['root/a', 'here/x'], ['a/root']],
    ['# a comment\n\n  spaced  ', ['spaced'], ['# a comment']],
    ['a[bc].txt\na\\*b', ['ab.txt', 'a*b'], ['ad.txt', 'axb']],
    ['*\n!src', ['a', 'b/c'], ['src', 'src/a']],
  ];
  for (const [file, ignored, kept] of cases) {
    it(JSON.stringify(file), () => {
      const { isIgnored } = parseIgnoreFile(file);
      for (const path of ignored) assert.equal(isIgnored(path), true, path);
      for (const path of kept) assert.equal(isIgnored(path), false, path);
    });
  }
});
