/** The titles of the tests in a source, as they stand there: templates unfilled. */
export function titlesOf(source: string): string[] {
  const titles = source.matchAll(/\b(?:test|it)\(\s*(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"|`((?:[^`\\]|\\.)*)`)/g);
  return [...titles].map(([, single, double, template]) =>
    (single ?? double ?? template ?? '').replaceAll(/\\(.)/g, '$1'),
  );
}

/** Whether that is what a title becomes, once its template is filled. */
export function isTitle(filled: string, title: string): boolean {
  const parts = title.split(/\$\{(?:[^{}]|\{[^{}]*\})*\}/).map((part) => RegExp.escape(part));
  return new RegExp(`^${parts.join('.*')}$`).test(filled);
}
