/** Reads members of values that came from outside (files, error bodies), whose shape nobody vouches for, and writes numbers. */

declare global {
  interface JSON {
    /** What becomes this text when it is made JSON of; in every Node since 21. */
    readonly rawJSON: (text: string) => object;
  }
}

/** The value's own member; undefined where there is none. */
export function member(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
  return (value as Readonly<Record<string, unknown>>)[name];
}

/** The value with its bigints written out in full when it is made JSON of. */
export function withExactNumbers(value: unknown): unknown {
  if (typeof value === 'bigint') return JSON.rawJSON(String(value));
  if (Array.isArray(value)) return value.map(withExactNumbers);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, withExactNumbers(one)]));
}
