/**
 * The little language in which compose-shapes.ts writes down how each part of the model is made and printed.
 *
 * One table per part serves three readers: compose/decode.ts (tree -> model), canonical-json.ts (model -> the
 * canonical text that hashes cover) and `reeve config`. It holds no behaviour.
 */

/** How the value of a member is read and printed. */
export type Shape =
  /** An empty one is not set, as in Compose, unless it `keepsEmpty`. */
  | { readonly is: 'string'; readonly from?: 'string' | 'string-or-number'; readonly keepsEmpty?: true }
  | { readonly is: 'bool' }
  /** Whole number; `unsigned` refuses negative ones and text, `all` reads the word `all` as -1, `wide` keeps all of 64 bits. */
  | { readonly is: 'int'; readonly unsigned?: boolean; readonly all?: boolean; readonly wide?: true }
  /** A 32-bit float; `parse` reads text. */
  | { readonly is: 'ratio' }
  | { readonly is: 'bytes' }
  | { readonly is: 'duration' }
  | { readonly is: 'mode' }
  | { readonly is: 'any' }
  | { readonly is: 'ulimit'; readonly fields: readonly Field[] }
  | { readonly is: 'env-file'; readonly fields: readonly Field[] }
  | { readonly is: 'list'; readonly of: Shape; readonly from?: ListForm }
  | { readonly is: 'map'; readonly of: Shape; readonly from?: MapForm }
  | { readonly is: 'struct'; readonly fields: readonly Field[] };

/** What a list may be written as, besides a list. */
export type ListForm = 'words' | 'health-test' | 'string' | 'hosts' | 'ssh';

/** How entries of a mapping are read: `K=V` items allowed, what a missing value means. */
export type MapForm = 'environment' | 'mapping' | 'labels' | 'options' | 'multi-options' | 'nullable';

/**
 * When a member is printed: `unless-zero` (Go's omitempty on a value), `when-set` (on a pointer), `always` (null
 * when unset), `zero` (its zero value when unset), `struct` (an object even when unset).
 */
export type Printing = 'unless-zero' | 'when-set' | 'always' | 'zero' | 'struct';

export interface Field {
  readonly name: string;
  /** The name in the canonical text; it differs from `name` in two odd places. */
  readonly printed: string;
  readonly shape: Shape;
  readonly print: Printing;
}
