/**
 * The engine calls that no tool can avoid, eight in flight: `up KIND PROJECT N`, `down KIND PROJECT N`. The floor of the
 * benchmarks. KIND is `flat`, or `chain`, in which each is started as soon as the engine says that the one before is healthy.
 */
import { createInterface } from 'node:readline';
import PQueue from 'p-queue';
import { callJson, callText, open } from '../support/engine-client.ts';
import { testImage } from '../support/project.ts';

const [action, kind = '', project = '', count = '0'] = process.argv.slice(2);
const labels = { 'com.docker.compose.project': project };
const network = `${project}_default`;
const names = Array.from({ length: Number(count) }, (_, index) => `${project}-s${index}-1`);
const queue = new PQueue({ concurrency: 8 });
const MILLISECOND_NS = 1_000_000;
/** As projects.ts has it. */
const healthcheck = {
  Test: ['CMD', 'true'],
  Interval: 100 * MILLISECOND_NS,
  Timeout: 5000 * MILLISECOND_NS,
  Retries: 3,
};

if (action === 'down') await down();
else if (kind === 'chain') await upInARow();
else await up();

async function up(): Promise<void> {
  await createNetwork();
  await Promise.all(names.map((name) => queue.add(() => create(name).then(() => start(name)))));
}

async function upInARow(): Promise<void> {
  const filters = JSON.stringify({ label: [`com.docker.compose.project=${project}`], event: ['health_status'] });
  const events = await open('/events', { query: { filters, since: String(Date.now() / 1000) } });
  const healthy = createInterface({ input: events })[Symbol.asyncIterator]();
  await createNetwork();
  await Promise.all(names.map((name) => queue.add(() => create(name, { Healthcheck: healthcheck }))));
  for (const [index, name] of names.entries()) {
    await start(name);
    if (index < names.length - 1) await healthy.next();
  }
  events.destroy();
}

async function down(): Promise<void> {
  await Promise.all(
    names.map((name) =>
      queue.add(async () => {
        await callText(`/containers/${name}/stop`, { method: 'POST' });
        await callText(`/containers/${name}`, { method: 'DELETE' });
      }),
    ),
  );
  await callText(`/networks/${network}`, { method: 'DELETE' });
}

async function createNetwork(): Promise<void> {
  await callText('/networks/create', { method: 'POST', body: { Name: network, Labels: labels, CheckDuplicate: true } });
}

async function create(name: string, more: object = {}): Promise<void> {
  const body = {
    Image: testImage,
    Cmd: ['sleep', '1000'],
    StopSignal: 'SIGKILL',
    Labels: labels,
    HostConfig: { NetworkMode: network },
    ...more,
  };
  await callJson('/containers/create', { method: 'POST', query: { name }, body });
}

async function start(name: string): Promise<void> {
  await callText(`/containers/${name}/start`, { method: 'POST' });
}
