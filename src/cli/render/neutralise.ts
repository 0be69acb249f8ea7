/**
 * Makes text from outside (hook output, container names, engine messages) harmless to a terminal: whatever could move the
 * cursor, recolour, retitle, or reorder what a person reads is replaced by a visible sign. Never drops text that can be seen.
 */

/** ESC [ … final byte; ESC ] … BEL or ST (and DCS, PM, APC, SOS likewise); ESC with one other byte. */
const SEQUENCE =
  /\u001b\[[0-?]*[ -/]*[@-~]|\u001b[\]PX^_][^\u0007\u001b\u009c]*(?:\u0007|\u001b\\|\u009c)|\u001b[ -/]*[0-~]|\u009b[0-?]*[ -/]*[@-~]/g;
/** Reorder what stands around them, or cannot be seen at all. */
const INVISIBLE = String.raw`\u00ad\u061c\u200b\u200e\u200f\u2028\u2029\u202a-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}`;
const CONTROL = String.raw`\u0000-\u0008\u000b-\u001f\u007f-\u009f`;
const UNSEEN = new RegExp(String.raw`[${INVISIBLE}${CONTROL}\p{Surrogate}]`, 'gu');

/** One line: colour sequences vanish, other control characters become visible, a tab stays. */
export function neutraliseLine(line: string): string {
  return (
    line
      // A carriage return overwrites what stands before it on the line; what a person would see last comes last.
      .replace(/\r+$/, '')
      .replace(SEQUENCE, '')
      .replace(/[\r\n\u2028\u2029]/g, '␍')
      .replace(UNSEEN, shown)
  );
}

/**
 * A command as one line: whatever cannot be seen becomes visible, escape sequences, tabs and line feeds too. Nothing is
 * dropped, since a person reads it to know what will be run.
 */
export function spellOut(text: string): string {
  return text.replaceAll('\n', '␤').replaceAll('\t', '␉').replace(UNSEEN, shown);
}

/** Several lines; line feeds stay. */
export function neutralise(text: string): string {
  return text.split('\n').map(neutraliseLine).join('\n');
}

/** Unicode has a picture of each C0 control; the rest is spelled. */
function shown(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x20) return String.fromCharCode(0x2400 + code);
  if (code === 0x7f) return '␡';
  const isLoneSurrogate = code >= 0xd800 && code <= 0xdfff;
  return isLoneSurrogate ? '\ufffd' : `<U+${code.toString(16).toUpperCase().padStart(4, '0')}>`;
}
