/**
 * Runs one command of a bundle and adds the code that V8 compiled for it to a file: `node rehearse.ts BUNDLE FILE WORD...`.
 * Functions that were never called are not compiled, which is why commands are rehearsed.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readCodeCache, writeCodeCache } from '../src/start/code-cache.ts';
import { createLoader } from '../src/start/loader.ts';
import { programOf } from '../src/start/program.ts';

const [folder = '', file = '', ...words] = process.argv.slice(2);
const compiled = readCodeCache(file);
const loader = createLoader({ read: (name) => readFileSync(join(folder, name), 'latin1'), compiled, folder });
process.exitCode = await programOf(loader).main(words);
writeCodeCache(file, new Map([...compiled, ...loader.takeCode()]));
