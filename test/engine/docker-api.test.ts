/** What the simulated engine is held to, on the real one. */
import { describe, it } from 'node:test';
import { open } from '../support/engine-client.ts';
import { removeLeftovers } from '../support/leftovers.ts';
import { uniqueProjectName } from '../support/project.ts';
import { apiContract } from './api.ts';

const ping = await open('/_ping');
ping.resume();

if (ping.headers['libpod-api-version'] === undefined) {
  apiContract("the real engine's API", async () => ({
    host: process.env['DOCKER_HOST'] ?? 'unix:///var/run/docker.sock',
    uniqueName: uniqueProjectName,
    cleanUp: removeLeftovers,
    close: async () => {},
  }));
} else {
  describe("the real engine's API", () => {
    it('is simulated as Docker has it', { skip: 'Podman has words of its own' }, () => {});
  });
}
