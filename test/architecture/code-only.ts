/**
 * Source text with comments, or comments and strings, blanked: same length, same lines. Enough of JavaScript's lexical
 * grammar for that; what the architecture's rules look at must not be found in a comment.
 */

export interface Blanked {
  /** Without comments. */
  readonly withStrings: string;
  /** Without comments, and with nothing in strings, templates and regular expressions. */
  readonly bare: string;
}

const BEFORE_REGEX =
  /(?:^|[=(,:;!&|?{}[+\-*%~^<>]|\b(?:return|typeof|case|in|of|await|throw|new|delete|void))\s*$/;
const LOOK_BACK = 200;

export function blank(text: string): Blanked {
  return new Blanker(text).run();
}

class Blanker {
  readonly #text: string;
  readonly #withStrings: string[] = [];
  readonly #bare: string[] = [];
  /** For each open template substitution the braces open within it. */
  readonly #templates: number[] = [];
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  run(): Blanked {
    while (this.#at < this.#text.length) this.#step();
    return { withStrings: this.#withStrings.join(''), bare: this.#bare.join('') };
  }

  #step(): void {
    const two = this.#text.slice(this.#at, this.#at + 2);
    const one = two.charAt(0);
    if (two === '//') this.#comment(this.#until('\n'));
    else if (two === '/*') this.#comment(this.#until('*/', 2) + 2);
    else if (one === "'" || one === '"') this.#literal(this.#endOfString(one));
    else if (one === '/' && this.#isRegex()) this.#literal(this.#endOfRegex());
    else if (one === '`') this.#template();
    else if (one === '}' && this.#templates.at(-1) === 0) this.#backToTemplate();
    else this.#character(one);
  }

  #character(one: string): void {
    const last = this.#templates.length - 1;
    if (one === '{') this.#templates[last] = (this.#templates[last] ?? 0) + 1;
    if (one === '}') this.#templates[last] = (this.#templates[last] ?? 0) - 1;
    this.#withStrings.push(one);
    this.#bare.push(one);
    this.#at += 1;
  }

  #until(mark: string, skip = 0): number {
    const found = this.#text.indexOf(mark, this.#at + skip);
    return found === -1 ? this.#text.length : found;
  }

  #comment(end: number): void {
    const spaces = spacesFor(this.#text.slice(this.#at, end));
    this.#withStrings.push(spaces);
    this.#bare.push(spaces);
    this.#at = end;
  }

  /** Keeps the first and last character, so that a string still looks like one. */
  #literal(end: number): void {
    const literal = this.#text.slice(this.#at, end);
    this.#withStrings.push(literal);
    this.#bare.push(`${literal.charAt(0)}${spacesFor(literal.slice(1, -1))}${literal.slice(1).slice(-1)}`);
    this.#at = end;
  }

  #endOfString(quote: string): number {
    let at = this.#at + 1;
    while (at < this.#text.length && this.#text.charAt(at) !== quote)
      at += this.#text.charAt(at) === '\\' ? 2 : 1;
    return at + 1;
  }

  #isRegex(): boolean {
    const before = this.#bare.slice(-LOOK_BACK).join('').trimEnd();
    return BEFORE_REGEX.test(before);
  }

  #endOfRegex(): number {
    let isClass = false;
    let at = this.#at + 1;
    for (; at < this.#text.length; at += 1) {
      const one = this.#text.charAt(at);
      if (one === '\\') at += 1;
      else if (one === '[') isClass = true;
      else if (one === ']') isClass = false;
      else if (one === '/' && !isClass) break;
    }
    return at + 1;
  }

  #template(): void {
    this.#literal(this.#endOfTemplatePart(this.#at + 1));
    this.#openSubstitution();
  }

  #backToTemplate(): void {
    this.#templates.pop();
    this.#literal(this.#endOfTemplatePart(this.#at + 1));
    this.#openSubstitution();
  }

  /** After a template part that ended with an opening brace. */
  #openSubstitution(): void {
    if (this.#text.slice(this.#at - 2, this.#at) === '${') this.#templates.push(0);
  }

  #endOfTemplatePart(from: number): number {
    for (let at = from; at < this.#text.length; at += 1) {
      const one = this.#text.charAt(at);
      if (one === '\\') at += 1;
      else if (one === '`') return at + 1;
      else if (one === '$' && this.#text.charAt(at + 1) === '{') return at + 2;
    }
    return this.#text.length;
  }
}

const spacesFor = (text: string): string => text.replace(/[^\n]/g, ' ');
