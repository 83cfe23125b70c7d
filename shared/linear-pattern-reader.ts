/** Reads a pattern into the steps of an automaton: one character, a fork, an end of the text, or the match. Used by linear-pattern. */
import { invalidArgument } from './errors.ts';

export type Step =
  | { readonly kind: 'char'; readonly accepts: (char: string) => boolean }
  | { readonly kind: 'fork'; readonly to: readonly number[] }
  | { readonly kind: 'begin' | 'end' | 'match' };

const SOURCE_MAX_CHARS = 1_000;
const STEPS_MAX = 5_000;
const REPEAT_MAX = 1_000; // RE2's
const DEPTH_MAX = 50;

export function parsePattern(source: string): readonly Step[] {
  if (source.length > SOURCE_MAX_CHARS)
    throw invalidArgument(`pattern is longer than ${SOURCE_MAX_CHARS} characters`);
  const reader = new PatternReader(source);
  return [...reader.whole(), { kind: 'match' }];
}

/** Steps whose forks count from their own beginning. */
type Part = readonly Step[];

class PatternReader {
  readonly #source: string;
  readonly #ignoresCase: boolean;
  #at: number;

  constructor(source: string) {
    this.#source = source;
    this.#ignoresCase = source.startsWith('(?i)');
    this.#at = this.#ignoresCase ? 4 : 0;
  }

