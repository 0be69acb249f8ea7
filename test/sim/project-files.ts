/** What is on the disk of a simulation: the Compose file as it is now, and what reeve remembers. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadProject } from '../../src/compose/index.ts';
import type { Desired } from '../../src/controller/watch-request.ts';
import type { AddOptions } from '../../src/controller/work-queue.ts';
import { KEY } from './commands.ts';
import type { Scenario } from './scenario.ts';

/** The shrinker's cuts can leave a file that means nothing. */
class InvalidScenario extends Error {}

export class ProjectFiles {
  readonly statePath: string;
  readonly #folder = mkdtempSync(join(folderOfAll(), 'day-'));
  readonly #versions: Scenario['versions'];
  readonly #loaded = new Map<number, Promise<Desired>>();
  readonly #watchers = new Set<(key: string, how?: AddOptions) => void>();
  #version = 0;

  constructor(versions: Scenario['versions']) {
    this.#versions = versions;
    this.statePath = join(this.#folder, 'state', 'sim.db');
    this.#write(0);
  }

  /** Another version is saved. */
  save(version: number): void {
    this.#write(version);
    for (const wake of this.#watchers) wake(KEY, { delayMs: 50 });
  }

  /** Told of each save until the signal is aborted. */
  watch(wake: (key: string, how?: AddOptions) => void, signal: AbortSignal): void {
    this.#watchers.add(wake);
    signal.addEventListener('abort', () => this.#watchers.delete(wake));
  }

  load(): Promise<Desired> {
    const known = this.#loaded.get(this.#version);
    if (known) return known;
    const loading = this.#read();
    this.#loaded.set(this.#version, loading);
    return loading;
  }

  deleteState(): void {
    for (const end of ['', '-wal', '-shm']) rmSync(`${this.statePath}${end}`, { force: true });
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #write(version: number): void {
    this.#version = version;
    writeFileSync(join(this.#folder, 'compose.yaml'), JSON.stringify(this.#versions[version] ?? {}));
  }

  async #read(): Promise<Desired> {
    const loaded = await loadProject({ cwd: this.#folder, environment: {} });
    if (loaded.ok) return { kind: 'project', project: loaded.project, files: [] };
    throw new InvalidScenario(loaded.diagnostics.map(({ message }) => message).join('; '));
  }
}

function folderOfAll(): string {
  const folder = join(process.platform === 'linux' ? '/dev/shm' : tmpdir(), 'reeve-sim');
  mkdirSync(folder, { recursive: true });
  return folder;
}
