/** How the installed program starts: the bundle beside this file, with the code compiled of it at an earlier start. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { codeCachePath, readCodeCache, writeCodeCache } from './code-cache.ts';
import { createLoader } from './loader.ts';
import type { Program } from './program.ts';
import { programOf } from './program.ts';

/** The program, its code not yet run. */
export function installedProgram(): Program {
  const folder = import.meta.dirname;
  const read = (name: string): string => readFileSync(join(folder, name), 'latin1');
  const path = codeCachePath(read('build-id').trim(), process.env);
  const compiled = readCodeCache(path);
  const loader = createLoader({ read, compiled, folder });
  process.on('exit', () => {
    if (loader.hasCompiled()) writeCodeCache(path, new Map([...compiled, ...loader.takeCode()]));
  });
  return programOf(loader);
}
