/**
 * Where the engine is, decided as the docker command line decides it: --host, DOCKER_HOST, DOCKER_CONTEXT, the
 * config file's current context, the default socket. Reads files, connects to nothing.
 */

import { createHash, createPrivateKey, X509Certificate } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { EngineError, messageOf } from '../model/errors.ts';
import { member } from './json.ts';

export type Variables = Readonly<Record<string, string | undefined>>;

export type Address =
  | { readonly kind: 'unix'; readonly socketPath: string }
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number; readonly tls: Tls | undefined }
  | {
      readonly kind: 'ssh';
      readonly host: string;
      readonly port: number | undefined;
      readonly user: string | undefined;
    };

export interface Tls {
  readonly ca: Buffer | undefined;
  readonly cert: Buffer | undefined;
  readonly key: Buffer | undefined;
  /** False: the engine's certificate is not checked. */
  readonly verify: boolean;
}

const DEFAULT_HOST = 'unix:///var/run/docker.sock';

/** The address that `host` (from --host) and the environment name. */
export function resolveAddress(host: string | undefined, env: Variables): Address {
  const given = host ?? nonEmpty(env['DOCKER_HOST']);
  if (given !== undefined) return parseAddress(given, () => tlsOfEnvironment(env));
  const context = nonEmpty(env['DOCKER_CONTEXT']) ?? currentContext(env);
  if (context === undefined || context === 'default') return parseAddress(DEFAULT_HOST, () => undefined);
  return contextAddress(context, env);
}

/** The environment of a `docker` that is to reach the same engine. */
export function clientEnvironment(host: string | undefined, env: Variables): Variables {
  if (host === undefined) return env;
  const { DOCKER_CONTEXT: _context, ...rest } = env;
  return { ...rest, DOCKER_HOST: host.startsWith('/') ? `unix://${host}` : host };
}

/** How the address is shown to people: no user, no secrets. */
export function addressText(address: Address): string {
  switch (address.kind) {
    case 'unix':
      return `unix://${address.socketPath}`;
    case 'tcp':
      return `tcp://${bracketed(address.host)}:${address.port}`;
    case 'ssh':
      return `ssh://${bracketed(address.host)}${address.port === undefined ? '' : `:${address.port}`}`;
  }
}

/** Parses a host text: unix://, tcp://, http(s)://, ssh://, or host:port. `tls` is asked for tcp only. */
export function parseAddress(text: string, tls: () => Tls | undefined): Address {
  if (text.startsWith('unix://'))
    return { kind: 'unix', socketPath: text.slice('unix://'.length) || '/var/run/docker.sock' };
  if (text.startsWith('/')) return { kind: 'unix', socketPath: text };
  const url = parseUrl(text.includes('://') ? text : `tcp://${text}`);
  const port = url?.port ? Number(url.port) : undefined;
  const host = url?.hostname.replace(/^\[|\]$/g, '');
  if (url === undefined || !host) throw unusable(text, 'not an address');
  switch (url.protocol) {
    case 'ssh:':
      return { kind: 'ssh', host, port, user: url.username === '' ? undefined : decodeURIComponent(url.username) };
    case 'tcp:':
    case 'http:':
    case 'https:': {
      const settings =
        tls() ??
        (url.protocol === 'https:' ? { ca: undefined, cert: undefined, key: undefined, verify: true } : undefined);
      return { kind: 'tcp', host, port: port ?? (settings ? 2376 : 2375), tls: settings };
    }
    default:
      throw unusable(text, `the scheme ${url.protocol.slice(0, -1)} is not supported`);
  }
}

/** Folder of the docker command line's settings. */
export function dockerConfigDir(env: Variables): string {
  return nonEmpty(env['DOCKER_CONFIG']) ?? join(nonEmpty(env['HOME']) ?? homedir(), '.docker');
}

export function dockerConfigPath(env: Variables): string {
  return join(dockerConfigDir(env), 'config.json');
}

/** The docker config file, parsed; an absent or broken one counts as empty. */
export function readDockerConfig(env: Variables): Record<string, unknown> {
  return readJson(dockerConfigPath(env)) ?? {};
}

