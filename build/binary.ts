/**
 * Makes one executable of the bundle and of the Node that runs this, by Node's own single-executable applications:
 * `node build/binary.ts [BUNDLE [EXECUTABLE]]`, else of dist/ to dist-binary/reeve. Commands are rehearsed on a simulated
 * engine first, and the code that V8 compiled for them goes along, so that the program starts without compiling anything
 * and without a cache in the user's home.
 */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, copyFileSync, globSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { build } from 'rolldown';
import { image } from '../test/support/sim/images.ts';
import { Simulation } from '../test/support/sim/simulation.ts';

const root = join(import.meta.dirname, '..');
const [
  dist = join(root, 'dist'),
  target = join(root, 'dist-binary', process.platform === 'win32' ? 'reeve.exe' : 'reeve'),
] = process.argv.slice(2);
const work = mkdtempSync(join(tmpdir(), 'reeve-binary-'));
const code = join(work, 'rehearsed.code');
try {
  await rehearseAll();
  await makeExecutable();
  process.stdout.write(`${target}, ${(statSync(target).size / 1e6).toFixed(0)} MB\n`);
} finally {
  rmSync(work, { recursive: true, force: true });
}

/** Each adds the code of the functions that were not called before. */
async function rehearseAll(): Promise<void> {
  const service = (name: string, more: string): string =>
    `  ${name}:\n    image: busybox:1\n    command: ["run", "on"]\n    environment: {LEVEL: "\${LEVEL:-info}"}\n${more}`;
  const hooks = '    post_start:\n      - command: ["ok"]\n    pre_stop:\n      - command: ["ok"]\n';
  const web = service('web', `    depends_on: [db]\n    ports:\n      - "8080:80"\n${hooks}`);
  writeFileSync(join(work, 'compose.yaml'), `name: rehearsal\nservices:\n${web}${service('db', '')}`);
  // A tag makes the loader take the library for YAML.
  writeFileSync(join(work, 'tagged.yaml'), 'name: tagged\nservices:\n  web:\n    image: !!str busybox:1\n');
  const sim = new Simulation();
  sim.world.state.images.set('busybox:1', image('busybox'));
  const { host } = await sim.client('reeve');
  const stop = sim.play();
  try {
    await rehearse(host, 'apply');
    await rehearse(host, '--file', 'tagged.yaml', 'config');
    for (const id of ['plan', 'ps', 'doctor', 'history', 'hooks', 'hooks logs web', 'hooks retry']) {
      await rehearse(host, ...id.split(' '));
    }
    for (const id of ['stop', 'start', 'restart', 'suspend', 'resume', 'down', 'completion bash', 'apply --help']) {
      await rehearse(host, ...id.split(' '));
    }
  } finally {
    await stop();
    sim.close();
  }
}

async function rehearse(host: string, ...words: readonly string[]): Promise<void> {
  const child = spawn(
    process.execPath,
    [join(import.meta.dirname, 'rehearse.ts'), dist, code, '--log-level', 'error', ...words],
    {
      cwd: work,
      env: { PATH: process.env['PATH'], HOME: work, DOCKER_HOST: host, OCLIF_DISABLE_ENGINE_WARNING: '1' },
      stdio: ['ignore', 'ignore', 'inherit'],
    },
  );
  const [exitCode] = (await once(child, 'exit')) as [number | null];
  if (exitCode !== 0) throw new Error(`the rehearsal of ${words.join(' ')} ended with ${exitCode}`);
}

async function makeExecutable(): Promise<void> {
  const entry = join(work, 'main.cjs');
  await build({
    input: join(root, 'src/start/single-file.ts'),
    platform: 'node',
    logLevel: 'silent',
    output: { file: entry, format: 'cjs' },
  });
  const names = globSync(['cli.cjs', 'chunks/*.cjs'], { cwd: dist });
  const assets = { ...Object.fromEntries(names.map((name) => [name, join(dist, name)])), code };
  const blob = join(work, 'reeve.blob');
  const config = {
    main: entry,
    output: blob,
    assets,
    disableExperimentalSEAWarning: true,
    useCodeCache: true,
    execArgv: ['--'],
  };
  writeFileSync(join(work, 'sea.json'), JSON.stringify(config));
  execFileSync(process.execPath, ['--experimental-sea-config', join(work, 'sea.json')], { stdio: 'ignore' });
  mkdirSync(dirname(target), { recursive: true });
  rmSync(target, { force: true });
  copyFileSync(process.execPath, target);
  chmodSync(target, 0o755);
  const isMac = process.platform === 'darwin';
  if (isMac) execFileSync('codesign', ['--remove-signature', target]);
  const postject = createRequire(import.meta.url).resolve('postject/dist/cli.js');
  const place = ['NODE_SEA_BLOB', blob, '--sentinel-fuse', 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2'];
  const segment = isMac ? ['--macho-segment-name', 'NODE_SEA'] : [];
  execFileSync(process.execPath, [postject, target, ...place, ...segment], { stdio: 'ignore' });
  if (isMac) execFileSync('codesign', ['--sign', '-', target]);
}
