import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { killTree } from '../../../src/engine/exec-kill.ts';
import type { ProcessTable } from '../../../src/engine/exec-kill.ts';

const CONTAINER = 'c'.repeat(64);
const inside = `0::/docker/${CONTAINER}\n`;

/** pid -> parent and cgroup. */
function table(processes: Readonly<Record<number, readonly [parent: number, cgroup: string]>>) {
  const killed: number[] = [];
  const fake: ProcessTable = {
    pids: () => Promise.resolve(Object.keys(processes).map(Number)),
    cgroup: (pid) => Promise.resolve(processes[pid]?.[1] ?? ''),
    parent: (pid) => Promise.resolve(processes[pid]?.[0] ?? 0),
    kill: (pid) => {
      killed.push(pid);
      return pid in processes;
    },
  };
  return { killed, fake };
}

describe('killing an exec', () => {
  it('takes its descendants in the container along, and nothing else', async () => {
    const { killed, fake } = table({
      100: [1, inside], // the container's own process
      101: [100, inside],
      200: [1, inside], // the exec
      201: [200, inside],
      202: [201, inside],
      203: [200, '0::/user.slice\n'],
    });
    assert.equal(await killTree(200, CONTAINER, fake), true);
    assert.deepEqual(
      killed.toSorted((a, b) => a - b),
      [200, 201, 202],
    );
  });

  it('leaves a process alone that is not in the container: the pid was given away', async () => {
    const { killed, fake } = table({ 200: [1, '0::/docker/other\n'] });
    assert.equal(await killTree(200, CONTAINER, fake), false);
    assert.deepEqual(killed, []);
  });

  it('knows the container in the cgroups of version 1 and of version 2, under every driver', async () => {
    for (const cgroup of [
      `0::/docker/${CONTAINER}\n`,
      `0::/docker/${CONTAINER}/init\n`,
      `0::/system.slice/docker-${CONTAINER}.scope\n`,
      `0::/user.slice/user-1000.slice/user@1000.service/user.slice/docker-${CONTAINER}.scope\n`,
      `0::/machine.slice/libpod-${CONTAINER}.scope/container\n`,
      `12:memory:/docker/${CONTAINER}\n11:pids:/docker/${CONTAINER}\n1:name=systemd:/docker/${CONTAINER}\n0::/\n`,
    ]) {
      const { killed, fake } = table({
        200: [1, cgroup],
        201: [200, cgroup],
        300: [1, `0::/docker/${'d'.repeat(64)}\n`],
      });
      assert.equal(await killTree(200, CONTAINER, fake), true, cgroup);
      assert.deepEqual(killed, [200, 201], cgroup);
    }
  });

  it('never takes a missing pid, the first process or an unnamed container', async () => {
    const { killed, fake } = table({ 1: [0, inside], 200: [1, inside] });
    assert.deepEqual(
      await Promise.all([
        killTree(0, CONTAINER, fake),
        killTree(1, CONTAINER, fake),
        killTree(300, CONTAINER, fake),
        killTree(200, '', fake),
      ]),
      [false, false, false, false],
    );
    assert.deepEqual(killed, []);
  });
});
