/**
 * How long a Compose file takes to load: in a fresh process, again when one line changed (a watcher, with its cache), the
 * memory it takes, and `docker compose config` beside it where Compose is installed. Sizes: `load.ts [SERVICES...]`.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LoadCache, loadProject } from '../../src/compose/index.ts';
import { printFigures, type Figure } from './figures.ts';

const RUNS = 7;
const [mode = '', ...words] = process.argv.slice(2);
if (mode === '--once') await loadOnce(words[0] ?? '');
else await compare([mode, ...words].filter((word) => word !== '').map(Number));

async function compare(sizes: readonly number[]): Promise<void> {
  const home = mkdtempSync(join(tmpdir(), 'reeve-bench-'));
  const file = join(home, 'compose.yaml');
  try {
    for (const size of sizes.length > 0 ? sizes : [1000, 10_000]) {
      const text = manyServices(size);
      writeFileSync(file, text);
      process.stdout.write(`\n${size} services, ${(text.length / 1024).toFixed(0)} KiB\n`);
      const fresh = Array.from({ length: RUNS }, () => freshLoad(file));
      printFigures([
        { name: 'load in a fresh process', unit: 'ms', values: fresh.map(({ milliseconds }) => milliseconds) },
        { name: 'memory that takes', unit: 'MiB', values: fresh.map(({ megabytes }) => megabytes) },
        { name: 'again, one line changed', unit: 'ms', values: await warmLoads(file, text, new LoadCache()) },
        { name: 'again, without the cache', unit: 'ms', values: await warmLoads(file, text) },
        // Compose needs ten seconds for a thousand services, and more than in proportion beyond.
        ...(size <= 1000 ? composeConfig(file) : []),
      ]);
    }
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

interface Fresh {
  readonly milliseconds: number;
  readonly megabytes: number;
}

function freshLoad(file: string): Fresh {
  const { stdout, stderr } = spawnSync(process.execPath, [import.meta.filename, '--once', file], { encoding: 'utf8' });
  if (stdout === '') throw new Error(stderr);
  return JSON.parse(stdout) as Fresh;
}

/** The loader's own time and memory: modules are there already. */
async function loadOnce(file: string): Promise<void> {
  const before = process.memoryUsage().rss;
  const milliseconds = await timedLoad(file);
  const megabytes = (process.memoryUsage().rss - before) / 1024 / 1024;
  process.stdout.write(JSON.stringify({ milliseconds, megabytes } satisfies Fresh));
}

async function warmLoads(file: string, text: string, cache?: LoadCache): Promise<number[]> {
  await timedLoad(file, cache);
  const times: number[] = [];
  for (let run = 0; run < RUNS; run += 1) {
    writeFileSync(file, text.replace('image: registry/app:5', `image: registry/app:5-${run}`));
    times.push(await timedLoad(file, cache));
  }
  writeFileSync(file, text);
  return times;
}

async function timedLoad(file: string, cache?: LoadCache): Promise<number> {
  const begin = performance.now();
  const loaded = await loadProject({
    cwd: tmpdir(),
    files: [file],
    environment: process.env,
    ...(cache !== undefined && { cache }),
  });
  const elapsed = performance.now() - begin;
  if (!loaded.ok) throw new Error(loaded.diagnostics[0]?.message);
  return elapsed;
}

/** A whole process; nothing when Compose is not there. */
function composeConfig(file: string): Figure[] {
  const run = (): number => {
    const begin = performance.now();
    const { status } = spawnSync('docker', ['compose', '-f', file, 'config', '--quiet'], { stdio: 'ignore' });
    return status === 0 ? performance.now() - begin : Number.NaN;
  };
  const first = run();
  return Number.isNaN(first)
    ? []
    : [{ name: 'docker compose config, a process', unit: 'ms', values: [first, run(), run()] }];
}

function manyServices(count: number): string {
  const one = (i: number): string => `  app${i}:
    image: registry/app:${i}
    command: ["serve", "--port", "80"]
    environment:
      LEVEL: "\${LEVEL:-info}"
      NUMBER: "${i}"
    ports:
      - "${10_000 + (i % 50_000)}:80"
    volumes:
      - data:/var/lib/app
      - ./conf:/etc/app:ro
    networks: [front]
    labels:
      role: app
    restart: unless-stopped
    healthcheck:
      test: ["CMD", "true"]
      interval: 5s
${i === 0 ? '' : `    depends_on:\n      - app${i - 1}\n`}`;
  const services = Array.from({ length: count }, (_, i) => one(i)).join('');
  return `services:\n${services}networks:\n  front: {}\nvolumes:\n  data: {}\n`;
}
