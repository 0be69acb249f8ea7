/**
 * A real registry (Debian's docker-registry) on loopback, with or without a password, and images to put into it. Where it
 * is neither installed nor to be had by a script beside the checkout there is none.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { callJson, callText } from './engine-client.ts';
import { testImage } from './project.ts';

const script = join(import.meta.dirname, '../../../shared/tools/registry.sh');

export interface Registry {
  /** `127.0.0.1:41234/name:tag` */
  ref(name: string): string;
  /** Puts an image of its own there, told from others by `edition`; gives its id. It does not stay on the engine. */
  push(name: string, edition: string): Promise<string>;
  /** A `DOCKER_CONFIG` with this password. */
  login(password: string): string;
}

/** Why there can be none here; undefined when there can. */
export function noRegistry(): string | undefined {
  return existsSync(script) ? undefined : 'no registry can be started here';
}

/** For tests that run later where nothing can be fetched: starts one and ends it. */
export function fetchRegistry(): void {
  if (noRegistry() !== undefined) return;
  const home = mkdtempSync(join(tmpdir(), 'reeve-registry-'));
  const env = settings(home, somePort());
  for (const verb of ['up', 'down']) spawnSync('bash', [script, verb], { env, stdio: 'ignore' });
  rmSync(home, { recursive: true, force: true });
}

function settings(home: string, port: number): NodeJS.ProcessEnv {
  return { ...process.env, LAB_PORT: String(port), LAB_RUN: join(home, 'run'), LAB_DATA: join(home, 'data') };
}

function somePort(): number {
  return randomInt(20_000, 30_000);
}

/** Runs until the test ends. */
export function registry(t: TestContext, password?: string): Registry {
  const home = mkdtempSync(join(tmpdir(), 'reeve-registry-'));
  const port = somePort();
  const env = { ...settings(home, port), ...(password === undefined ? {} : { LAB_AUTH: `reeve:${password}` }) };
  t.after(() => {
    spawnSync('bash', [script, 'down'], { env, stdio: 'ignore' });
    rmSync(home, { recursive: true, force: true });
  });
  execFileSync('bash', [script, 'up'], { env, stdio: 'ignore' });
  const host = `127.0.0.1:${port}`;
  const ref = (name: string): string => `${host}/${name}`;
  const pushed = new Set<string>();
  t.after(async () => {
    for (const one of pushed) await callText(`/images/${one}`, { method: 'DELETE' }).catch(() => {});
  });
  const login = (secret: string): string => {
    const folder = mkdtempSync(join(home, 'config-'));
    const auth = Buffer.from(`reeve:${secret}`).toString('base64');
    writeFileSync(join(folder, 'config.json'), JSON.stringify({ auths: { [host]: { auth } } }));
    return folder;
  };
  return {
    ref,
    login,
    async push(name, edition) {
      const id = await makeImage(ref(name), edition);
      pushed.add(ref(name)).add(id);
      const config = login(password ?? '');
      execFileSync('docker', ['--config', config, 'push', '--quiet', ref(name)], { stdio: 'ignore' });
      await callText(`/images/${ref(name)}`, { method: 'DELETE' });
      return id;
    },
  };
}

/** The test image with a label more. */
async function makeImage(ref: string, edition: string): Promise<string> {
  const { Id } = await callJson<{ Id: string }>('/containers/create', { method: 'POST', body: { Image: testImage } });
  try {
    const colon = ref.lastIndexOf(':');
    const query = {
      container: Id,
      repo: ref.slice(0, colon),
      tag: ref.slice(colon + 1),
      changes: `LABEL edition=${edition}`,
    };
    await callJson('/commit', { method: 'POST', query, body: {} });
    // Podman answers a commit with the id in other words.
    return (await callJson<{ Id: string }>(`/images/${ref}/json`)).Id;
  } finally {
    await callText(`/containers/${Id}`, { method: 'DELETE' });
  }
}
