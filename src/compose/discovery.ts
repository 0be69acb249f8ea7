/**
 * Which files make up the project, where its folder is, and which variables interpolation sees.
 *
 * The order is Compose's: shell variables, the `.env` of the folder known so far, COMPOSE_FILE, the search for a
 * default file in this folder and its parents, then the `.env` of the folder where that ended.
 */

import { dirname, join, resolve } from 'node:path';

import type { LoadOptions } from './options.ts';
import type { Findings } from './diagnostic.ts';
import { parseDotenv, type DotenvContext } from './dotenv.ts';
import { Environment } from './environment.ts';
import type { InputFiles } from './files.ts';

export const DEFAULT_FILES = ['compose.yaml', 'compose.yml', 'docker-compose.yml', 'docker-compose.yaml'] as const;
export const DEFAULT_OVERRIDES = [
  'compose.override.yml',
  'compose.override.yaml',
  'docker-compose.override.yml',
  'docker-compose.override.yaml',
] as const;

/** Standard input, where a file is named. */
export const STDIN = '-';

export interface Discovery {
  /** Absolute paths, or `-`. */
  readonly files: readonly string[];
  readonly workingDir: string;
  readonly environment: Environment;
  /** Those that were named, not the default `.env`. */
  readonly environmentFiles: readonly string[];
  readonly profiles: readonly string[];
}

