/**
 * `$NAME`, `${NAME}`, `${NAME:-default}` and their kin in one text, as Compose substitutes them.
 *
 * The scan is linear: what follows `${` is matched by counting braces, and the word after an operator is a template
 * of its own. Words are evaluated even where they are not used, because Compose reports their faults and warns for
 * their unset variables too.
 */

/** Looks a variable up; undefined: not set. */
export type Lookup = (name: string) => string | undefined;

export type TemplateFault =
  | { readonly kind: 'format'; readonly template: string }
  | { readonly kind: 'required'; readonly name: string; readonly reason: string }
  | { readonly kind: 'too-complex' };

export interface TemplateListener {
  /** A variable without a default is not set and became blank. */
  unset(name: string): void;
  /** A variable's value went into the text. */
  used?(name: string, value: string): void;
}

export type TemplateResult =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly fault: TemplateFault };

const MAX_DEPTH = 50;
const MAX_LENGTH = 4 * 1024 * 1024;
const NAME = /[_a-zA-Z][_a-zA-Z0-9]*/y;
const OPERATOR = /:?[-+?]/y;

/** Substitutes every variable of a text. */
export function substitute(template: string, lookup: Lookup, listener: TemplateListener): TemplateResult {
  if (!template.includes('$')) return { ok: true, text: template };
  const run = new Run(lookup, listener);
  const text = run.expand(template, 0);
  return run.fault === undefined ? { ok: true, text } : { ok: false, fault: run.fault };
}

class Run {
  fault: TemplateFault | undefined;
  readonly #lookup: Lookup;
  readonly #listener: TemplateListener;
  #length = 0;

  constructor(lookup: Lookup, listener: TemplateListener) {
    this.#lookup = lookup;
    this.#listener = listener;
  }

  expand(template: string, depth: number): string {
    if (depth > MAX_DEPTH) return this.#fail({ kind: 'too-complex' });
    const braces = new LineBraces(template);
    let out = '';
    let from = 0;
    for (let at = template.indexOf('$'); at !== -1 && this.fault === undefined; at = template.indexOf('$', from)) {
      out += template.slice(from, at);
      const next = template[at + 1];
      if (next === '$') {
        out += '$';
        from = at + 2;
      } else if (next === '{') {
        const end = braces.closing(at);
        const body = end === -1 ? undefined : template.slice(at + 2, end);
        const value = body === undefined ? undefined : this.#braced(body, depth);
        if (value === undefined) return this.#fail({ kind: 'format', template });
        out += value;
        from = end + 1;
      } else {
        const name = matchAt(NAME, template, at + 1);
        out += name === undefined ? '$' : this.#plain(name);
        from = at + 1 + (name?.length ?? 0);
      }
      if (this.#length + out.length > MAX_LENGTH) return this.#fail({ kind: 'too-complex' });
    }
    this.#length += out.length;
    return out + template.slice(from);
  }

  /** The value of what stands between `${` and `}`; undefined when it is malformed. */
  #braced(body: string, depth: number): string | undefined {
    const name = matchAt(NAME, body, 0);
    if (name === undefined) return undefined;
    if (name.length === body.length) return this.#plain(name);
    const operator = matchAt(OPERATOR, body, name.length);
    if (operator === undefined) return undefined;
    const word = this.expand(body.slice(name.length + operator.length), depth + 1);
    if (this.fault !== undefined) return '';
    return this.#operate(name, operator, word);
  }

  #operate(name: string, operator: string, word: string): string {
    const value = this.#lookup(name);
    const counts = value !== undefined && (value !== '' || !operator.startsWith(':'));
    switch (operator.at(-1)) {
      case '-':
        return counts ? this.#use(name, value) : word;
      case '+':
        return counts ? word : (value ?? '');
      default:
        return counts ? this.#use(name, value) : this.#fail({ kind: 'required', name, reason: word });
    }
  }

  #plain(name: string): string {
    const value = this.#lookup(name);
    if (value !== undefined) return this.#use(name, value);
    this.#listener.unset(name);
    return '';
  }

  #use(name: string, value: string): string {
    this.#listener.used?.(name, value);
    return value;
  }

  #fail(fault: TemplateFault): string {
    this.fault ??= fault;
    return '';
  }
}

/** Finds the brace that closes a `${`, which must stand on the same line. */
class LineBraces {
  readonly #text: string;
  #lineEnd = -1;
  #lastBrace = -1;

  constructor(text: string) {
    this.#text = text;
  }

  /** -1: there is none. Where braces do not balance, the last one of the line closes. */
  closing(dollar: number): number {
    if (dollar > this.#lineEnd) {
      const end = this.#text.indexOf('\n', dollar);
      this.#lineEnd = end === -1 ? this.#text.length : end;
      this.#lastBrace = this.#text.lastIndexOf('}', this.#lineEnd - 1);
    }
    if (this.#lastBrace < dollar) return -1;
    const name = matchAt(NAME, this.#text, dollar + 2) ?? '';
    const afterName = dollar + 2 + name.length;
    if (this.#text[afterName] === '}') return afterName;
    let open = 0;
    for (let i = dollar + 1; i <= this.#lastBrace; i++) {
      const char = this.#text[i];
      if (char === '}' && --open === 0) return i;
      // The character after an opening brace is not looked at: Compose skips it too.
      if (char === '{') {
        open++;
        i++;
      }
    }
    return this.#lastBrace;
  }
}

function matchAt(pattern: RegExp, text: string, at: number): string | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0];
}
