/** The scripts in the shells themselves, where those are there; `reeve` is a function that says what it is asked. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite, test, type TestContext } from 'node:test';
import { completionScript, type Shell } from '../../../src/cli/completion/script.ts';
import type { CompletedCommand, CompletedFlag } from '../../../src/cli/completion/commands.ts';

function flag(name: string, more: Partial<CompletedFlag> = {}): CompletedFlag {
  return { name, char: undefined, summary: name, takesValue: false, takesFile: false, options: [], ...more };
}

const globals = [
  flag('file', { char: 'f', takesValue: true, takesFile: true }),
  flag('project-name', { char: 'p', takesValue: true }),
  flag('profile', { takesValue: true }),
  flag('log-level', { takesValue: true, options: ['info', 'debug'] }),
];

function command(words: string, more: Partial<CompletedCommand> = {}): CompletedCommand {
  return { words, summary: `does: ${words}`, flags: globals, takesServices: true, choices: [], ...more };
}

const commands = [
  command('apply'),
  command('hooks'),
  command('hooks logs'),
  command('hooks retry'),
  command('completion', { takesServices: false, choices: ['bash', 'zsh', 'fish'] }),
];

/** Runs a script in a shell; skips the test where there is none. */
function inShell(t: TestContext, shell: Shell, args: readonly string[], text: string): string[] | undefined {
  const { stdout, stderr, error } = spawnSync(shell, args, {
    encoding: 'utf8',
    input: text,
    env: { ...process.env, HOME: '/home/me' },
  });
  if (error !== undefined) {
    t.skip(`there is no ${shell} here`);
    return undefined;
  }
  assert.equal(stderr, '');
  return stdout.split('\n').filter(Boolean);
}

const fakeReeve = 'reeve() { printf "%s\\n" "$*" | tr " " _; }\n';

suite('completion in bash', () => {
  const cases: readonly (readonly [what: string, words: readonly string[], offered: readonly string[]])[] = [
    ['commands', [''], ['apply', 'hooks', 'completion']],
    ['second words beside services', ['hooks', ''], ['logs', 'retry', 'config_--services']],
    ['services after them', ['hooks', 'logs', ''], ['config_--services']],
    ['the shells', ['completion', ''], ['bash', 'zsh', 'fish']],
    ['values of a flag', ['--log-level', ''], ['info', 'debug']],
    ['values behind a =', ['--log-level', '=', 'd'], ['debug']],
    ['flags', ['apply', '--pro'], ['--project-name', '--profile']],
    [
      'services of the files and the project that the line names',
      ['-f', '~/a.yaml', '-p', '"shop"', 'apply', '--profile', '=', 'x', ''],
      ['-f_/home/me/a.yaml_-p_shop_--profile_x_config_--services'],
    ],
  ];
  for (const [what, words, offered] of cases) {
    test(what, (t) => {
      const line = ['reeve', ...words].map((word) => `'${word}'`).join(' ');
      const ask = `COMP_WORDS=(${line}); COMP_CWORD=${words.length}; _reeve; printf '%s\\n' "\${COMPREPLY[@]}"`;
      // No folders to offer.
      const quiet = 'compgen() { [ "$1" = -d ] || builtin compgen "$@"; }\n';
      const found = inShell(
        t,
        'bash',
        ['--norc'],
        `${completionScript('bash', commands)}\n${fakeReeve}${quiet}${ask}\n`,
      );
      if (found) assert.deepEqual(found, offered);
    });
  }
});

suite('completion in zsh', () => {
  /** The script as compinit loads it: a file of its function's name in $fpath, called at the first Tab. */
  function atFirstTab(t: TestContext, words: readonly string[], rest = ''): string[] | undefined {
    const folder = mkdtempSync(join(tmpdir(), 'reeve-zsh-'));
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    writeFileSync(join(folder, '_reeve'), completionScript('zsh', commands));
    const line = ['reeve', ...words].map((word) => `'${word}'`).join(' ');
    return inShell(
      t,
      'zsh',
      ['-f'],
      `fpath=(${folder}); autoload -Uz _reeve; ${fakeReeve}
_describe() { printf '%s\\n' "\${(P@)2}"; }
_files() { :; }
_arguments() { for spec; do case $spec in '*: :->command') state=command ;; '*:'*) printf '%s\\n' "$spec" ;; esac; done; }
words=(${line}); CURRENT=${words.length + 1}; _reeve; ${rest}
`,
    );
  }

  test('the first Tab completes', (t) => {
    const found = atFirstTab(t, ['']);
    if (found) assert.deepEqual(found, ['apply:does apply', 'hooks:does hooks', 'completion:does completion']);
  });

  test('the shells are offered, and services', (t) => {
    const shells = atFirstTab(t, ['completion', '']);
    if (shells) assert.deepEqual(shells, ['*: :(bash zsh fish)']);
    const services = atFirstTab(t, ['apply', '']);
    if (services) assert.deepEqual(services, ['*:service:_reeve_services']);
  });

  test('second words stand beside services, which are those of the files and the project that the line names', (t) => {
    const found = atFirstTab(t, ['-f', '~/a.yaml', '--project-name=shop', 'hooks', ''], '_reeve_services');
    if (found)
      assert.deepEqual(found.slice(1), [
        'logs:does hooks logs',
        'retry:does hooks retry',
        '-f_/home/me/a.yaml_--project-name=shop_config_--services',
      ]);
  });
});

suite('completion in fish', () => {
  test('second words, shells, and services of the files that the line names', (t) => {
    const ask = (line: string): string => `complete -C '${line}'\n`;
    const text = `${completionScript('fish', commands)}
function reeve; string join -- _ $argv; end
function __fish_complete_directories; end
${ask('reeve hooks ')}echo ====
${ask('reeve completion ')}echo ====
${ask('reeve -f a.yaml -p shop apply ')}`;
    const folder = mkdtempSync(join(tmpdir(), 'reeve-fish-'));
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    const file = join(folder, 'ask.fish');
    writeFileSync(file, text);
    const found = inShell(t, 'fish', ['--no-config', file], '');
    if (found) {
      const [hooks, shells, services] = found.join('\n').split('\n====\n');
      assert.match(hooks ?? '', /^logs\t/m);
      assert.match(hooks ?? '', /^retry\t/m);
      assert.deepEqual(shells?.split('\n').toSorted(), ['bash', 'fish', 'zsh']);
      assert.equal(services?.trim(), '-f_a.yaml_-p_shop_config_--services');
    }
  });
});
