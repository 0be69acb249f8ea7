/**
 * Reads Compose files exactly as Docker Compose does: `import { loadProject } from 'reeve/compose'`.
 */

export { loadProject } from './load.ts';
export { LoadCache } from './load-cache.ts';
export { printProject, type PrintFormat } from './print.ts';
export { selectServices } from './select.ts';
export type { LoadOptions, LoadResult } from './options.ts';
export type { Diagnostic, DiagnosticCode } from './diagnostic.ts';
export { borrowedServices, containerHash, networkHash, serviceHash, volumeHash } from '../model/config-hash.ts';
export type { ContainerHashOptions } from '../model/config-hash.ts';
export type * from '../model/project.ts';
