/**
 * `.dockerignore`: which paths of a build context are left behind. The last pattern that matches a path or one of the
 * folders above it decides, as the engine's own tools do. Pure.
 */

interface Rule {
  readonly pattern: RegExp;
  readonly isException: boolean;
}

export interface IgnoreFile {
  /** `path` relative to the context, with `/`. */
  readonly isIgnored: (path: string) => boolean;
  /** Something below an ignored folder may be wanted all the same. */
  readonly hasExceptions: boolean;
}

export function parseIgnoreFile(text: string): IgnoreFile {
  const rules = text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .filter((line) => !line.startsWith('#'))
    .map((line) => line.trim())
    .flatMap((line): Rule[] => {
      const isException = line.startsWith('!');
      const pattern = cleaned(isException ? line.slice(1).trim() : line);
      return pattern === '' ? [] : [{ pattern: expressionOf(pattern), isException }];
    });
  const isIgnored = (path: string): boolean => {
    const parents = path.split('/').map((_, index, parts) => parts.slice(0, index + 1).join('/'));
    const last = rules.findLast(({ pattern }) => parents.some((parent) => pattern.test(parent)));
    return last !== undefined && !last.isException;
  };
  return { isIgnored, hasExceptions: rules.some((rule) => rule.isException) };
}

/** Without `./`, doubled and outer slashes, and `..` resolved as far as it goes. */
function cleaned(pattern: string): string {
  const parts: string[] = [];
  for (const part of pattern.split('/')) {
    if (part === '' || part === '.') continue;
    if (part === '..') parts.pop();
    else parts.push(part);
  }
  return parts.join('/');
}

/** `*` and `?` stay within a folder, `**` does not; `[...]` is a set of characters. */
function expressionOf(pattern: string): RegExp {
  const source = pattern.replaceAll(/\*\*\/|\*\*|\*|\?|\[[^\]]*\]|\\.|[^*?[\\]+|./g, (piece) => {
    if (piece === '**/') return '(?:.*/)?';
    if (piece === '**') return '.*';
    if (piece === '*') return '[^/]*';
    if (piece === '?') return '[^/]';
    if (piece.length > 1 && piece.startsWith('[')) return piece;
    return RegExp.escape(piece.length === 2 && piece.startsWith('\\') ? piece.slice(1) : piece);
  });
  return new RegExp(`^${source}$`, 's');
}
