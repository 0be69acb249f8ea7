/** The processes of execs as the engine's host shows them, for clients that may kill there. */
import type { ProcessTable } from '../../../src/engine/exec-kill.ts';
import type { By } from './log.ts';
import type { SimWorld } from './world.ts';

export function processTable(world: SimWorld, by: By): ProcessTable {
  return {
    pids: () => Promise.resolve(world.runningExecs().map(({ pid }) => pid)),
    cgroup: (pid) => Promise.resolve(`0::/docker/${world.execs.withPid(pid)?.containerId ?? ''}`),
    parent: () => Promise.resolve(1),
    kill(pid) {
      const exec = world.execs.withPid(pid);
      return exec !== undefined && world.killExec(exec.id, by);
    },
  };
}
