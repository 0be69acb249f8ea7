/**
 * The suites that need an engine, on every engine that is to be had: `npm run test:engines [-- [--engine NAME...] WORD...]`.
 * Those are the one that answers anyhow, those that a script beside the checkout starts (Docker 28, Podman), and those that
 * `REEVE_ENGINES="name=unix:///path name=tcp://host:port"` names; `--engine` picks some of them, by a part of their names.
 * Words narrow the test files down, as in run.ts. The result is a Markdown table; what an engine cannot do is named with its
 * reason and counted apart, never as passed.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { buildxConfig } from './support/buildx.ts';
import { noCompose } from './support/compose.ts';
import { fetchRegistry } from './support/registry.ts';
import { isTitle, titlesOf } from './support/titles.ts';

interface TestEngine {
  readonly name: string;
  /** Words before a command, which then reaches this engine by DOCKER_HOST. */
  readonly prefix: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** undefined: it runs already, and goes on. */
  readonly script?: { readonly path: string; readonly env: Readonly<Record<string, string>> };
  /** Titles of tests that it cannot pass, and why. */
  readonly lacks: Readonly<Record<string, string>>;
}

const root = join(import.meta.dirname, '..');
const tools = join(root, '../shared/tools');

const noBuildKit = 'BuildKit is not in it, and buildx would have to pull an image that has it';
const podmanLacks = {
  '--build builds again, and replaces the container only where another image came of it':
    'a build in which nothing changed may give another image id',
  'a Dockerfile that the builder of the engine cannot read is said to need BuildKit':
    'its own builder reads what needs BuildKit elsewhere',
  'what needs BuildKit is built by docker buildx: secrets that no argument shows, a Dockerfile with mounts': noBuildKit,
  'additional contexts, the image of another service among them, reach the build where the engine knows them':
    noBuildKit,
  'what reeve built, Compose leaves as it is, and the other way about': `Compose builds too: ${noBuildKit}`,
  'a replacement that Compose left half done, killed while it stopped the old container, is finished':
    'it does not tell that a stop began',
  'a link is a name that its own container knows, a domain one of its kernel, a tag one of the log':
    'it refuses links and log tags, and leaves domain names out',
  'links that a connection by hand left out come back, and a container that was taken off the bridge too':
    'it refuses links',
  'a variable that a hook names without a value is taken from it': 'it wants a value for each',
  'COMPOSE_COMPATIBILITY names containers and images as Compose then does, both ways':
    'Compose then links containers, which it refuses',
  'a service that asks for it has the socket of the engine and its logins': 'its socket is not /var/run/docker.sock',
  'a GPU that is not there is refused, under the name of the service':
    'it leaves out GPUs that are not named as CDI devices',
  'what engines may lack, healthcheck.start_interval, reaches the container': 'it leaves that out',
  'after its network was replaced a container sends its packets out by the network that has priority':
    'of several networks it chooses the way out itself',
};

function scripted(
  name: string,
  script: string,
  more: Pick<TestEngine, 'lacks'> & { env?: Record<string, string> },
): TestEngine {
  const path = join(tools, script);
  return { name, prefix: ['bash', path, 'exec'], env: {}, script: { path, env: more.env ?? {} }, lacks: more.lacks };
}

const engines: readonly TestEngine[] = [
  { name: 'the one that answers', prefix: [], env: {}, lacks: {} },
  ...(existsSync(tools)
    ? [
        scripted('Docker 28', 'engine28.sh', { lacks: {} }),
        scripted('Podman', 'podman-lab.sh', {
          lacks: podmanLacks,
          env: {
            LAB_SUITE: 'forky',
            LAB_BIND: root,
            CONTAINERS_REGISTRIES_CONF: join(root, 'test/support/podman-registries.conf'),
          },
        }),
      ]
    : []),
  ...(process.env['REEVE_ENGINES'] ?? '').split(/\s+/).flatMap((entry): TestEngine[] => {
    const [name = '', host = ''] = entry.split(/=(.*)/s);
    return host === '' ? [] : [{ name, prefix: [], env: { DOCKER_HOST: host }, lacks: {} }];
  }),
];

interface Row {
  readonly engine: string;
  readonly version: string;
  readonly suites: ReadonlyMap<string, string>;
  readonly lacks: number;
  readonly isGood: boolean;
}

