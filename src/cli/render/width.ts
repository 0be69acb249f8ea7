/**
 * How many columns of a terminal a text takes, which is neither its length nor its number of characters: `日本` takes four.
 * After Unicode's East Asian Width and emoji presentation, one code point after the other; where terminals differ (joined
 * emoji), the larger number, so that a line that is cut never wraps. Text must be neutralised already.
 */

/** Wide and full-width ranges of the East Asian Width, with the gaps in them that hold nothing; emoji are found by name. */
const WIDE =
  /[\u1100-\u115f\u2329\u232a\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe10-\ufe19\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{16fe0}-\u{18dff}\u{1aff0}-\u{1b2ff}\u{1d300}-\u{1d376}\u{1f200}-\u{1f265}\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}/u;
/** Drawn onto the character before it; U+FE0F makes that one an emoji, which is wider. */
const ONTO = /(?!\ufe0f)[\p{Mn}\p{Me}\u200c\u200d]/u;
const NARROW_ONLY = /^[ -~]*$/;

/** Columns that a text takes. */
export function widthOf(text: string): number {
  if (NARROW_ONLY.test(text)) return text.length;
  let columns = 0;
  for (const character of text) columns += columnsOf(character);
  return columns;
}

/** The text, cut with an ellipsis where it takes more columns. */
export function cutTo(text: string, columns: number): string {
  if (widthOf(text) <= columns) return text;
  let kept = '';
  let taken = 1;
  for (const character of text) {
    taken += columnsOf(character);
    if (taken > columns) break;
    kept += character;
  }
  return `${kept}…`;
}

/** The text, filled up with spaces to so many columns. */
export function padTo(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - widthOf(text)));
}

function columnsOf(character: string): number {
  if (WIDE.test(character)) return 2;
  return ONTO.test(character) ? 0 : 1;
}
