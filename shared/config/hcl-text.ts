/** Text in HCL 1: quoted with escapes, and heredocs. Called by the HCL reader alone. */
import type { Cursor } from './cursor.ts';

const PLAIN = /[^"\\$\r\n]+/y;
const OCTAL = /[0-7]{3}/y;
const HEX_2 = /[0-9a-fA-F]{2}/y;
const HEX_4 = /[0-9a-fA-F]{4}/y;
const HEX_8 = /[0-9a-fA-F]{8}/y;
const ANCHOR = /<<(-?)([\p{L}\p{Nd}_.-]+)\r?\n/uy;

const SIMPLE_ESCAPES: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
  '"': '"',
};

/** The text of the quoted literal that begins here; throws ConfigFaults when it does not end or escapes wrongly. */
export function takeQuoted(cursor: Cursor): string {
  const opened = cursor.at;
  cursor.at += 1;
  let text = '';
  for (;;) {
    text += cursor.take(PLAIN) ?? '';
    if (cursor.isAtEnd || cursor.here === '\n' || cursor.here === '\r')
      cursor.fail('the text is never closed', opened);
    if (cursor.takeToken('"')) return text;
    if (cursor.here === '\\') text += takeEscape(cursor);
    else text += takeDollar(cursor, opened);
  }
}

function takeEscape(cursor: Cursor): string {
  const start = cursor.at;
  cursor.at += 1;
  const simple = SIMPLE_ESCAPES[cursor.here];
  if (simple !== undefined) {
    cursor.at += 1;
    return simple;
  }
  const codePoint = takeCodePoint(cursor);
  if (codePoint === undefined) return cursor.fail('unknown escape in a text', start);
  if (codePoint > 0x10_ff_ff || (codePoint >= 0xd8_00 && codePoint <= 0xdf_ff)) {
    return cursor.fail('the escape names no Unicode character', start);
  }
  return String.fromCodePoint(codePoint);
}

/** After the backslash: `NNN`, `xNN`, `uNNNN`, `UNNNNNNNN`. Single bytes above 0x7f would be no UTF-8. */
function takeCodePoint(cursor: Cursor): number | undefined {
  const octal = cursor.take(OCTAL);
  if (octal !== undefined) return asciiOnly(Number.parseInt(octal, 8));
  if (cursor.takeToken('x')) return asciiOnly(hex(cursor.take(HEX_2)));
  if (cursor.takeToken('u')) return hex(cursor.take(HEX_4));
  if (cursor.takeToken('U')) return hex(cursor.take(HEX_8));
  return undefined;
}

const hex = (digits: string | undefined): number | undefined =>
  digits === undefined ? undefined : Number.parseInt(digits, 16);

const asciiOnly = (byte: number | undefined): number | undefined =>
  byte !== undefined && byte <= 0x7f ? byte : undefined;

/** A lone `$`, or `${…}` to its closing brace, word for word: quotes and backslashes in it mean nothing to us. */
function takeDollar(cursor: Cursor, opened: number): string {
  const start = cursor.at;
  cursor.at += 1;
  if (!cursor.takeToken('{')) return '$';
  for (let open = 1; open > 0; cursor.at += 1) {
    if (cursor.isAtEnd) cursor.fail('the text is never closed', opened);
    if (cursor.here === '{') open += 1;
    else if (cursor.here === '}') open -= 1;
    else if (cursor.here === '\\') cursor.at += 1;
  }
  if (cursor.at > cursor.text.length) cursor.fail('the text is never closed', opened);
  return cursor.text.slice(start, cursor.at);
}

/** The lines up to the one that holds only the anchor; `<<-` takes the anchor's indentation off every line. */
export function takeHeredoc(cursor: Cursor): string {
  const opened = cursor.at;
  ANCHOR.lastIndex = cursor.at;
  const match = ANCHOR.exec(cursor.text);
  if (match === null) return cursor.fail('a heredoc begins with "<<" and a word that ends the line');
  cursor.at += match[0].length;
  const anchor = match[2] ?? '';
  const lines: string[] = [];
  for (;;) {
    if (cursor.isAtEnd)
      cursor.fail(`the heredoc is never closed by ${JSON.stringify(anchor.slice(0, 40))}`, opened);
    const line = takeLine(cursor);
    if (line.trim() === anchor)
      return joinLines(lines, match[1] === '-' ? line.slice(0, line.indexOf(anchor)) : '');
    lines.push(line);
  }
}

/** The rest of the line. The line break that ends the last line of a heredoc stays for whoever reads on. */
function takeLine(cursor: Cursor): string {
  const end = cursor.text.indexOf('\n', cursor.at);
  const line = cursor.text.slice(cursor.at, end < 0 ? cursor.text.length : end);
  cursor.at += line.length + (end < 0 ? 0 : 1);
  return line;
}

function joinLines(lines: readonly string[], indent: string): string {
  const isIndented = lines.every((line) => line.startsWith(indent));
  return lines.map((line) => `${isIndented ? line.slice(indent.length) : line}\n`).join('');
}
