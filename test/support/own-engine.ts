/**
 * An engine of the test's own, which it may kill, freeze and start again: dockerd in a network namespace of its own (another
 * one beside it would lose its bridge otherwise), with its own data, socket and containerd. Needs root on Linux.
 * Its processes end with the test's, however that ends; what they leave on the disk then is in the temporary directory.
 */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { TestContext } from 'node:test';
import { buffer } from 'node:stream/consumers';
import { callJson, callText, open } from './engine-client.ts';
import { testImage } from './project.ts';

export interface OwnEngine {
  /** `DOCKER_HOST` for it. */
  readonly host: string;
  /** SIGKILL: what a crash of the machine's engine is. Containers without live-restore end with it. */
  kill(): Promise<void>;
  /** Starts it (again) and resolves when it answers. */
  up(): Promise<void>;
  /** It takes connections and answers nothing (SIGSTOP), until it is thawed. Its containers go on. */
  freeze(): void;
  thaw(): void;
}

export interface OwnEngineOptions {
  /** Containers outlive it. Default false. */
  readonly liveRestore?: boolean;
}

/** Why there can be none here; undefined when there can. */
export function noOwnEngine(): string | undefined {
  return process.platform === 'linux' && process.getuid?.() === 0
    ? undefined
    : 'an engine of its own needs root on Linux';
}

export async function ownEngine(t: TestContext, { liveRestore = false }: OwnEngineOptions = {}): Promise<OwnEngine> {
  const home = mkdtempSync(join(tmpdir(), 'reeve-engine-'));
  const socket = join(home, 'docker.sock');
  // What holds the network namespace while there is no dockerd: its containers may outlive it.
  const holder = await networkNamespace();
  let daemon: ChildProcess | undefined;
  const engine: OwnEngine = {
    host: `unix://${socket}`,
    async kill() {
      const ended = new Promise((resolve) => daemon?.once('exit', resolve));
      daemon?.kill('SIGKILL');
      await ended;
    },
    async up() {
      // What a killed one leaves; a new one would wait for processes that are gone.
      for (const stale of ['dockerd.pid', 'exec/containerd/containerd.pid']) rmSync(join(home, stale), { force: true });
      const args = [
        ['--data-root', join(home, 'data')],
        ['--exec-root', join(home, 'exec')],
        ['--pidfile', join(home, 'dockerd.pid')],
        ['--host', `unix://${socket}`],
        ['--bridge', 'none'],
        ['--iptables=false', '--ip6tables=false'],
        [`--live-restore=${liveRestore}`],
      ].flat();
      daemon = spawnMortal(['nsenter', `--net=/proc/${holder.pid}/ns/net`, 'dockerd', ...args]);
      await answers(engine.host);
    },
    freeze: () => void daemon?.kill('SIGSTOP'),
    thaw: () => void daemon?.kill('SIGCONT'),
  };
  t.after(async () => {
    engine.thaw();
    if (liveRestore) await endContainers(engine.host).catch(() => {});
    const ended = daemon?.exitCode === null && new Promise((resolve) => daemon?.once('exit', resolve));
    // SIGTERM: it ends its containers and its containerd.
    daemon?.kill('SIGTERM');
    await ended;
    holder.kill();
    unmountAll(home);
    rmSync(home, { recursive: true, force: true });
  });
  await engine.up();
  const body = await buffer(await open(`/images/${encodeURIComponent(testImage)}/get`));
  await callText('/images/load', { method: 'POST', body, host: engine.host });
  return engine;
}

/**
 * A process in a network namespace of its own. It is asked for only once it says that it is there: a dockerd that enters
 * too early is in the machine's, and takes the bridge of the engine that runs there away.
 */
async function networkNamespace(): Promise<ChildProcess> {
  const command = ['unshare', '--net', 'sh', '-c', 'echo there; exec sleep infinity'];
  const holder = spawn('setpriv', ['--pdeathsig', 'TERM', ...command], { stdio: ['ignore', 'pipe', 'ignore'] });
  await once(holder.stdout, 'data');
  return holder;
}

/** A process that is asked to end when this one is gone. */
function spawnMortal(command: readonly string[]): ChildProcess {
  return spawn('setpriv', ['--pdeathsig', 'TERM', ...command], { stdio: 'ignore' });
}

/** With live-restore they would stay when it ends. */
async function endContainers(host: string): Promise<void> {
  const listed = await callJson<readonly { Id: string }[]>('/containers/json', { host });
  await Promise.all(
    listed.map(({ Id }) => callText(`/containers/${Id}/kill`, { method: 'POST', host, query: { signal: 'KILL' } })),
  );
}

/** A killed engine leaves the mounts of its containers' file systems and network namespaces. */
function unmountAll(home: string): void {
  const points = readFileSync('/proc/mounts', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[1] ?? '');
  for (const point of points.filter((one) => one.startsWith(`${home}/`)).toReversed()) {
    spawnSync('umount', ['--lazy', point]);
  }
}

/** Its socket is there before it answers; it tells nobody when it does. */
async function answers(host: string): Promise<void> {
  const deadline = performance.now() + 60_000;
  for (;;) {
    try {
      await callText('/_ping', { host });
      return;
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await delay(100);
    }
  }
}
