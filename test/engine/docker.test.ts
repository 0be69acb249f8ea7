/** The contract of the port on the real engine, and what only a real one shows. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { systemClock } from '../../src/clock.ts';
import { connect } from '../../src/engine/connect.ts';
import type { Engine } from '../../src/engine/engine.ts';
import { RememberingEngine } from '../../src/engine/remembering-engine.ts';
import { isEngineError } from '../../src/model/errors.ts';
import { removeLeftovers } from '../support/leftovers.ts';
import { uniqueProjectName } from '../support/project.ts';
import { engineContract } from './contract.ts';
import { containerRequest, sketchProject } from './sketch.ts';

engineContract('the real engine', async () => {
  const engine = await connect();
  return { engine, uniqueName: uniqueProjectName, cleanUp: removeLeftovers, canKillExecs: canKillExecs(engine) };
});

engineContract('the real engine, remembered', async () => {
  const engine = new RememberingEngine(await connect(), { clock: systemClock });
  engine.subscribe(() => {});
  return { engine, uniqueName: uniqueProjectName, cleanUp: removeLeftovers, canKillExecs: canKillExecs(engine) };
});

describe('the real engine beyond the contract', () => {
  let engine: Engine;
  before(async () => {
    engine = await connect();
  });
  after(() => engine.close());

  it('a privilege that the engine denies is a refusal with its words', async (t) => {
    const name = uniqueProjectName();
    t.after(() => removeLeftovers(name));
    const project = sketchProject(name, { web: { network_mode: 'none' } });
    const id = await engine.createContainer(containerRequest(project, 'web'), t.signal);
    await engine.startContainer(id, t.signal);
    const request = { command: ['true'], user: undefined, privileged: true, workingDir: undefined, environment: [] };
    const execId = await engine.createExec(id, request, t.signal);
    try {
      await engine.runExec(execId, () => {}, t.signal);
      t.skip('this engine grants privileged execs');
    } catch (error) {
      assert.ok(isEngineError(error, 'rejected'), String(error));
      assert.match(error.message, /operation not permitted/);
    }
  });

  it('twenty containers are observed by one list and parallel inspects', async (t) => {
    const name = uniqueProjectName();
    t.after(() => removeLeftovers(name));
    const project = sketchProject(name, { web: { network_mode: 'none' } });
    const numbers = Array.from({ length: 20 }, (_, index) => index + 1);
    await Promise.all(
      numbers.map((number) => engine.createContainer(containerRequest(project, 'web', { number }), t.signal)),
    );
    const observe = () => engine.observeProject({ project: name, images: [], networks: [], volumes: [] }, t.signal);
    await observe();
    const began = performance.now();
    const seen = await observe();
    t.diagnostic(`observed in ${(performance.now() - began).toFixed(1)} ms`);
    assert.deepEqual(
      seen.containers.map(({ number }) => number).toSorted((a, b) => a - b),
      numbers,
    );
  });
});

describe('reaching an engine', () => {
  it('an engine that does not answer is named, with a remedy', async () => {
    await assert.rejects(connect({ host: 'unix:///run/reeve-no-such.sock' }), (error) => {
      assert.ok(isEngineError(error, 'unavailable'));
      assert.match(error.message, /unix:\/\/\/run\/reeve-no-such\.sock: .*is Docker running\?.*--host/);
      return true;
    });
  });
});

function canKillExecs(engine: Engine): boolean {
  return engine.info().local && process.getuid?.() === 0;
}
