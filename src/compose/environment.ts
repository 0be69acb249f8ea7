/**
 * The variables that interpolation sees, and which of their values went into the model.
 *
 * Values that came from outside are remembered, because text that contains one must not be shown or put in a label.
 */

/** Set by the loader itself (or naming the project): no secrets, even where the shell sets them too. */
const NOT_SENSITIVE = new Set(['COMPOSE_PROJECT_NAME', 'PWD']);

export class Environment {
  readonly #values: Map<string, string>;
  readonly #sensitive: Set<string>;

  constructor(values: Iterable<readonly [string, string]>, sensitive: Set<string> = new Set()) {
    this.#values = new Map(values);
    this.#sensitive = sensitive;
  }

  get(name: string): string | undefined {
    return this.#values.get(name);
  }

  set(name: string, value: string): void {
    this.#values.set(name, value);
  }

  /** Takes over what is not set yet: what was there before wins. */
  addMissing(values: ReadonlyMap<string, string>): void {
    for (const [name, value] of values) if (!this.#values.has(name)) this.#values.set(name, value);
  }

  /** A copy that remembers for itself which values were used. */
  fork(): Environment {
    return new Environment(this.#values);
  }

  entries(): readonly (readonly [string, string])[] {
    return [...this.#values];
  }

  /** A copy with further variables; used values of both count as one set. */
  extendedBy(values: ReadonlyMap<string, string>): Environment {
    const extended = new Environment(this.#values, this.#sensitive);
    extended.addMissing(values);
    return extended;
  }

  /** A variable's value went into the model. */
  markUsed(name: string, value: string): void {
    if (value !== '' && !NOT_SENSITIVE.has(name)) this.#sensitive.add(value);
  }

  /** A value that is known to have gone into the model. */
  markValue(value: string): void {
    this.#sensitive.add(value);
  }

  /** Like `markUsed`, if the value is indeed this environment's. */
  markFrom(name: string, value: string): void {
    if (this.#values.get(name) === value) this.markUsed(name, value);
  }

  /** Like `get`, and the value counts as used. */
  take(name: string): string | undefined {
    const value = this.#values.get(name);
    if (value !== undefined) this.markUsed(name, value);
    return value;
  }

  get sensitiveValues(): ReadonlySet<string> {
    return this.#sensitive;
  }
}
