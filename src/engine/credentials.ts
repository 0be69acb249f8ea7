/**
 * Registry credentials as the docker command line keeps them: in the config file, or with a credential helper
 * (`docker-credential-NAME get`). Values go into one request header and nowhere else, never into a message.
 */

import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import type { Variables } from './address.ts';
import { dockerConfigPath, isBrokenConfig, readDockerConfig } from './address.ts';
import { member } from './json.ts';

/** Its key in the config file. */
export const DOCKER_HUB = 'https://index.docker.io/v1/';

interface Credentials {
  readonly username?: string;
  readonly password?: string;
  readonly identitytoken?: string;
  readonly serveraddress: string;
}

/** Value of the `X-Registry-Auth` header; undefined where there are no credentials for the registry. */
export async function registryAuth(registry: string, env: Variables, signal: AbortSignal): Promise<string | undefined> {
  const credentials = await findCredentials(registry, env, signal);
  return credentials && headerOf(credentials);
}

/** Value of the `X-Registry-Config` header: all credentials that there are, for a build's base images. */
export async function registryConfig(env: Variables, signal: AbortSignal): Promise<string> {
  return headerOf(Object.fromEntries(await allCredentials(env, signal)));
}

/** Padded: without that the engine reads no credentials at all, and says nothing. */
function headerOf(value: object): string {
  const encoded = Buffer.from(JSON.stringify(value)).toString('base64');
  return encoded.replaceAll('+', '-').replaceAll('/', '_');
}

/** A docker config file with all credentials that there are, helpers asked, for a container that may use the engine. */
export async function credentialsFile(env: Variables, signal: AbortSignal): Promise<string> {
  const entries = (await allCredentials(env, signal)).map(([registry, found]) => {
    const { username = '', password = '', identitytoken } = found;
    const auth = Buffer.from(`${username}:${password}`).toString('base64');
    return [registry, identitytoken === undefined ? { auth } : { auth, identitytoken }] as const;
  });
  return JSON.stringify({ auths: Object.fromEntries(entries) });
}

async function allCredentials(env: Variables, signal: AbortSignal): Promise<(readonly [string, Credentials])[]> {
  const config = readDockerConfig(env);
  const registries = [config['auths'], config['credHelpers']].flatMap((known) => Object.keys(known ?? {}));
  const found = await Promise.all(
    [...new Set(registries)].map(async (registry) => {
      const credentials = await findCredentials(registry, env, signal);
      return credentials === undefined ? [] : [[registry, credentials] as const];
    }),
  );
  return found.flat();
}

/** Where the credentials that a registry refused came from, or why there were none; a sentence without any value. */
export async function credentialsNote(registry: string, env: Variables, signal: AbortSignal): Promise<string> {
  const path = dockerConfigPath(env);
  const host = registry === DOCKER_HUB ? '' : registry;
  const name = host === '' ? 'Docker Hub' : host;
  const login = `docker login ${host}`.trim();
  if (await findCredentials(registry, env, signal)) {
    return `with the credentials for ${name} in ${path}: ${login} renews them`;
  }
  if (isBrokenConfig(env)) return `${path} is not JSON: no credentials were taken from it`;
  const helper = helperFor(registry, env);
  if (helper !== undefined) {
    return `docker-credential-${helper}, which ${path} names for ${name}, gave no credentials: see that it can be run`;
  }
  return `no credentials for ${name} in ${path}: ${login}`;
}

function helperFor(registry: string, env: Variables): string | undefined {
  const config = readDockerConfig(env);
  const helper = member(config['credHelpers'], registry) ?? config['credsStore'];
  return typeof helper === 'string' && helper !== '' ? helper : undefined;
}

async function findCredentials(
  registry: string,
  env: Variables,
  signal: AbortSignal,
): Promise<Credentials | undefined> {
  const config = readDockerConfig(env);
  const helper = helperFor(registry, env);
  if (helper !== undefined) {
    const kept = await askHelper(helper, registry, env, signal);
    if (kept) return kept;
  }
  const entry = member(config['auths'], registry) ?? entryByHost(config['auths'], registry);
  return entry === undefined ? undefined : readEntry(entry, registry);
}

function readEntry(entry: unknown, registry: string): Credentials | undefined {
  const token = member(entry, 'identitytoken');
  const auth = member(entry, 'auth');
  const [username, password] = typeof auth === 'string' ? splitOnce(Buffer.from(auth, 'base64').toString('utf8')) : [];
  if (typeof token === 'string' && token !== '') {
    return { serveraddress: registry, identitytoken: token, ...(username ? { username } : {}) };
  }
  return username ? { serveraddress: registry, username, password: password ?? '' } : undefined;
}

async function askHelper(
  name: string,
  registry: string,
  env: Variables,
  signal: AbortSignal,
): Promise<Credentials | undefined> {
  if (!/^[\w.-]+$/.test(name)) return undefined;
  try {
    const child = spawn(`docker-credential-${name}`, ['get'], { env, signal, stdio: ['pipe', 'pipe', 'ignore'] });
    const ended = new Promise<number | null>((resolve, reject) => child.on('error', reject).on('close', resolve));
    child.stdin.on('error', () => {});
    child.stdin.end(registry);
    const [output, code] = await Promise.all([text(child.stdout), ended]);
    if (code !== 0) return undefined;
    const answer: unknown = JSON.parse(output);
    const username = member(answer, 'Username');
    const secret = member(answer, 'Secret');
    if (typeof username !== 'string' || typeof secret !== 'string' || secret === '') return undefined;
    // A token in place of a password is told by this name.
    return username === '<token>'
      ? { serveraddress: registry, identitytoken: secret }
      : { serveraddress: registry, username, password: secret };
  } catch {
    // No such helper, or one that fails, is as good as no credentials: the registry says what it wants.
    signal.throwIfAborted();
    return undefined;
  }
}

/** Entries may be written with a scheme and a path. */
function entryByHost(auths: unknown, registry: string): unknown {
  if (typeof auths !== 'object' || auths === null) return undefined;
  const key = Object.keys(auths).find((name) => hostOf(name) === hostOf(registry));
  return key === undefined ? undefined : member(auths, key);
}

function hostOf(name: string): string {
  return name.replace(/^https?:\/\//, '').split('/', 1)[0] ?? name;
}

function splitOnce(pair: string): [string, string] | [] {
  const colon = pair.indexOf(':');
  return colon === -1 ? [] : [pair.slice(0, colon), pair.slice(colon + 1).replace(/\0+$/, '')];
}