/** Whether there is a docker config file that is not one; an empty one is, as for the docker command line. */
export function isBrokenConfig(env: Variables): boolean {
  const path = dockerConfigPath(env);
  const bytes = existsSync(path) ? readBytes(path) : Buffer.alloc(0);
  if (bytes === undefined) return true;
  return bytes.toString('utf8').trim() !== '' && readJson(path) === undefined;
}

/** What has to be said of a docker config file that counts as empty and is not. */
export function configNotice(env: Variables): string | undefined {
  if (!isBrokenConfig(env)) return undefined;
  const path = dockerConfigPath(env);
  const why = readBytes(path) === undefined ? 'cannot be read' : 'is not JSON';
  return `${path} ${why}: the context, credentials and proxies in it are not used; mend it, or move it away`;
}

function currentContext(env: Variables): string | undefined {
  const context = readDockerConfig(env)['currentContext'];
  return typeof context === 'string' ? nonEmpty(context) : undefined;
}

function contextAddress(name: string, env: Variables): Address {
  const digest = createHash('sha256').update(name).digest('hex');
  const folder = join(dockerConfigDir(env), 'contexts');
  const endpoint = member(member(readJson(join(folder, 'meta', digest, 'meta.json')), 'Endpoints'), 'docker');
  const host = member(endpoint, 'Host');
  if (typeof host !== 'string') {
    throw new EngineError(
      'unavailable',
      `the Docker context ${name} does not exist or names no engine: see docker context ls, or name the engine with --host`,
    );
  }
  const files = join(folder, 'tls', digest, 'docker');
  return parseAddress(host, () => {
    const tls = tlsOfFolder(files, member(endpoint, 'SkipTLSVerify') !== true);
    return tls.ca || tls.cert || host.startsWith('https:') ? tls : undefined;
  });
}

function tlsOfEnvironment(env: Variables): Tls | undefined {
  const folder = nonEmpty(env['DOCKER_CERT_PATH']);
  const verify = nonEmpty(env['DOCKER_TLS_VERIFY']) !== undefined;
  if (folder === undefined && !verify && nonEmpty(env['DOCKER_TLS']) === undefined) return undefined;
  const tls = tlsOfFolder(folder ?? dockerConfigDir(env), verify);
  if (folder !== undefined && !tls.ca && !tls.cert) {
    throw new EngineError(
      'unavailable',
      `no certificates in ${folder} (DOCKER_CERT_PATH): put ca.pem, cert.pem and key.pem there, or unset it`,
    );
  }
  return tls;
}

function tlsOfFolder(folder: string, verify: boolean): Tls {
  return {
    ca: readPem(join(folder, 'ca.pem'), 'certificate', (pem) => new X509Certificate(pem)),
    cert: readPem(join(folder, 'cert.pem'), 'certificate', (pem) => new X509Certificate(pem)),
    key: readPem(join(folder, 'key.pem'), 'private key', createPrivateKey),
    verify,
  };
}

/** A file that holds something else would fail below TLS, in words that name neither it nor what to do. */
function readPem(path: string, what: string, parse: (pem: Buffer) => unknown): Buffer | undefined {
  const bytes = readBytes(path);
  if (bytes === undefined) return undefined;
  try {
    parse(bytes);
    return bytes;
  } catch (error) {
    throw new EngineError(
      'unavailable',
      `${path} holds no ${what} that can be used (${messageOf(error)}): put the ${what} for this engine there, in PEM`,
      { cause: error },
    );
  }
}

function readBytes(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch {
    return undefined;
  }
}

function readJson(path: string): Record<string, unknown> | undefined {
  try {
    const parsed: unknown = JSON.parse(readFileSync(path, 'utf8'));
    return typeof parsed === 'object' && parsed !== null ? Object.fromEntries(Object.entries(parsed)) : undefined;
  } catch {
    return undefined;
  }
}

function parseUrl(text: string): URL | undefined {
  try {
    return new URL(text);
  } catch {
    return undefined;
  }
}

function unusable(text: string, why: string): EngineError {
  const shown = text.replace(/\/\/[^/@]*@/, '//');
  return new EngineError(
    'unavailable',
    `${shown} is no engine address (${why}): use unix:///path, tcp://host:port or ssh://user@host`,
  );
}

/** An empty variable counts as absent, as for the docker command line. */
function nonEmpty(text: string | undefined): string | undefined {
  return text === '' ? undefined : text;
}

function bracketed(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}