  whole(): Part {
    const part = this.#either(0);
    if (this.#at < this.#source.length) throw this.#refusal('a ")" too many');
    return part;
  }

  #either(depth: number): Part {
    if (depth > DEPTH_MAX) throw this.#refusal('too many parentheses');
    let part = this.#sequence(depth);
    while (this.#take('|')) part = eitherOf(part, this.#sequence(depth));
    return part;
  }

  #sequence(depth: number): Part {
    let all: Part = [];
    for (let next = this.#peek(); next !== undefined && next !== '|' && next !== ')'; next = this.#peek())
      all = this.#joined(all, this.#repeated(depth));
    return all;
  }

  #repeated(depth: number): Part {
    const one = this.#atom(depth);
    const [least, most] = this.#count();
    if (least === 1 && most === 1) return one;
    let part: Part = [];
    for (let count = 0; count < least; count++) part = this.#joined(part, one);
    if (most === undefined) return this.#joined(part, anyNumberOf(one));
    let optional: Part = [];
    for (let count = least; count < most; count++) optional = maybe(this.#joined(one, optional));
    return this.#joined(part, optional);
  }

  /** How often what was read may come; undefined: without end. */
  #count(): readonly [number, number | undefined] {
    const found = /^(?:([*+?])|\{(\d{1,4})(?:(,)(\d{0,4}))?\})\??/.exec(this.#source.slice(this.#at));
    if (found === null) return [1, 1];
    this.#at += found[0].length;
    if (/^[*+?{]/.test(this.#source.slice(this.#at))) throw this.#refusal('a repetition of a repetition');
    const [, sign, least = '', comma, most] = found;
    if (sign !== undefined) return [sign === '+' ? 1 : 0, sign === '?' ? 1 : undefined];
    const from = Number(least);
    const to = comma === undefined ? from : most === '' ? undefined : Number(most);
    if (from > REPEAT_MAX || (to !== undefined && (to > REPEAT_MAX || to < from)))
      throw this.#refusal('a count that is not allowed');
    return [from, to];
  }

  #atom(depth: number): Part {
    const char = this.#next();
    switch (char) {
      case '(':
        return this.#group(depth);
      case '[':
        return [{ kind: 'char', accepts: this.#set() }];
      case '.':
        return [{ kind: 'char', accepts: (each) => each !== '\n' }];
      case '^':
        return [{ kind: 'begin' }];
      case '$':
        return [{ kind: 'end' }];
      case '\\':
        return this.#escape();
      case '*':
      case '+':
      case '?':
        throw this.#refusal('a repetition of nothing');
      default:
        return this.#charPart((each) => each === char);
    }
  }

  #group(depth: number): Part {
    if (this.#peek() === '?') {
      const named = /^\?(?::|P?<\w+>)/.exec(this.#source.slice(this.#at));
      if (named === null) throw this.#refusal('a kind of group that is not supported');
      this.#at += named[0].length;
    }
    const part = this.#either(depth + 1);
    if (!this.#take(')')) throw this.#refusal('a "(" too many');
    return part;
  }

  #escape(): Part {
    const char = this.#next();
    if (char === 'A') return [{ kind: 'begin' }];
    if (char === 'z') return [{ kind: 'end' }];
    const set = classOf(char) ?? this.#literal(char);
    return this.#charPart(set);
  }

  #literal(char: string): (each: string) => boolean {
    if (/[A-Za-z0-9]/.test(char)) throw this.#refusal(`the escape \\${char}, which is not supported`);
    return (each) => each === char;
  }

  /** What is between brackets. */
  #set(): (char: string) => boolean {
    const isNegated = this.#take('^');
    const accepting: ((char: string) => boolean)[] = [];
    for (let isFirst = true; isFirst || this.#peek() !== ']'; isFirst = false)
      accepting.push(this.#setItem());
    this.#next();
    // Case is for what stands between the brackets, and not for what is left by a "^".
    const forms = (char: string): readonly string[] =>
      this.#ignoresCase ? [char, char.toLowerCase(), char.toUpperCase()] : [char];
    return (char) => forms(char).some((form) => accepting.some((accepts) => accepts(form))) !== isNegated;
  }

  #setItem(): (char: string) => boolean {
    const from = this.#next();
    if (from === '[' && this.#peek() === ':') throw this.#refusal('a named set, which is not supported');
    if (from === '\\') {
      const char = this.#next();
      return classOf(char) ?? this.#literal(char);
    }
    if (!/^-[^\]]/.test(this.#source.slice(this.#at))) return (each) => each === from;
    this.#at += 1;
    const to = this.#next();
    if (to < from || to === '\\') throw this.#refusal(`a range from ${from} to ${to}`);
    return (each) => each >= from && each <= to;
  }

  #charPart(accepts: (char: string) => boolean): Part {
    if (!this.#ignoresCase) return [{ kind: 'char', accepts }];
    return [{ kind: 'char', accepts: (char) => accepts(char.toLowerCase()) || accepts(char.toUpperCase()) }];
  }

  #joined(first: Part, second: Part): Part {
    if (first.length + second.length > STEPS_MAX) throw this.#refusal('too many repetitions');
    return [...first, ...moved(second, first.length)];
  }

  #peek(): string | undefined {
    return this.#source[this.#at];
  }

  #take(char: string): boolean {
    if (this.#peek() !== char) return false;
    this.#at += 1;
    return true;
  }

  #next(): string {
    const char = this.#source[this.#at++];
    if (char === undefined) throw this.#refusal('no end where it should have one');
    return char;
  }

  #refusal(what: string) {
    return invalidArgument(`pattern "${this.#source}" has ${what}`);
  }
}

function classOf(char: string): ((each: string) => boolean) | undefined {
  const pattern = { d: /^[0-9]$/, w: /^[0-9A-Za-z_]$/, s: /^[\t\n\f\r ]$/ }[char.toLowerCase()];
  if (pattern === undefined) return undefined;
  const isNegated = char !== char.toLowerCase();
  return (each) => pattern.test(each) !== isNegated;
}

const moved = (part: Part, by: number): Part =>
  part.map((step) =>
    step.kind === 'fork' ? { kind: 'fork', to: step.to.map((index) => index + by) } : step,
  );

const eitherOf = (first: Part, second: Part): Part => [
  { kind: 'fork', to: [1, first.length + 2] },
  ...moved(first, 1),
  { kind: 'fork', to: [first.length + 2 + second.length] },
  ...moved(second, first.length + 2),
];

const maybe = (part: Part): Part => [{ kind: 'fork', to: [1, part.length + 1] }, ...moved(part, 1)];

const anyNumberOf = (part: Part): Part => [
  { kind: 'fork', to: [1, part.length + 2] },
  ...moved(part, 1),
  { kind: 'fork', to: [0] },
];
