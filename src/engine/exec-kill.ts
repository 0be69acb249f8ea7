/**
 * Ends the process of an exec, which the Engine API cannot do: by its host pid, on the engine's own host.
 *
 * A pid may have been given to another process in between, so nothing is killed unless its cgroup names the
 * container. Children in the same cgroup go with it, the youngest first known of; the container's own processes,
 * which do not descend from the exec, are never touched.
 */

import { readFile, readdir } from 'node:fs/promises';

/** What is needed of /proc; replaced in tests. */
export interface ProcessTable {
  pids(): Promise<number[]>;
  /** Text of /proc/PID/cgroup; '' where the process is gone. */
  cgroup(pid: number): Promise<string>;
  /** 0 where the process is gone. */
  parent(pid: number): Promise<number>;
  /** False where it is gone or we may not. */
  kill(pid: number): boolean;
}

export const HOST_PROCESSES: ProcessTable = {
  async pids() {
    return (await readdir('/proc')).map(Number).filter((pid) => Number.isInteger(pid) && pid > 0);
  },
  cgroup: (pid) => readFile(`/proc/${pid}/cgroup`, 'utf8').catch(() => ''),
  async parent(pid) {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
    // The command name stands in brackets and may hold anything: what follows the last one is state and parent.
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1] ?? 0);
  },
  kill(pid) {
    try {
      return process.kill(pid, 'SIGKILL');
    } catch {
      return false;
    }
  },
};

/** False where the pid is not that container's any more, or may not be killed. */
export async function killTree(
  pid: number,
  containerId: string,
  table: ProcessTable = HOST_PROCESSES,
): Promise<boolean> {
  if (pid <= 1 || containerId === '' || !(await table.cgroup(pid)).includes(containerId)) return false;
  const family = await descendants(pid, containerId, table);
  const killed = table.kill(pid);
  for (const child of family) {
    if ((await table.cgroup(child)).includes(containerId)) table.kill(child);
  }
  return killed;
}

async function descendants(root: number, containerId: string, table: ProcessTable): Promise<number[]> {
  const pids = await table.pids();
  const inContainer = await Promise.all(pids.map(async (pid) => (await table.cgroup(pid)).includes(containerId)));
  const members = pids.filter((_, index) => inContainer[index]);
  const parents = new Map(await Promise.all(members.map(async (pid) => [pid, await table.parent(pid)] as const)));
  const family = new Set([root]);
  for (let size = 0; size !== family.size;) {
    size = family.size;
    for (const [pid, parent] of parents) if (family.has(parent)) family.add(pid);
  }
  family.delete(root);
  return [...family];
}
