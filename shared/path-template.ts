/**
 * Agent path templates (`agent_path_template`): of Go's text/template the actions that print a field, or what functions
 * make of it. Read once, with the configuration; filled in at each attestation. Used by the node attestors that have one.
 *
 * DIVERGES: SPIRE takes Go's whole language and says at the first attestation that a field does not exist. Here control
 * structures, variables and the functions that are not in path-template-functions are refused, and unknown fields with
 * them, when the configuration is read.
 */
import { CodedError, invalidArgument, messageOf } from './errors.ts';
import { printed, type TemplateFunction, templateFunctions, type Value } from './path-template-functions.ts';
import { type Piece, templatePieces, type Word } from './path-template-words.ts';

/** Dotted names of the fields that there are; a map's own keys are not among them. */
export interface KnownFields {
  readonly fields: readonly string[];
  readonly maps: readonly string[];
}

/** By dotted name. */
export type FieldValues = ReadonlyMap<string, Value>;

type Expression =
  | { readonly kind: 'constant'; readonly value: Value }
  | { readonly kind: 'field'; readonly name: string; readonly key: string | undefined }
  | {
      readonly kind: 'call';
      readonly name: string;
      readonly run: TemplateFunction;
      readonly args: readonly Expression[];
    };

const CONTROL = new Set(
  'if else end range with define template block break continue and or not eq ne lt le gt ge'.split(' '),
);
const DEPTH_MAX = 32; // of parentheses

export class PathTemplate {
  /** As it was written. */
  readonly text: string;
  readonly #parts: readonly (string | Expression)[];

  private constructor(text: string, parts: readonly (string | Expression)[]) {
    this.text = text;
    this.#parts = parts;
  }

  /** Throws InvalidArgument, with what is wrong, unless it can be filled in from these fields. */
  static parse(text: string, known: KnownFields): PathTemplate {
    const parts = templatePieces(text).map((piece) => partOf(piece, known));
    const [first] = parts;
    if (first === undefined) throw invalidArgument('template is empty');
    if (typeof first === 'string' && !first.startsWith('/'))
      throw invalidArgument('template must begin with a slash: it makes a path');
    return new PathTemplate(text, parts);
  }

  /** Throws InvalidArgument where a map lacks a key, or a function gets what it has no use for. */
  fill(values: FieldValues): string {
    return this.#parts
      .map((part) => (typeof part === 'string' ? part : printed(evaluate(part, values))))
      .join('');
  }

  toJSON(): string {
    return this.text;
  }
}

const partOf = (piece: Piece, known: KnownFields): string | Expression =>
  piece.kind === 'text' ? piece.text : new Reader(piece.words, known).whole();

/** Reads the words of one action. */
class Reader {
  readonly #words: readonly Word[];
  readonly #known: KnownFields;
  #at = 0;

  constructor(words: readonly Word[], known: KnownFields) {
    this.#words = words;
    this.#known = known;
  }

  whole(): Expression {
    const read = this.#pipeline(0);
    if (this.#at < this.#words.length) throw invalidArgument('template has a ")" too many');
    return read;
  }

  #pipeline(depth: number): Expression {
    if (depth > DEPTH_MAX) throw invalidArgument(`template is nested more than ${DEPTH_MAX} deep`);
    let read = this.#command(depth, undefined);
    while (this.#words[this.#at]?.kind === 'pipe') {
      this.#at += 1;
      read = this.#command(depth, read);
    }
    return read;
  }

  /** Go: what comes through a pipe is the last argument. */
  #command(depth: number, piped: Expression | undefined): Expression {
    const first = this.#words[this.#at];
    if (first?.kind !== 'function') {
      const operand = this.#operand(depth);
      if (piped !== undefined || this.#isAtOperand())
        throw invalidArgument('template gives arguments to what is no function');
      return operand;
    }
    this.#at += 1;
    const args: Expression[] = [];
    while (this.#isAtOperand()) args.push(this.#operand(depth));
    return callOf(first.name, piped === undefined ? args : [...args, piped]);
  }

  #isAtOperand(): boolean {
    const kind = this.#words[this.#at]?.kind;
    return kind !== undefined && kind !== 'pipe' && kind !== 'close';
  }

  #operand(depth: number): Expression {
    const word = this.#words[this.#at++];
    switch (word?.kind) {
      case 'constant':
        return { kind: 'constant', value: word.value };
      case 'field':
        return fieldOf(word.names, this.#known);
      case 'function':
        return callOf(word.name, []);
      case 'open': {
        const inner = this.#pipeline(depth + 1);
        if (this.#words[this.#at++]?.kind !== 'close') throw invalidArgument('template has a "(" too many');
        return inner;
      }
      default:
        throw invalidArgument('template has a "|" or ")" where a field, function or text should be');
    }
  }
}

function callOf(name: string, args: readonly Expression[]): Expression {
  const run = Object.hasOwn(templateFunctions, name) ? templateFunctions[name] : undefined;
  if (run !== undefined) return { kind: 'call', name, run, args };
  const what = CONTROL.has(name) ? `"${name}" is` : `function "${name}" is`;
  throw invalidArgument(`${what} not supported, only ${Object.keys(templateFunctions).join(', ')}`);
}

function fieldOf(names: readonly string[], { fields, maps }: KnownFields): Expression {
  const name = names.join('.');
  const map = maps.find((each) => names.length === 2 && each === names[0]);
  if (map !== undefined) return { kind: 'field', name: map, key: names[1] };
  if (fields.includes(name) || maps.includes(name)) return { kind: 'field', name, key: undefined };
  const all = [...fields, ...maps].map((each) => `.${each}`).join(', ');
  throw invalidArgument(`there is no field .${name}, only ${all}`);
}

function evaluate(expression: Expression, values: FieldValues): Value {
  switch (expression.kind) {
    case 'constant':
      return expression.value;
    case 'field':
      return valueOf(expression.name, expression.key, values);
    case 'call':
      return called(
        expression.name,
        expression.run,
        expression.args.map((each) => evaluate(each, values)),
      );
  }
}

function valueOf(name: string, key: string | undefined, values: FieldValues): Value {
  const value = values.get(name);
  if (value === undefined) throw invalidArgument(`there is no value of .${name}`);
  if (key === undefined) return value;
  const inner = typeof value === 'object' && 'get' in value ? value.get(key) : undefined;
  if (inner === undefined) throw invalidArgument(`.${name} has no "${key}"`);
  return inner;
}

function called(name: string, run: TemplateFunction, args: readonly Value[]): Value {
  try {
    return run(args);
  } catch (cause) {
    if (!(cause instanceof CodedError)) throw cause;
    throw invalidArgument(`function "${name}" ${messageOf(cause)}`, { cause });
  }
}
