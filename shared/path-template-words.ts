/** Cuts an agent path template into text and the words of its actions. Used by path-template. */
import { invalidArgument } from './errors.ts';

export type Word =
  | { readonly kind: 'field'; readonly names: readonly string[] }
  | { readonly kind: 'function'; readonly name: string }
  | { readonly kind: 'constant'; readonly value: string | number | boolean }
  | { readonly kind: 'pipe' | 'open' | 'close' };

export type Piece =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'action'; readonly words: readonly Word[] };

const OPEN = '{{';
const CLOSE = '}}';
const TEMPLATE_MAX_CHARS = 4_096;

/** Throws InvalidArgument where it is no template. */
export function templatePieces(template: string): readonly Piece[] {
  if (template.length > TEMPLATE_MAX_CHARS)
    throw invalidArgument(`template is longer than ${TEMPLATE_MAX_CHARS} characters`);
  const pieces: Piece[] = [];
  let at = 0;
  let isTrimmed = false;
  while (at < template.length) {
    const open = template.indexOf(OPEN, at);
    const end = open < 0 ? template.length : open;
    // Go: a dash with a space beside it takes the white space on its outer side away
    const trimsBefore = open >= 0 && /^-\s/.test(template.slice(open + 2, open + 4));
    pieces.push({ kind: 'text', text: trimmed(template.slice(at, end), isTrimmed, trimsBefore) });
    if (open < 0) break;
    const action = readAction(template, open + OPEN.length + (trimsBefore ? 1 : 0));
    isTrimmed = action.trimsAfter;
    if (action.words.length > 0) pieces.push({ kind: 'action', words: action.words });
    at = action.end;
  }
  return pieces.filter((piece) => piece.kind === 'action' || piece.text !== '');
}

function trimmed(text: string, atStart: boolean, atEnd: boolean): string {
  const tail = atStart ? text.replace(/^[ \t\r\n]+/, '') : text;
  return atEnd ? tail.replace(/[ \t\r\n]+$/, '') : tail;
}

interface Action {
  readonly words: readonly Word[];
  readonly trimsAfter: boolean;
  readonly end: number;
}

const COMMENT = /\s*\/\*[^]*?\*\/\s*?(\s-)?\}\}/y;
const END = /\s*?(\s-)?\}\}/y;

function readAction(template: string, from: number): Action {
  const comment = matchAt(COMMENT, template, from);
  if (comment !== undefined)
    return { words: [], trimsAfter: comment[1] !== undefined, end: from + comment[0].length };
  const words: Word[] = [];
  for (let at = from; ; ) {
    const end = matchAt(END, template, at);
    if (end !== undefined) {
      if (words.length === 0) throw invalidArgument('template has an action that says nothing');
      return { words, trimsAfter: end[1] !== undefined, end: at + end[0].length };
    }
    const [word, next] = readWord(template, at);
    words.push(word);
    at = next;
  }
}

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text) ?? undefined;
}

/** What a word may look like; each ends where the next may begin. */
const WORDS: readonly (readonly [RegExp, (text: string) => Word])[] = [
  [
    /(?:\.[A-Za-z_][A-Za-z0-9_]*)+(?=[\s)|}])/y,
    (text) => ({ kind: 'field', names: text.slice(1).split('.') }),
  ],
  [/(?:true|false)(?=[\s)|}])/y, (text) => ({ kind: 'constant', value: text === 'true' })],
  [/[A-Za-z][A-Za-z0-9]*(?=[\s)|}])/y, (text) => ({ kind: 'function', name: text })],
  [/-?\d{1,9}(?=[\s)|}])/y, (text) => ({ kind: 'constant', value: Number(text) })],
  [/"(?:[^"\\\n]|\\.)*"/y, (text) => ({ kind: 'constant', value: unquoted(text) })],
  [/`[^`]*`/y, (text) => ({ kind: 'constant', value: text.slice(1, -1) })],
  [/\|/y, () => ({ kind: 'pipe' })],
  [/\(/y, () => ({ kind: 'open' })],
  [/\)/y, () => ({ kind: 'close' })],
];
const SPACE = /\s*/y;

function readWord(template: string, from: number): readonly [Word, number] {
  const at = from + (matchAt(SPACE, template, from)?.[0].length ?? 0);
  for (const [pattern, make] of WORDS) {
    const found = matchAt(pattern, template, at)?.[0];
    if (found !== undefined) return [make(found), at + found.length];
  }
  const rest = template.slice(at);
  if (!rest.includes(CLOSE)) throw invalidArgument('template has an action that is not closed');
  throw invalidArgument(`template has "${rest.slice(0, 20)}" where a field, function or text should be`);
}

/** A string of Go, of whose escapes JSON knows those that anybody needs. */
function unquoted(text: string): string {
  try {
    return String(JSON.parse(text));
  } catch {
    throw invalidArgument(`template has the text ${text.slice(0, 40)}, whose escapes are not supported`);
  }
}
