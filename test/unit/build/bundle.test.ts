/** What the bundled program loads when it starts, of its own files and of Node's modules: that is most of what a start costs. */
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { build } from 'rolldown';
import config from '../../../rolldown.config.ts';

const root = join(import.meta.dirname, '../../..');
let home: string;

before(async () => {
  home = mkdtempSync(join(tmpdir(), 'reeve-bundle-'));
  for (const { output, ...input } of config) {
    await build({ ...input, cwd: root, logLevel: 'silent', output: { ...output, dir: join(home, 'dist') } });
  }
  cpSync(join(root, 'bin'), join(home, 'bin'), { recursive: true });
  cpSync(join(root, 'package.json'), join(home, 'package.json'));
  // The program runs its files itself, so that what was read is what was loaded.
  const tell = `const fs = require('fs'), before = new Set(process.moduleLoadList), files = [];
    const { readFileSync } = fs;
    fs.readFileSync = (path, ...more) => (files.push(String(path)), readFileSync(path, ...more));
    process.on('exit', () => {
      const builtins = process.moduleLoadList.filter((name) => !before.has(name)).map((name) => name.split(' ').at(-1));
      fs.writeFileSync(process.env.LOADED, JSON.stringify({ files, builtins }));
    });`;
  writeFileSync(join(home, 'tell.cjs'), tell);
  writeFileSync(join(home, 'compose.yaml'), 'name: p\nservices:\n  web:\n    image: busybox:1.36\n');
});

after(() => rmSync(home, { recursive: true, force: true }));

interface Start {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Base names of the program's files. */
  readonly files: readonly string[];
  readonly builtins: readonly string[];
}

function start(...args: readonly string[]): Start {
  const told = join(home, 'loaded.json');
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--require', join(home, 'tell.cjs'), join(home, 'bin/run.js'), ...args],
    {
      cwd: home,
      encoding: 'utf8',
      env: { PATH: process.env['PATH'], HOME: home, LOADED: told, DOCKER_HOST: `unix://${join(home, 'nobody.sock')}` },
    },
  );
  const { files, builtins } = JSON.parse(readFileSync(told, 'utf8')) as Pick<Start, 'files' | 'builtins'>;
  const names = files.filter((file) => file.endsWith('.cjs')).map((file) => basename(file));
  return { status, stdout, stderr, files: names.toSorted(), builtins };
}

test('--version loads what holds the version', () => {
  const { status, files } = start('--version');
  assert.deepEqual([status, files], [0, ['cli.cjs', 'installed.cjs', 'main.cjs', 'rolldown-runtime.cjs']]);
});

test('a command loads neither the help nor what other commands are made of', () => {
  const { status, stdout, files } = start('config', '--services');
  assert.deepEqual([status, stdout], [0, 'web\n']);
  for (const file of ['help.cjs', 'yaml.cjs', 'engine.cjs', 'state.cjs', 'sources.cjs', 'apply.cjs']) {
    assert.ok(!files.includes(file), `${file} is loaded`);
  }
});

test('on its way to the engine, apply loads no TLS, no shell, no fetch and no YAML library', () => {
  const { status, stderr, files, builtins } = start('apply');
  assert.equal(status, 4, stderr);
  const own = [
    'apply',
    'base',
    'cli',
    'commands',
    'compose',
    'engine',
    'installed',
    'main',
    'rolldown-runtime',
    'run',
    'state',
    'words',
  ];
  assert.deepEqual(
    files,
    own.map((name) => `${name}.cjs`),
  );
  for (const heavy of [
    'tls',
    'https',
    'child_process',
    'zlib',
    'readline',
    'fs/promises',
    'internal/deps/undici/undici',
  ]) {
    assert.ok(!builtins.includes(heavy), `${heavy} is loaded`);
  }
});

test('help is loaded when it is asked for', () => {
  const { status, stdout, files } = start('apply', '--help');
  assert.equal(status, 0);
  assert.match(stdout, /reeve apply \[SERVICE\|DIR\.\.\.\] \[FLAGS\]/);
  assert.ok(files.includes('help.cjs'));
});

test('what was compiled is kept when something new was, and left alone when not', () => {
  const folder = join(home, '.cache/reeve');
  rmSync(folder, { recursive: true, force: true });
  const sizes = [
    ['config', '-q'],
    ['config', '-q'],
    ['apply', '--help'],
    ['apply', '--help'],
  ].map((args) => {
    assert.equal(start(...args).status, 0);
    const [file = '', ...others] = readdirSync(folder);
    assert.deepEqual(others, []);
    const { size, ino } = statSync(join(folder, file));
    return { size, ino };
  });
  const [first, second, third, fourth] = sizes;
  assert.deepEqual(second, first);
  assert.ok(Number(third?.size) > Number(first?.size));
  assert.deepEqual(fourth, third);
});

test('a file of compiled code that is damaged or cannot be written holds up nothing', () => {
  const folder = join(home, '.cache/reeve');
  const [file = ''] = readdirSync(folder);
  for (const damage of ['', 'junk', '\xff\xff\xff\xff', '\x02\x00\x00\x00[]']) {
    writeFileSync(join(folder, file), damage, 'latin1');
    assert.deepEqual([start('config', '--services').stdout], ['web\n']);
  }
  rmSync(folder, { recursive: true });
  writeFileSync(folder, 'no folder');
  assert.deepEqual([start('config', '--services').stdout], ['web\n']);
  rmSync(folder);
});
