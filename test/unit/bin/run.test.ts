/** What the launcher promises before the program is loaded. */
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';

const launcher = join(import.meta.dirname, '../../../bin/run.js');

/** Runs the launcher; `before` is code that runs first, in the same process. */
function launch(args: readonly string[], before = '', env: NodeJS.ProcessEnv = process.env) {
  const preload = ['--import', `data:text/javascript,${encodeURIComponent(before)}`];
  return spawnSync(process.execPath, [...preload, launcher, ...args], { encoding: 'utf8', env, timeout: 20_000 });
}

test('an older Node is refused with one line that says which is needed', () => {
  const old = `Object.defineProperty(process, 'versions', { value: { node: '18.19.0' } })`;
  const { status, stdout, stderr } = launch(['apply'], old);
  assert.deepEqual([status, stdout, stderr], [1, '', 'reeve needs Node 24 or newer; this is Node 18.19.0\n']);
});

test('the launcher has no syntax that an old Node cannot read', () => {
  const code = readFileSync(launcher, 'utf8').replaceAll(/^\s*\/\/.*$/gm, '');
  assert.doesNotMatch(code, /\?\?|\?\.|=>|\bawait\b|\bconst\b|\blet\b|'node:|`/);
});

test("--env-file is reeve's, not Node's: neither a missing file nor its NODE_OPTIONS act on Node", (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'reeve-launcher-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  // As npm puts it on the PATH: a link of another name.
  const installed = join(folder, 'reeve');
  symlinkSync(launcher, installed);
  const file = join(folder, 'a file.env');
  writeFileSync(file, 'NODE_OPTIONS=--no-such-option\nIMAGE=x\n');
  const env = { ...process.env, PATH: [dirname(process.execPath), process.env['PATH']].join(delimiter) };
  const config = (path: string) =>
    spawnSync(installed, ['--env-file', path, '-f', '-', 'config', '--images'], {
      encoding: 'utf8',
      env,
      input: 'name: x\nservices: {web: {image: "${IMAGE}"}}\n',
      timeout: 20_000,
    });
  const given = config(file);
  assert.deepEqual([given.status, given.stdout, given.stderr], [0, 'x\n', '']);
  const missing = config(join(folder, 'nowhere'));
  assert.equal(missing.status, 3, missing.stderr);
  assert.match(missing.stderr, /couldn't find env file/);
});

test('the version is that of the package, and stands alone on stdout', () => {
  const { version } = JSON.parse(readFileSync(join(launcher, '../../package.json'), 'utf8')) as { version: string };
  const { status, stdout, stderr } = launch(['--version']);
  assert.deepEqual([status, stdout, stderr], [0, `reeve ${version}\n`, '']);
});

test('--version is answered wherever it stands, but behind --', () => {
  const first = launch(['--version']).stdout;
  for (const words of [['--no-color', '--version'], ['apply', '--version'], ['-V']])
    assert.equal(launch(words).stdout, first, words.join(' '));
  const { type, version } = JSON.parse(launch(['--json', '--version']).stdout) as Record<string, unknown>;
  assert.deepEqual([type, `reeve ${String(version)}\n`], ['version', first]);
  assert.equal(launch(['completion', '--', '--version']).status, 2);
});

test("SQLite's notice is silent, any other warning is not", () => {
  // As soon as the launcher has put its own function in the place of Node's.
  const later = `const { emitWarning } = process;
    Object.defineProperty(process, 'emitWarning', { get: () => emitWarning, set(own) {
      Object.defineProperty(process, 'emitWarning', { value: own, writable: true });
      process.emitWarning('SQLite is an experimental feature and might change at any time', 'ExperimentalWarning');
      process.emitWarning('something else');
    }, configurable: true });`;
  const { stderr } = launch(['--version'], later);
  assert.match(stderr, /something else/);
  assert.doesNotMatch(stderr, /SQLite/);
});

test('a home that cannot be written holds up nothing', () => {
  for (const home of ['/proc', '/nonexistent']) {
    const { status } = launch(['--version'], '', { ...process.env, HOME: home, XDG_CACHE_HOME: '' });
    assert.equal(status, 0, home);
  }
});

test('a command that does not exist is wrong usage: exit code 2 and one line', () => {
  const { status, stdout, stderr } = launch(['no-such-command']);
  assert.deepEqual([status, stdout], [2, '']);
  assert.match(stderr, /^reeve: .*no-such-command.*\n$/);
});

test('the help of a command has its flags in one column, whether the first one has a letter or not', () => {
  for (const command of ['plan', 'apply', 'start', 'ps']) {
    const flags =
      launch([command, '--help'])
        .stdout.split(/\nFLAGS\n/)[1]
        ?.split('\n\n')[0] ?? '';
    const columns = flags.split('\n').flatMap((line) => (/^ +-/.test(line) ? [line.indexOf('--')] : []));
    assert.ok(columns.length > 0, command);
    assert.deepEqual(new Set(columns), new Set(columns.slice(0, 1)), flags);
  }
});

test('--version loads no library, --help no more than oclif', () => {
  const told = `import module from 'node:module';
    process.on('exit', () => { process.stderr.write(Object.keys(module.Module._cache).join('\\n')); });`;
  const loaded = (args: readonly string[]): string => launch(args, told).stderr;
  assert.doesNotMatch(loaded(['--version']), /node_modules/);
  assert.match(loaded(['--help']), /node_modules.@oclif.core/);
  assert.doesNotMatch(loaded(['--help']), /node_modules.(dockerode|yaml|chokidar|p-queue)/);
});
