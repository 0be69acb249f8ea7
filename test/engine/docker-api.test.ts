/** What the simulated engine is held to, on the real one. */
import { removeLeftovers } from '../support/leftovers.ts';
import { uniqueProjectName } from '../support/project.ts';
import { apiContract } from './api.ts';

apiContract("the real engine's API", async () => ({
  host: process.env['DOCKER_HOST'] ?? 'unix:///var/run/docker.sock',
  uniqueName: uniqueProjectName,
  cleanUp: removeLeftovers,
  close: async () => {},
}));
