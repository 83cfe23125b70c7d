/** Texts that others chose, made safe to print: they can neither begin a line of their own nor steer the terminal. */

const CONTROL = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;

/** Control characters as `\n` or `\x1b`; everything else unchanged. */
export const printable = (text: string): string => text.replace(CONTROL, escaped);

const NAMES: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

function escaped(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  return (
    NAMES[character] ??
    (code > 0xff ? `\\u${code.toString(16).padStart(4, '0')}` : `\\x${code.toString(16).padStart(2, '0')}`)
  );
}
