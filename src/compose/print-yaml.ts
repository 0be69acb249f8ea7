/**
 * The model as YAML that any reader takes for the same: quoted is whatever YAML 1.1 (PyYAML and its kin) or the library
 * that Compose uses would read as something else, and escaped whatever cannot be seen or may not stand in YAML at all, so
 * that it does nothing to a terminal either. Quotes change no value; one pair too many is no harm.
 */

import { Scalar, stringify } from 'yaml';
import { JsonObject, type Json } from '../model/canonical-json.ts';
import { plainScalar } from './scalars.ts';
import { escapeUnseen, hasUnseen } from '../model/unseen.ts';

export function yamlText(model: JsonObject): string {
  return escapeUnseen(stringify(nodeOf(model), { lineWidth: 0 }));
}

function nodeOf(json: Json): unknown {
  if (typeof json === 'string') return textNode(json);
  if (json instanceof JsonObject) return new Map(json.members.map(([key, value]) => [textNode(key), nodeOf(value)]));
  return Array.isArray(json) ? json.map((item: Json) => nodeOf(item)) : json;
}

function textNode(text: string): string | Scalar {
  if (!needsQuotes(text)) return text;
  const scalar = new Scalar(text);
  scalar.type = Scalar.QUOTE_DOUBLE;
  return scalar;
}

const NOWHERE = { source: { path: '', text: '' }, offset: 0 };

/** Words that YAML 1.1 reads as yes and no, its merge key and its default value. */
const WORD = /^(?:y|Y|yes|Yes|YES|n|N|no|No|NO|on|On|ON|off|Off|OFF|<<|=)$/;
/** `1:30`, which is ninety to YAML 1.1; its numbers with underscores; dates. */
const NUMBER =
  /^[-+]?(?:[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?|0[xb][0-9a-fA-F_]+|[0-9][0-9_]*(?:\.[0-9_]*)?(?:[eE][-+]?[0-9]+)?|\.[0-9_]+(?:[eE][-+]?[0-9]+)?)$|^\d{4}-\d\d?-\d\d?/;

function needsQuotes(text: string): boolean {
  return (
    plainScalar(text, NOWHERE).kind !== 'string' ||
    WORD.test(text) ||
    NUMBER.test(text) ||
    hasUnseen(text) ||
    // In a block of several lines a tab stands for itself, but where the block's indentation is measured.
    (text.includes('\t') && !text.includes('\n')) ||
    /^\s*(?:\t|$)/.test(text) ||
    // A line break of its own in YAML 1.1, and lost in a block.
    text.includes('\r')
  );
}
