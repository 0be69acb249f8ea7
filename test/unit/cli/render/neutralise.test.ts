import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { neutralise, neutraliseLine, spellOut } from '../../../../src/cli/render/neutralise.ts';

suite('text from outside cannot act on the terminal', () => {
  const cases: readonly (readonly [what: string, text: string, shown: string])[] = [
    ['plain text stays', 'hello wörld ✔ 日本', 'hello wörld ✔ 日本'],
    ['a tab stays', 'a\tb', 'a\tb'],
    ['colours vanish', '\u001b[31mred\u001b[0m', 'red'],
    ['cursor movement vanishes', 'a\u001b[2K\u001b[1Gb', 'ab'],
    ['private modes vanish', '\u001b[?1049hx', 'x'],
    ['a title ended by BEL vanishes', '\u001b]0;evil\u0007x', 'x'],
    ['a title ended by ST vanishes', '\u001b]0;evil\u001b\\x', 'x'],
    ['a device control string vanishes', '\u001bP$q"p\u001b\\x', 'x'],
    ['a hyperlink keeps its text', '\u001b]8;;http://a\u001b\\text\u001b]8;;\u001b\\', 'text'],
    ['a charset switch vanishes', '\u001b(0qqq', 'qqq'],
    ['a reset vanishes', '\u001bcx', 'x'],
    ['a sequence that does not end shows its ESC', 'a\u001b', 'a␛'],
    ['a title that does not end is only text', '\u001b]0;evil', '0;evil'],
    ['an 8-bit CSI vanishes', '\u009b31mred', 'red'],
    ['other C1 controls are spelled', 'a\u0085b\u009dc', 'a<U+0085>b<U+009D>c'],
    ['a carriage return cannot overwrite', 'real\rfake', 'real␍fake'],
    ['a carriage return at the end is half of a line break', 'line\r', 'line'],
    ['backspace and delete are shown', 'ab\bc\u007f', 'ab␈c␡'],
    ['a bell is shown', '\u0007', '␇'],
    ['NUL is shown', 'a\0b', 'a␀b'],
    ['vertical tab and form feed are shown', 'a\vb\fc', 'a␋b␌c'],
    ['bidi controls are spelled', 'user\u202etxt.exe\u202c', 'user<U+202E>txt.exe<U+202C>'],
    ['bidi isolates are spelled', '\u2066a\u2069', '<U+2066>a<U+2069>'],
    ['zero-width characters are spelled', 'pay\u200bpal\ufeff', 'pay<U+200B>pal<U+FEFF>'],
    ['tag characters are spelled', 'a\u{e0041}', 'a<U+E0041>'],
    ['line separators are no new line', 'a\u2028b', 'a␍b'],
    ['a lone surrogate is replaced', 'a\ud800b', 'a\ufffdb'],
    ['a pair of surrogates stays', '😀', '😀'],
  ];
  for (const [what, text, shown] of cases) test(what, () => assert.equal(neutraliseLine(text), shown));

  test('line feeds stay where text has several lines', () => {
    assert.equal(neutralise('a\r\n\u001b[1mb\nc\n'), 'a\nb\nc\n');
  });

  test('no control character is left, whatever comes', () => {
    const every = Array.from({ length: 0x3000 }, (_, code) => String.fromCharCode(code)).join('');
    assert.doesNotMatch(neutraliseLine(every), /[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/);
  });

  test('of a command nothing is dropped: sequences, tabs and line ends are shown', () => {
    const command = "echo '\u001b]0;rm -rf /data\u0007'\tx\r\n\u009b2Ky\u202e";
    assert.equal(spellOut(command), "echo '␛]0;rm -rf /data␇'␉x␍␤<U+009B>2Ky<U+202E>");
  });

  test('a megabyte of escapes takes no time to speak of', () => {
    const began = performance.now();
    neutraliseLine('\u001b]'.repeat(500_000));
    neutraliseLine('\u001b['.repeat(500_000));
    assert.ok(performance.now() - began < 5000);
  });
});
