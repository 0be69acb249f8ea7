/**
 * A Compose project for one test: a folder of its own, a name that no other test has, its own state directory, and a
 * clean-up that leaves neither files nor anything on the engine, whatever the test did.
 */
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import { removeLeftovers, testProjectPrefix } from './leftovers.ts';

export interface TestProject {
  /** The Compose project's name, unique to the test. */
  readonly name: string;
  /** The folder that holds its files, and nothing else. It bears the name, so Compose files need not. */
  readonly folder: string;
  /** The state directory (`XDG_STATE_HOME`) of the reeves that the test starts. */
  readonly stateHome: string;
  /** Writes a file of the project and gives its path; folders on the way are made. */
  write(path: string, content: string): string;
  /** The path of a file of the project. */
  path(path: string): string;
  /** Done when the test ends and before anything is removed: ends a program that would make it again. */
  beforeCleanUp(end: () => Promise<void>): void;
}

/** The image that test projects run: a static busybox, made by the bootstrap. */
export const testImage = 'reeve-test/busybox:1';

/** A project name that nothing else on the engine has. The runner's own mark comes first, so that it finds what is left. */
export function uniqueProjectName(): string {
  return `${testProjectPrefix}${process.env['REEVE_TEST_RUN'] ?? ''}${randomBytes(4).toString('hex')}`;
}

/** Makes a project with the files given (path: content) and takes it away when the test ends. */
export function testProject(t: TestContext, files: Readonly<Record<string, string>> = {}): TestProject {
  const name = uniqueProjectName();
  const home = realpathSync(mkdtempSync(join(tmpdir(), `${name}-`)));
  const folder = join(home, name);
  const stateHome = join(home, 'state');
  mkdirSync(folder);
  mkdirSync(stateHome);
  const write = (path: string, content: string): string => {
    const file = join(folder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
    return file;
  };
  for (const [path, content] of Object.entries(files)) write(path, content);
  const ends: (() => Promise<void>)[] = [];
  t.after(async () => {
    await Promise.allSettled(ends.map((end) => end()));
    try {
      await removeLeftovers(name);
    } finally {
      rmSync(home, { recursive: true, force: true });
    }
  });
  return { name, folder, stateHome, write, path: (path) => join(folder, path), beforeCleanUp: (end) => ends.push(end) };
}
