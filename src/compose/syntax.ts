/**
 * The syntax tree of a YAML document: what is written, not yet what it means.
 *
 * It still has anchors, aliases, tags and merge keys, and every scalar is text (document.ts gives them their meaning).
 */

export type Syntax = ScalarSyntax | MapSyntax | ListSyntax | AliasSyntax;

interface SyntaxBase {
  readonly offset: number;
  readonly tag?: string | undefined;
  readonly anchor?: string | undefined;
}

export interface ScalarSyntax extends SyntaxBase {
  readonly kind: 'scalar';
  readonly text: string;
  /** Written without quotes, on one line or several. */
  readonly plain: boolean;
}

export interface MapSyntax extends SyntaxBase {
  readonly kind: 'map';
  readonly pairs: readonly { readonly key: Syntax; readonly value: Syntax }[];
}

export interface ListSyntax extends SyntaxBase {
  readonly kind: 'list';
  readonly items: readonly Syntax[];
}

export interface AliasSyntax extends SyntaxBase {
  readonly kind: 'alias';
  readonly name: string;
}
