/** How the single-file program starts: the bundle and the code compiled of it are parts of the executable. */

import { getRawAsset } from 'node:sea';
import { unpackCode } from './compiled-code.ts';
import { createLoader } from './loader.ts';
import { programOf } from './program.ts';

const loader = createLoader({
  // The build sees to it that there is nothing beyond ASCII.
  read: (name) => Buffer.from(getRawAsset(name)).toString('latin1'),
  compiled: unpackCode(Buffer.from(getRawAsset('code'))),
  folder: 'reeve',
});
void run();

async function run(): Promise<void> {
  try {
    process.exitCode = await programOf(loader).main(process.argv.slice(2));
    // As bin/run.js does.
    setImmediate(() => {
      // oxlint-disable-next-line unicorn/no-process-exit -- this is a program, as bin/run.js is
      if (process.stdout.writableLength + process.stderr.writableLength === 0) process.exit();
    });
  } catch (error) {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    process.stderr.write(`reeve: ${text}\n`);
    process.exitCode = 1;
  }
}
