/** Reads members of values that came from outside (files, error bodies), whose shape nobody vouches for. */

/** The value's own member; undefined where there is none. */
export function member(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
  return (value as Readonly<Record<string, unknown>>)[name];
}
