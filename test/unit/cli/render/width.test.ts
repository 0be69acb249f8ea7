import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { cutTo, padTo, widthOf } from '../../../../src/cli/render/width.ts';

suite('columns of a terminal', () => {
  const cases: readonly (readonly [what: string, text: string, columns: number])[] = [
    ['nothing', '', 0],
    ['plain text', 'hello ~', 7],
    ['letters with accents', 'wörld', 5],
    ['accents that are characters of their own', 'wo\u0308rld', 5],
    ['ideographs', '日本', 4],
    ['kana and Hangul', 'あ한', 4],
    ['full-width letters', 'Ａ', 2],
    ['half-width kana', 'ｱ', 1],
    ['ideographs beyond the first plane', '𠮷', 2],
    ['emoji', '🚀', 2],
    ['a sign that is an emoji by its selector', '❤\ufe0f', 2],
    ['the same without', '❤', 1],
    ['signs of ours', '✔·␛…', 4],
  ];
  for (const [what, text, columns] of cases) test(what, () => assert.equal(widthOf(text), columns));

  test('a text is cut to columns, never amid a character', () => {
    assert.equal(cutTo('日本語', 6), '日本語');
    assert.equal(cutTo('日本語', 5), '日本…');
    assert.equal(cutTo('日本語', 4), '日…');
    assert.equal(cutTo('🚀🚀', 3), '🚀…');
    assert.equal(cutTo('abc', 2), 'a…');
    assert.equal(cutTo('abc', 1), '…');
  });

  test('a text is filled up to columns', () => {
    assert.equal(padTo('日', 3), '日 ');
    assert.equal(padTo('日本', 3), '日本');
  });
});
