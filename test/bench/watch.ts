/**
 * How quick `watch` is, against a real engine, seen from outside the process:
 * from saving a file to the first engine call, and from the end of `docker rm -f` to the create call.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { container, containers, outside } from '../support/engine.ts';
import { removeLeftovers } from '../support/leftovers.ts';
import { testImage, uniqueProjectName } from '../support/project.ts';
import { printFigures } from './figures.ts';
import { recordingProxy } from '../support/recording-proxy.ts';

const runs = Number(process.argv[2] ?? 10);
const name = uniqueProjectName();
const home = mkdtempSync(join(tmpdir(), `${name}-`));
const folder = join(home, name);
mkdirSync(folder);

await using proxy = await recordingProxy(join(home, 'engine.sock'));
save(0);
const program = join(import.meta.dirname, '../../bin/run.js');
const watch = spawn(process.execPath, [program, 'watch'], {
  cwd: folder,
  env: { ...process.env, DOCKER_HOST: proxy.host, XDG_STATE_HOME: join(home, 'state') },
  stdio: ['ignore', 'ignore', 'inherit'],
});
try {
  await settled(() => true);
  const fileToCall: number[] = [];
  const removalToCreate: number[] = [];
  for (let run = 1; run <= runs; run += 1) {
    const before = (await container(name, 'web')).Id;
    const savedAtMs = performance.now();
    save(run);
    const first = await proxy.next(/^(GET|POST|HEAD)/, savedAtMs);
    fileToCall.push(first.atMs - savedAtMs);
    await settled((id) => id !== before);
  }
  for (let run = 1; run <= runs; run += 1) {
    const { Id } = await container(name, 'web');
    await outside.remove(Id);
    const removedAtMs = performance.now();
    const create = await proxy.next(/^POST \S*\/containers\/create/, removedAtMs - 200);
    removalToCreate.push(Math.max(0, create.atMs - removedAtMs));
    await settled((id) => id !== Id);
  }
  printFigures([
    { name: 'file saved -> first engine call', values: fileToCall, unit: 'ms' },
    { name: 'docker rm -f done -> create call', values: removalToCreate, unit: 'ms' },
  ]);
} finally {
  watch.kill('SIGTERM');
  await new Promise((resolve) => watch.once('exit', resolve));
  await removeLeftovers(name);
  rmSync(home, { recursive: true, force: true });
}

function save(version: number): void {
  const service = {
    image: testImage,
    command: ['sleep', '1000'],
    stop_signal: 'SIGKILL',
    environment: { VERSION: String(version) },
  };
  writeFileSync(join(folder, 'compose.yaml'), JSON.stringify({ services: { web: service } }));
}

/** Waits until one container runs and nothing is asked of the engine any more, so that each run begins in quiet. */
async function settled(isNew: (id: string) => boolean): Promise<void> {
  for (;;) {
    const [only, ...others] = await containers(name, 'web');
    const quietMs = performance.now() - (proxy.requests.at(-1)?.atMs ?? 0);
    if (only?.State.Running && others.length === 0 && isNew(only.Id) && quietMs > 500) return;
    await delay(50);
  }
}
