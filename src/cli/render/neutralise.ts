/**
 * Makes text from outside (hook output, container names, engine messages) harmless to a terminal: whatever could move the
 * cursor, recolour, retitle, or reorder what a person reads is replaced by a visible sign. Never drops text that can be seen.
 */

/** ESC [ … final byte; ESC ] … BEL or ST (and DCS, PM, APC, SOS likewise); ESC with one other byte. */
const SEQUENCE =
  /\u001b\[[0-?]*[ -/]*[@-~]|\u001b[\]PX^_][^\u0007\u001b\u009c]*(?:\u0007|\u001b\\|\u009c)|\u001b[ -/]*[0-~]|\u009b[0-?]*[ -/]*[@-~]/g;
/** Reorder what stands around them, or cannot be seen at all. */
const INVISIBLE =
  /[\u00ad\u061c\u200b\u200e\u200f\u2028\u2029\u202a-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]|[\u{e0000}-\u{e007f}]/gu;
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;
const LONE_SURROGATE = /\p{Surrogate}/gu;

/** One line: colour sequences vanish, other control characters become visible, a tab stays. */
export function neutraliseLine(line: string): string {
  return (
    line
      // A carriage return overwrites what stands before it on the line; what a person would see last comes last.
      .replace(/\r+$/, '')
      .replace(SEQUENCE, '')
      .replace(/[\r\n\u2028\u2029]/g, '␍')
      .replace(INVISIBLE, (character) => `<U+${hex(character)}>`)
      .replace(CONTROL, picture)
      .replace(LONE_SURROGATE, '\ufffd')
  );
}

/** Several lines; line feeds stay. */
export function neutralise(text: string): string {
  return text.split('\n').map(neutraliseLine).join('\n');
}

/** Unicode has a picture of each C0 control; a C1 control is spelled. */
function picture(character: string): string {
  const code = character.charCodeAt(0);
  if (code < 0x20) return String.fromCharCode(0x2400 + code);
  return code === 0x7f ? '␡' : `<U+${hex(character)}>`;
}

function hex(character: string): string {
  return (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
}
