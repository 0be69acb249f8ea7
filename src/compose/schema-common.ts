/**
 * Kinds of value that many attributes of a Compose file share.
 */

import { either, keys, list, named, scalar, set, type Rule } from './schema-language.ts';

export const IDENTIFIER = /^[a-zA-Z0-9._-]+$/;
export const NOT_EMPTY = /^.+$/;

export const any: Rule = { is: 'any' };
export const text = scalar('string');
export const nothing = scalar('null');
export const number = scalar('number');
export const boolean = scalar('boolean');
export const flag = scalar('boolean', 'string');
export const integerOrText = scalar('integer', 'string');
export const numberOrText = scalar('number', 'string');
export const texts = list(text);
export const textSet = set(text);
export const textOrSet = either(text, textSet);
export const command = either(nothing, text, texts);
export const keyValues = either(named(scalar('string', 'number', 'boolean', 'null'), /.+/), textSet);
export const extraHosts = either(named(either(text, texts), /.+/), textSet);
export const driverOptions = named(numberOrText, NOT_EMPTY, true);
export const external = either(flag, keys({ name: text }));
export const openExternal = either(flag, keys({ name: text }, { open: true }));
