/** Names a build after its bytes: `build-id` beside them. Compiled code is kept under it. */
import { createHash } from 'node:crypto';
import type { Plugin } from 'rolldown';

export const buildId: Plugin = {
  name: 'build-id',
  generateBundle(_options, bundle) {
    const hash = createHash('sha256');
    for (const { fileName, ...file } of Object.values(bundle).toSorted((a, b) => (a.fileName < b.fileName ? -1 : 1))) {
      if (file.type === 'chunk') hash.update(`${fileName}\0${file.code}\0`);
    }
    this.emitFile({ type: 'asset', fileName: 'build-id', source: `${hash.digest('hex').slice(0, 16)}\n` });
  },
};
