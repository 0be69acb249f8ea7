/**
 * Splits a command line into words as Compose does: quotes and backslashes, and little else of a shell.
 *
 * Variables, globs and comments are plain text. An unquoted operator ends the command. Backquotes and `$(...)` stay
 * as they are written, but hold their words together; a bare parenthesis is refused.
 */

/** Ends the command where it stands unquoted. */
const OPERATORS = new Set([';', '&', '|', '<', '>']);
const SPACES = new Set([' ', '\t', '\r', '\n']);

type Quote = '' | '"' | "'";

/** The words of a command line; undefined when it is malformed (a quote that is not closed, a parenthesis). */
export function splitWords(line: string): string[] | undefined {
  const splitter = new Splitter();
  for (const char of line) if (!splitter.take(char)) break;
  return splitter.finish();
}

/** What an unquoted operator cuts off, from the operator on; undefined where the whole line counts. */
export function cutOffBy(line: string): string | undefined {
  const splitter = new Splitter();
  for (const [at, char] of [...line].entries()) {
    if (!splitter.take(char)) return OPERATORS.has(char) ? [...line].slice(at).join('') : undefined;
  }
  return undefined;
}

class Splitter {
  readonly #words: string[] = [];
  #word = '';
  #isWord = false;
  #quote: Quote = '';
  #inBackquotes = false;
  #inParentheses = false;
  #escaped = false;
  #malformed = false;

  /** False: nothing that follows counts. */
  take(char: string): boolean {
    if (this.#escaped) {
      this.#escaped = false;
      return this.#append(char);
    }
    if (char === '\\' && this.#quote !== "'") return (this.#escaped = true);
    if (SPACES.has(char)) return this.#isOpen() ? this.#keep(char) : this.#endWord();
    if (char === '`' && this.#quote === '' && !this.#inParentheses) this.#inBackquotes = !this.#inBackquotes;
    else if ((char === '(' || char === ')') && this.#quote === '' && !this.#inBackquotes)
      return this.#parenthesis(char);
    else if ((char === '"' || char === "'") && !this.#inParentheses && this.#quote !== otherQuote(char)) {
      return this.#toggleQuote(char);
    } else if (OPERATORS.has(char) && !this.#isOpen()) return this.#operator(char);
    return this.#append(char);
  }

  finish(): string[] | undefined {
    if (this.#malformed || this.#escaped || this.#isOpen()) return undefined;
    this.#endWord();
    return this.#words;
  }

  #isOpen(): boolean {
    return this.#quote !== '' || this.#inBackquotes || this.#inParentheses;
  }

  #append(text: string): true {
    this.#isWord = true;
    return this.#keep(text);
  }

  #keep(text: string): true {
    this.#word += text;
    return true;
  }

  #endWord(): true {
    if (this.#isWord) {
      this.#words.push(this.#word);
      this.#word = '';
    }
    this.#isWord = false;
    return true;
  }

  #toggleQuote(char: '"' | "'"): true {
    if (this.#quote === char) this.#isWord = true;
    this.#quote = this.#quote === char ? '' : char;
    return true;
  }

  #parenthesis(char: '(' | ')'): boolean {
    const opens = char === '(';
    const fits = opens ? !this.#inParentheses && this.#word.endsWith('$') : true;
    if (!fits) {
      this.#malformed = true;
      return false;
    }
    this.#inParentheses = opens || !this.#inParentheses;
    return this.#append(char);
  }

  #operator(char: string): false {
    // `2>file`: the number of a stream is no word.
    if (char === '>' && /^[0-9]/.test(this.#word)) this.#isWord = false;
    return false;
  }
}

function otherQuote(char: '"' | "'"): Quote {
  return char === '"' ? "'" : '"';
}
