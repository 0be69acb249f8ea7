/**
 * What of the libraries goes into a bundle, and how Node's own modules are asked for, so that a command does not load at its
 * start what it never uses.
 */
import { basename } from 'node:path';
import type { Plugin } from 'rolldown';

/**
 * What dockerode loads and reeve never uses: all but its client (the modem), and of that an SSH client (the engine adapter
 * runs the machine's own ssh) and duplex streams. Without them the bundle is less than half.
 */
export const withoutUnusedParts: Plugin = {
  name: 'without-unused-parts',
  load: {
    filter: { id: /[\\/](dockerode[\\/]lib[\\/](?!docker\.js)\w+|docker-modem[\\/]lib[\\/](ssh|http_duplex))\.js$/ },
    handler: (id) =>
      `module.exports = () => { throw new Error(${JSON.stringify(`not part of reeve: ${basename(id)}`)}); };`,
  },
};

const VIRTUAL = 'virtual:';

/**
 * An `import` of node:http makes Node read every export of it, and one of them loads its whole fetch implementation: a tenth
 * of the start-up time of a command. Asked for at run time, nothing but the module itself is loaded; and node:https, which
 * brings TLS, not before it is used.
 */
export const plainHttp: Plugin = {
  name: 'plain-http',
  resolveId: {
    filter: { id: /^(node:)?https?$/ },
    handler: (id) => ({ id: VIRTUAL + id.replace('node:', ''), moduleSideEffects: false }),
  },
  load: {
    filter: { id: new RegExp(`^${VIRTUAL}https?$`) },
    handler: (id) =>
      id === `${VIRTUAL}http`
        ? `module.exports = process.getBuiltinModule('node:http');`
        : `const https = () => process.getBuiltinModule('node:https');
           exports.request = (...args) => https().request(...args);
           exports.get = (...args) => https().get(...args);
           Object.defineProperty(exports, 'Agent', { get: () => https().Agent });`,
  },
};
