/** What `config` prints: the same to every reader, and harmless to a terminal. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { parse } from 'yaml';
import { printProject } from '../../../src/compose/index.ts';
import { composeFolder, projectOf } from '../../support/compose-files.ts';

const texts = [
  'yes',
  'No',
  'ON',
  'off',
  'y',
  'N',
  '=',
  '<<',
  '1:30',
  '1:30.5',
  '1_000',
  '0b11',
  '0o17',
  '017',
  '1e3',
  '.5_0',
  '2001-12-14 21:59:43 -5',
  '~',
  '',
  'null',
  'true',
  ' a ',
  'a\tb',
  '\ta',
  'a: b',
  '- a',
  '# a',
  '%a',
  '@a',
  '---',
  '\u0000',
  'a\u007fb',
  'a\u0085b',
  '\u009b31mred',
  'a\u2028b',
  'a\u2029b',
  '\ufeffa',
  'a\ufffeb',
  'a\uffff',
  '\u001b[31m',
  'a\rb',
  'a\r\nb',
  '\u202etxt',
  'a\nb\n',
  'a\n\tb\n',
  '\ta\nb',
  '\n\t\n',
  ' \n',
  'a\nb\u0085\n',
  '日本 🚀',
  '"',
  "'",
  '\\u0041',
];

suite('printed YAML', () => {
  test('reads the same in YAML 1.1 and 1.2, keys too', async (t) => {
    const environment = Object.fromEntries(texts.map((text, index) => [`V${index}`, text]));
    const labels = Object.fromEntries(texts.filter((text) => text !== '').map((text) => [text, 'x']));
    const services = { web: { image: 'i', environment, labels } };
    const project = await projectOf(t, JSON.stringify({ services }).replaceAll('$', '$$$$'));
    const text = printProject(project, 'yaml');
    for (const version of ['1.1', '1.2'] as const) {
      const { web } = (parse(text, { version, merge: false, uniqueKeys: false }) as { services: typeof services })
        .services;
      assert.deepEqual(web.environment, environment, version);
      assert.deepEqual(web.labels, labels, version);
    }
    const again = await composeFolder(t, { 'compose.yaml': text }).load({ projectName: project.name });
    assert.ok(again.ok, again.ok ? '' : JSON.stringify(again.diagnostics));
    assert.deepEqual(again.project.services, project.services);
  });

  test('words that others read differently are quoted, others are not', async (t) => {
    const environment = { A: 'yes', B: '1:30', C: 'a\tb', D: 'yesterday', E: '10.0.0.1', F: '8080:80' };
    const project = await projectOf(t, JSON.stringify({ services: { web: { image: 'i', environment } } }));
    const lines = printProject(project, 'yaml')
      .split('\n')
      .map((line) => line.trim());
    for (const line of ['A: "yes"', 'B: "1:30"', 'C: "a\\tb"', 'D: yesterday', 'E: 10.0.0.1', 'F: 8080:80'])
      assert.ok(lines.includes(line), `${line} in ${lines.join('\n')}`);
  });

  test('nothing that a terminal acts on stands in it, nor in JSON', async (t) => {
    const evil = Array.from({ length: 0x3000 }, (_, code) => String.fromCharCode(code)).join('') + '\ufffe';
    const services = { web: { image: 'i', environment: { A: evil }, labels: { [evil]: 'x' } } };
    const project = await projectOf(t, JSON.stringify({ services }).replaceAll('$', '$$$$'));
    for (const format of ['yaml', 'json', 'json-line'] as const) {
      const text = printProject(project, format);
      assert.doesNotMatch(
        text,
        /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069\ufffe]|\p{Surrogate}/u,
      );
      const { web } = (parse(text.replaceAll('$$', '$')) as { services: typeof services }).services;
      assert.ok(web.environment.A === project.services['web']?.environment?.['A'], format);
    }
  });
});
