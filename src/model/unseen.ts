/**
 * Characters that are not to stand in printed text as they are: what a terminal would act on, what reorders or cannot be
 * seen, what YAML forbids. JSON and double-quoted YAML spell them the same way, so the value stays.
 */

const UNSEEN =
  /[\u007f-\u009f\u00ad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb\ufffe\uffff]|\p{Surrogate}/u;
const EACH_UNSEEN = new RegExp(UNSEEN, 'gu');

/** C0 controls included, but for those that text is laid out with. */
export function hasUnseen(text: string): boolean {
  return UNSEEN.test(text) || /[\u0000-\u0008\u000b\u000c\u000e-\u001f]/.test(text);
}

/** Spells them, in a text in which they can only stand within double quotes. */
export function escapeUnseen(text: string): string {
  return text.replace(EACH_UNSEEN, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
