/**
 * Runs the files of the bundle, from wherever they are kept, with the code that was compiled of them at an earlier start.
 *
 * Node's own compile cache holds what is compiled while a file is loaded, which is a quarter of what a command runs: the
 * functions that it calls later were compiled at every start, and took a fifth of it. Here the code is taken when the
 * command has run.
 */

import { posix } from 'node:path';
import { Script } from 'node:vm';
import type { CompiledCode } from './compiled-code.ts';

export interface LoaderOptions {
  /** The text of a file (`cli.cjs`, `chunks/base.cjs`): one function, as build/wrapped.ts makes it. */
  readonly read: (name: string) => string;
  readonly compiled: CompiledCode;
  /** The folder that the names are relative to, for stack traces. */
  readonly folder: string;
}

export interface Loader {
  /** What a file exports; each is run once. */
  readonly load: (name: string) => unknown;
  /** A file was run for which there was no code yet. */
  readonly hasCompiled: () => boolean;
  /** The code of all files that were run, with the functions that were called until now. */
  readonly takeCode: () => CompiledCode;
}

interface Module {
  exports: unknown;
}

type Wrapper = (exports: unknown, require: (id: string) => unknown, module: Module, __dirname: string) => void;

export function createLoader({ read, compiled, folder }: LoaderOptions): Loader {
  const modules = new Map<string, Module>();
  const scripts = new Map<string, Script>();
  let hasCompiled = false;
  const load = (name: string): unknown => {
    const known = modules.get(name);
    if (known) return known.exports;
    const cachedData = compiled.get(name);
    const script = new Script(read(name), {
      filename: posix.join(folder, name),
      ...(cachedData && { cachedData }),
    });
    if (cachedData === undefined || script.cachedDataRejected === true) hasCompiled = true;
    scripts.set(name, script);
    const module: Module = { exports: {} };
    modules.set(name, module);
    const require = (id: string): unknown =>
      id.startsWith('./') ? load(posix.join(posix.dirname(name), id)) : process.getBuiltinModule(id);
    (script.runInThisContext() as Wrapper)(module.exports, require, module, posix.join(folder, posix.dirname(name)));
    return module.exports;
  };
  return {
    load,
    hasCompiled: () => hasCompiled,
    takeCode: () => new Map([...scripts].map(([name, script]) => [name, script.createCachedData()])),
  };
}
