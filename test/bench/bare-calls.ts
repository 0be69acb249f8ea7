/** The engine calls that no tool can avoid, eight in flight: `up PROJECT N`, `down PROJECT N`. The floor of the apply benchmark. */
import PQueue from 'p-queue';
import { callJson, callText } from '../support/engine-client.ts';
import { testImage } from '../support/project.ts';

const [action, project = '', count = '0'] = process.argv.slice(2);
const labels = { 'com.docker.compose.project': project };
const network = `${project}_default`;
const names = Array.from({ length: Number(count) }, (_, index) => `${project}-s${index}-1`);
const queue = new PQueue({ concurrency: 8 });

if (action === 'up') {
  await callText('/networks/create', { method: 'POST', body: { Name: network, Labels: labels, CheckDuplicate: true } });
  await Promise.all(
    names.map((name) =>
      queue.add(async () => {
        const body = {
          Image: testImage,
          Cmd: ['sleep', '1000'],
          StopSignal: 'SIGKILL',
          Labels: labels,
          HostConfig: { NetworkMode: network },
        };
        await callJson('/containers/create', { method: 'POST', query: { name }, body });
        await callText(`/containers/${name}/start`, { method: 'POST' });
      }),
    ),
  );
} else {
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
