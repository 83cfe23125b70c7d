/**
 * The functions that an agent path template may call: of Go's own and of sprig's those that make a path of a name. All that
 * SPIRE allows and that is not here is refused by name when the template is read. Used by path-template.
 */
import { hash } from 'node:crypto';
import { invalidArgument } from './errors.ts';

export type Value = string | number | boolean | readonly string[] | ReadonlyMap<string, string>;

/** Throws InvalidArgument on arguments that it has no use for. */
export type TemplateFunction = (args: readonly Value[]) => Value;

const texts =
  (count: number, call: (...args: readonly string[]) => Value): TemplateFunction =>
  (args) => {
    if (args.length !== count) throw invalidArgument(`takes ${count} arguments, not ${args.length}`);
    return call(...args.map(textOf));
  };

function textOf(value: Value | undefined): string {
  if (typeof value !== 'string') throw invalidArgument('takes text');
  return value;
}

function numberOf(value: Value | undefined): number {
  if (typeof value !== 'number') throw invalidArgument('takes a number');
  return value;
}

function listOf(value: Value | undefined): readonly string[] {
  if (!Array.isArray(value)) throw invalidArgument('takes a list');
  return value.map(textOf);
}

export const templateFunctions: Readonly<Record<string, TemplateFunction>> = {
  lower: texts(1, (text = '') => text.toLowerCase()),
  upper: texts(1, (text = '') => text.toUpperCase()),
  trim: texts(1, (text = '') => text.trim()),
  nospace: texts(1, (text = '') => text.replace(/\s+/g, '')),
  trimAll: texts(2, (chars = '', text = '') => trimAll(chars, text)),
  trimPrefix: texts(2, (prefix = '', text = '') =>
    text.startsWith(prefix) ? text.slice(prefix.length) : text,
  ),
  trimSuffix: texts(2, (suffix = '', text = '') =>
    text.endsWith(suffix) ? text.slice(0, text.length - suffix.length) : text,
  ),
  replace: texts(3, (old = '', by = '', text = '') => text.replaceAll(old, () => by)),
  contains: texts(2, (part = '', text = '') => text.includes(part)),
  hasPrefix: texts(2, (prefix = '', text = '') => text.startsWith(prefix)),
  hasSuffix: texts(2, (suffix = '', text = '') => text.endsWith(suffix)),
  sha1sum: texts(1, (text = '') => hash('sha1', text)),
  sha256sum: texts(1, (text = '') => hash('sha256', text)),
  splitList: texts(2, (separator = '', text = '') => text.split(separator)),
  join: ([separator, list, ...more]) => {
    if (more.length > 0) throw invalidArgument('takes 2 arguments');
    return listOf(list).join(textOf(separator));
  },
  first: ([list]) => listOf(list)[0] ?? '',
  last: ([list]) => listOf(list).at(-1) ?? '',
  trunc: ([count, text]) => truncated(numberOf(count), textOf(text)),
  substr: ([from, to, text]) => substring(numberOf(from), numberOf(to), textOf(text)),
  toString: (args: readonly Value[]) => printed(args[0] ?? ''),
  index,
  printf: ([format, ...args]) => formatted(textOf(format), args),
  default: ([fallback = '', value]) => (isEmpty(value) ? fallback : (value ?? '')),
  coalesce: (args) => args.find((value) => !isEmpty(value)) ?? '',
  empty: ([value]) => isEmpty(value),
  ternary: ([yes = '', no = '', choice]) => {
    if (typeof choice !== 'boolean') throw invalidArgument('chooses by true or false');
    return choice ? yes : no;
  },
};

/** As Go prints a value into the output. Throws InvalidArgument on lists and maps, which no path holds. */
export function printed(value: Value): string {
  if (typeof value === 'object') throw invalidArgument('a list or map cannot be part of a path');
  return String(value);
}

const isEmpty = (value: Value | undefined): boolean => {
  if (value === undefined || value === '' || value === 0 || value === false) return true;
  return typeof value === 'object' && ('size' in value ? value.size : value.length) === 0;
};

function trimAll(chars: string, text: string): string {
  let [from, to] = [0, text.length];
  while (from < to && chars.includes(text.charAt(from))) from += 1;
  while (to > from && chars.includes(text.charAt(to - 1))) to -= 1;
  return text.slice(from, to);
}

/** sprig: a negative count keeps the end. */
function truncated(count: number, text: string): string {
  if (count >= 0) return text.slice(0, count);
  return -count < text.length ? text.slice(count) : text;
}

/** sprig: a negative start is the beginning, an end that is negative or too large the end. */
function substring(from: number, to: number, text: string): string {
  const start = Math.max(from, 0);
  const end = from < 0 ? to : to < 0 || to > text.length ? text.length : to;
  if (start > end || end < 0 || end > text.length) throw invalidArgument('asks for what is not in the text');
  return text.slice(start, end);
}

/** Go: the n-th of a list, which must be there; the value of a key, empty when it is not. */
function index([of, key]: readonly Value[]): Value {
  if (typeof of === 'object' && !Array.isArray(of) && 'get' in of) return of.get(textOf(key)) ?? '';
  const found = listOf(of)[numberOf(key)];
  if (found === undefined) throw invalidArgument('asks for what is not in the list');
  return found;
}

const VERB = /%([sdv%])|%/g;

/** %s, %d, %v and %% alone. */
function formatted(format: string, args: readonly Value[]): string {
  let used = 0;
  const text = format.replace(VERB, (_, verb: string | undefined) => {
    if (verb === '%') return '%';
    const value = args[used++];
    const isRight = verb === 'v' || typeof value === (verb === 'd' ? 'number' : 'string');
    if (verb === undefined || value === undefined || !isRight)
      throw invalidArgument('has a format that does not fit: %s, %d and %v are supported');
    return printed(value);
  });
  if (used < args.length) throw invalidArgument('has more values than its format');
  return text;
}
