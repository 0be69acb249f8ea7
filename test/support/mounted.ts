/** File systems of a test's own, small or read-only, where we may mount them (Linux, as root). */
import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestProject } from './project.ts';

export interface Mounted {
  readonly path: string;
  /** Takes the room that is left, and gives it back. */
  fill(): void;
  clear(): void;
  /** Nothing can be written, whoever has a file open; gives false where that is refused. */
  readOnly(yes: boolean): boolean;
}

/** A file system of `size` (as tmpfs takes it) for as long as the test runs; undefined where we may not mount one. */
export function mounted(project: TestProject, size: string): Mounted | undefined {
  const path = join(project.stateHome, 'mounted');
  mkdirSync(path);
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', path]).status !== 0) return undefined;
  project.beforeCleanUp(() => {
    spawnSync('umount', ['--lazy', path]);
    return Promise.resolve();
  });
  const ballast = join(path, 'ballast');
  return {
    path,
    fill: () => {
      const { blocks, bsize } = statfsSync(path);
      try {
        // More than there is: what fits stays.
        writeFileSync(ballast, Buffer.alloc(blocks * bsize));
      } catch (error) {
        if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error;
      }
    },
    clear: () => rmSync(ballast, { force: true }),
    readOnly: (yes) => spawnSync('mount', ['-o', `remount,${yes ? 'ro' : 'rw'}`, path]).status === 0,
  };
}