const { positionals: words, values } = parseArgs({
  options: { engine: { type: 'string', multiple: true, default: [''] } },
  allowPositionals: true,
});
const chosen = engines.filter(({ name }) =>
  values.engine.some((part) => name.toLowerCase().includes(part.toLowerCase())),
);
if (chosen.length === 0) throw new Error(`no such engine: there are ${engines.map(({ name }) => name).join(', ')}`);
refuseUnknown(chosen.flatMap(lacking));
// Before anything runs in the network of an engine of its own, from where nothing can be fetched.
for (const fetch of [noCompose, buildxConfig, fetchRegistry]) fetch();
const rows: Row[] = [];
for (const engine of chosen) rows.push(await tryOut(engine));
process.stdout.write(`\n${table(rows)}\n`);
for (const { name, lacks } of chosen) {
  for (const [title, why] of Object.entries(lacks)) process.stdout.write(`${name}, not asked: ${title} (${why})\n`);
}
process.exitCode = rows.every((row) => row.isGood) ? 0 : 1;

async function tryOut(engine: TestEngine): Promise<Row> {
  process.stdout.write(`\n## ${engine.name}\n`);
  const wasUp = engine.script === undefined || control(engine, 'status');
  if (!wasUp && !control(engine, 'up')) return failed(engine, 'does not start');
  try {
    const version = await capture(engine, ['node', 'test/support/engine-ping.ts', '--version']);
    if (version.status !== 0) return failed(engine, 'does not answer');
    const tested = await capture(engine, ['node', 'test/run.ts', 'engine', 'e2e', ...words]);
    const suites = new Map(
      [...tested.text.matchAll(/^# (\w+): (.*?) in .* s$/gm)].map(([, suite = '', counts = '']) => [suite, counts]),
    );
    const isGood = tested.status === 0 && suites.size === 2;
    return { engine: engine.name, version: version.text.trim(), suites, lacks: lacking(engine).length, isGood };
  } finally {
    if (!wasUp) control(engine, 'down');
  }
}

function failed(engine: TestEngine, why: string): Row {
  return { engine: engine.name, version: why, suites: new Map(), lacks: 0, isGood: false };
}

function control({ script }: TestEngine, verb: string): boolean {
  if (script === undefined) return false;
  return (
    spawnSync('bash', [script.path, verb], { env: { ...process.env, ...script.env }, stdio: 'ignore' }).status === 0
  );
}

/** A title of no test would be counted as not asked, while its test was renamed and runs. */
function refuseUnknown(lacks: readonly string[]): void {
  const files = globSync('test/{engine,e2e}/**/*.ts', { cwd: root });
  const titles = files.flatMap((file) => titlesOf(readFileSync(join(root, file), 'utf8')));
  const unknown = lacks.filter((lack) => !titles.some((title) => isTitle(lack, title)));
  if (unknown.length > 0) throw new Error(`no tests: ${unknown.join('; ')}`);
}

function lacking({ lacks }: TestEngine): string[] {
  return Object.keys(lacks);
}

/** Runs a command against the engine; its output is shown and kept. */
async function capture(engine: TestEngine, command: readonly string[]): Promise<{ status: number; text: string }> {
  const [file = '', ...args] = [...engine.prefix, 'bash', 'test/support/bootstrap.sh', ...command];
  const env = {
    ...process.env,
    ...engine.script?.env,
    ...engine.env,
    REEVE_TEST_SKIP: JSON.stringify(lacking(engine)),
  };
  const child = spawn(file, args, { cwd: root, env, stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise<number>((resolve) => child.on('close', (status) => resolve(status ?? 1)));
  let text = '';
  for await (const line of createInterface({ input: child.stdout })) {
    text += `${line}\n`;
    process.stdout.write(`${line}\n`);
  }
  return { status: await ended, text };
}

function table(lines: readonly Row[]): string {
  const head =
    '| engine | version | contract (`engine`) | end to end (`e2e`) | not asked | |\n| --- | --- | --- | --- | --- | --- |\n';
  const body = lines.map(({ engine, version, suites, lacks, isGood }) => {
    const counts = [suites.get('engine') ?? '-', suites.get('e2e') ?? '-'];
    return `| ${[engine, version, ...counts, lacks, isGood ? 'good' : '**failed**'].join(' | ')} |`;
  });
  return head + body.join('\n');
}
