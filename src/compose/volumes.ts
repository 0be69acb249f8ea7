/**
 * The short syntax of a service's volumes: `[SOURCE:]TARGET[:OPTIONS]`.
 *
 * Whether the source is a path or the name of a volume follows from its first character alone. A single letter
 * before a colon is a Windows drive, which is why a volume with a one-letter name cannot be written this way.
 */

import { posix } from 'node:path';

export interface ParsedMount {
  readonly type: 'bind' | 'volume';
  readonly source?: string;
  /** As written; `cleanTarget` gives the path in the container. */
  readonly target: string;
  /** Two characters or fewer: not even an empty `volume` is made of it. */
  readonly bare: boolean;
  readonly readOnly: boolean;
  readonly nocopy: boolean;
  readonly selinux?: string;
  readonly propagation?: string;
}

export type MountResult =
  | { readonly ok: true; readonly mount: ParsedMount }
  | { readonly ok: false; readonly problem: string };

const PROPAGATIONS = new Set(['rprivate', 'private', 'rshared', 'shared', 'rslave', 'slave']);

/** Reads one item of the short syntax. */
export function parseVolume(spec: string): MountResult {
  if (spec === '') return { ok: false, problem: 'invalid empty volume spec' };
  if (Buffer.byteLength(spec) <= 2) return { ok: true, mount: anonymous(spec, true) };
  const parts = splitSpec(spec);
  if (parts.includes('')) return { ok: false, problem: `invalid spec: ${spec}: empty section between colons` };
  if (parts.length > 3) return { ok: false, problem: `invalid spec: ${spec}: too many colons` };
  const [first = '', second, options] = parts;
  if (second === undefined) return { ok: true, mount: anonymous(first, false) };
  return { ok: true, mount: withOptions(first, second, options) };
}

/** The path in the container, brought into form. */
export function cleanTarget(target: string): string {
  if (target === '') return '';
  const clean = posix.normalize(target);
  return clean.length > 1 && clean.endsWith('/') ? clean.slice(0, -1) : clean;
}

/** Splits at colons, except the one after a drive letter and those inside `${...}`. */
function splitSpec(spec: string): string[] {
  const parts: string[] = [];
  let part = '';
  let open = 0;
  for (const char of spec) {
    if (char === '{' && part.endsWith('$')) open++;
    else if (char === '}' && open > 0) open--;
    if (char === ':' && open === 0 && !/^\p{L}$/u.test(part)) {
      parts.push(part);
      part = '';
    } else part += char;
  }
  return [...parts, part];
}

function anonymous(target: string, bare: boolean): ParsedMount {
  return { type: 'volume', target, bare, readOnly: false, nocopy: false };
}

function withOptions(source: string, target: string, options: string | undefined): ParsedMount {
  let readOnly = false;
  let nocopy = false;
  let selinux: string | undefined;
  let propagation: string | undefined;
  for (const option of options?.split(',') ?? []) {
    if (option === 'ro' || option === 'rw') readOnly = option === 'ro';
    else if (option === 'nocopy') nocopy = true;
    else if (option === 'z' || option === 'Z') selinux = option;
    else if (PROPAGATIONS.has(option)) propagation = option;
    // Anything else (`cached`, `delegated`) is let pass without effect, as Compose does.
  }
  return {
    type: isPath(source) ? 'bind' : 'volume',
    source,
    target,
    bare: false,
    readOnly,
    nocopy,
    ...(selinux === undefined ? {} : { selinux }),
    ...(propagation === undefined ? {} : { propagation }),
  };
}

function isPath(source: string): boolean {
  return /^[./~]/.test(source) || source.startsWith('\\\\') || /^\p{L}:/u.test(source);
}