/** Finds the files; undefined after an error was reported. */
export function discover(options: LoadOptions, inputs: InputFiles, findings: Findings): Discovery | undefined {
  const environment = new Environment(
    Object.entries(options.environment).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
  const cwd = resolve(options.cwd);
  if (environment.get('PWD') === undefined) environment.set('PWD', cwd);
  const environmentFiles = namedEnvFiles(options, environment, cwd);
  const directory = options.projectDirectory === undefined ? undefined : resolve(cwd, options.projectDirectory);
  const named = (options.files ?? []).map((file) => (file === STDIN ? file : resolve(cwd, file)));
  const reader = new EnvFileReader(inputs, findings, environment);

  const firstFolder = directory ?? folderOf(named) ?? cwd;
  if (!reader.read(environmentFiles, firstFolder)) return undefined;
  const files =
    named.length > 0 ? named : (filesFromEnvironment(environment, cwd) ?? defaultFiles(firstFolder, inputs, findings));
  if (files === undefined) return undefined;
  const workingDir = directory ?? folderOf(files) ?? cwd;
  if (workingDir !== firstFolder && !reader.read(environmentFiles, workingDir)) return undefined;

  const fromVariable = (environment.get('COMPOSE_PROFILES') ?? '').split(',').map((profile) => profile.trim());
  // A service whose list of profiles holds a blank one is on when none is asked for: Compose reads "" as such a list.
  const profiles = options.profiles !== undefined && options.profiles.length > 0 ? options.profiles : fromVariable;
  return { files, workingDir, environment, environmentFiles, profiles };
}

function namedEnvFiles(options: LoadOptions, environment: Environment, cwd: string): string[] {
  const fromVariable = (environment.get('COMPOSE_ENV_FILES') ?? '').split(',').filter((file) => file !== '');
  const named = options.envFiles !== undefined && options.envFiles.length > 0 ? options.envFiles : fromVariable;
  return named.map((file) => resolve(cwd, file));
}

function folderOf(files: readonly string[]): string | undefined {
  const first = files.find((file) => file !== STDIN);
  return first === undefined ? undefined : dirname(first);
}

function filesFromEnvironment(environment: Environment, cwd: string): string[] | undefined {
  const list = environment.get('COMPOSE_FILE');
  if (list === undefined) return undefined;
  const separator = environment.get('COMPOSE_PATH_SEPARATOR');
  const parts = list.split(separator === undefined || separator === '' ? ':' : separator);
  return parts.map((file) => (file === STDIN ? file : resolve(cwd, file)));
}

/** The first default file in a folder or the nearest parent that has one, and the override beside it. */
function defaultFiles(folder: string, inputs: InputFiles, findings: Findings): string[] | undefined {
  for (let at = folder; ; at = dirname(at)) {
    const candidates = DEFAULT_FILES.map((name) => join(at, name)).filter((path) => inputs.exists(path, 'compose'));
    const [winner] = candidates;
    if (winner !== undefined) {
      warnAmbiguous(candidates, 'config', findings);
      const overrides = DEFAULT_OVERRIDES.map((name) => join(at, name)).filter((path) =>
        inputs.exists(path, 'compose'),
      );
      warnAmbiguous(overrides, 'override', findings);
      return overrides[0] === undefined ? [winner] : [winner, overrides[0]];
    }
    if (dirname(at) === at) break;
  }
  findings.error({
    code: 'file-not-found',
    message: `no configuration file provided: not found in ${folder} or any parent folder`,
    expected: DEFAULT_FILES.join(', '),
  });
  return undefined;
}

function warnAmbiguous(candidates: readonly string[], what: string, findings: Findings): void {
  const [winner] = candidates;
  if (winner === undefined || candidates.length < 2) return;
  const file = winner;
  const list = candidates.join(', ');
  findings.warn({
    code: 'ambiguous-file',
    message: `Found multiple ${what} files with supported names: ${list}`,
    file,
  });
  findings.warn({ code: 'ambiguous-file', message: `Using ${winner}`, file });
}

/** Reads the named env files, or else the `.env` of a folder, into the environment; the shell wins. */
class EnvFileReader {
  readonly #inputs: InputFiles;
  readonly #findings: Findings;
  readonly #environment: Environment;

  constructor(inputs: InputFiles, findings: Findings, environment: Environment) {
    this.#inputs = inputs;
    this.#findings = findings;
    this.#environment = environment;
  }

  read(named: readonly string[], folder: string): boolean {
    if (named.length > 0) return this.#readAll(named);
    if (isTrue(this.#environment.get('COMPOSE_DISABLE_ENV_FILE'))) return true;
    const path = join(folder, '.env');
    return this.#inputs.exists(path, 'env') ? this.#readAll([path]) : true;
  }

  #readAll(paths: readonly string[]): boolean {
    const values = readEnvFiles(paths, this.#environment, this.#inputs, this.#findings);
    if (values === undefined) return false;
    this.#environment.addMissing(values);
    return true;
  }
}

/** Variables of env files for interpolation; a later file wins, and the given environment over what they refer to. */
export function readEnvFiles(
  paths: readonly string[],
  environment: Environment,
  inputs: InputFiles,
  findings: Findings,
): Map<string, string> | undefined {
  const values = new Map<string, string>();
  for (const path of paths) {
    const source = inputs.readSource(path, 'env', true);
    if (!source.ok) {
      const message = source.fault.missing ? `couldn't find env file: ${path}` : source.fault.message;
      findings.error({ code: source.fault.code, message, file: path });
      return undefined;
    }
    const context: DotenvContext = {
      lookup: (name) => environment.get(name),
      listener: {
        unset: (name) =>
          findings.warn({
            code: 'unset-variable',
            message: `The "${name}" variable is not set. Defaulting to a blank string.`,
            file: path,
          }),
      },
    };
    const fault = parseDotenv(source.value.text, values, context);
    if (fault !== undefined) {
      const at = { source: source.value, offset: lineOffset(source.value.text, fault.line) };
      findings.error({ code: 'env-file', message: `failed to read ${path}: ${fault.message}`, at, hidesLine: true });
      return undefined;
    }
  }
  return values;
}

/** Offset of the beginning of a line (from 1). */
export function lineOffset(text: string, line: number): number {
  let offset = 0;
  for (let i = 1; i < line; i++) {
    const next = text.indexOf('\n', offset);
    if (next === -1) break;
    offset = next + 1;
  }
  return offset;
}

/** Go's reading of a boolean variable. */
export function isTrue(value: string | undefined): boolean {
  return value !== undefined && ['1', 't', 'T', 'TRUE', 'true', 'True'].includes(value);
}
