/** Reads a JSON configuration into the same tree as HCL, with positions. Called by parse-config. */
import { type Bounds, Cursor } from './cursor.ts';
import type { ConfigItem, ConfigNode, ObjectNode } from './node.ts';

const BLANK = /[ \t\r\n]+/y;
const TEXT = /"(?:[^"\\\r\n]|\\.)*"/y;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const WORD = /[a-zA-Z]+/y;

/** The whole file as one object; throws ConfigFaults with line and column at the first thing that is not JSON. */
export function parseJson(source: string, text: string, bounds?: Bounds): ObjectNode {
  const cursor = new Cursor(source, text, bounds);
  cursor.take(BLANK);
  if (cursor.here !== '{') cursor.fail(`expected "{", found ${cursor.describe()}`);
  const object = readObject(cursor);
  cursor.take(BLANK);
  if (!cursor.isAtEnd) cursor.fail(`expected the end of the file, found ${cursor.describe()}`);
  return object;
}

function readObject(cursor: Cursor): ObjectNode {
  const at = cursor.position();
  const items: ConfigItem[] = [];
  readSequence(cursor, '}', () => {
    const item = readItem(cursor);
    if (item !== undefined) items.push(item);
  });
  return { kind: 'object', at, items };
}

/** Undefined for a null, which says that the key is not set. */
function readItem(cursor: Cursor): ConfigItem | undefined {
  const at = cursor.position();
  if (cursor.here !== '"') cursor.fail(`expected a key in quotes, found ${cursor.describe()}`);
  const key = takeText(cursor);
  cursor.take(BLANK);
  if (!cursor.takeToken(':')) cursor.fail(`expected ":" after the key, found ${cursor.describe()}`);
  cursor.take(BLANK);
  const value = readValue(cursor);
  return value === undefined ? undefined : { at, key, labels: [], value };
}

function readList(cursor: Cursor): ConfigNode[] {
  const items: ConfigNode[] = [];
  readSequence(cursor, ']', () => {
    const start = cursor.at;
    const value = readValue(cursor);
    if (value === undefined) cursor.fail('null is no element of a list', start);
    items.push(value);
  });
  return items;
}

/** Steps over the opening bracket, elements with commas between them, and `close`. */
function readSequence(cursor: Cursor, close: ']' | '}', readElement: () => void): void {
  const opened = cursor.at;
  cursor.at += 1;
  cursor.take(BLANK);
  if (cursor.takeToken(close)) return;
  cursor.nested(() => {
    for (;;) {
      cursor.take(BLANK);
      readElement();
      cursor.take(BLANK);
      if (cursor.takeToken(close)) return;
      if (cursor.isAtEnd) cursor.fail('the bracket is never closed', opened);
      if (!cursor.takeToken(',')) cursor.fail(`expected "," or "${close}", found ${cursor.describe()}`);
    }
  });
}

function readValue(cursor: Cursor): ConfigNode | undefined {
  cursor.countNode();
  const at = cursor.position();
  if (cursor.here === '{') return readObject(cursor);
  if (cursor.here === '[') return { kind: 'list', at, items: readList(cursor) };
  if (cursor.here === '"') return { kind: 'string', at, value: takeText(cursor) };
  const number = cursor.take(NUMBER);
  if (number !== undefined) return readNumber(cursor, { at, text: number });
  const start = cursor.at;
  const word = cursor.take(WORD);
  if (word === 'null') return undefined;
  if (word === 'true' || word === 'false') return { kind: 'boolean', at, value: word === 'true' };
  return cursor.fail(
    word === undefined
      ? `expected a value, found ${cursor.describe()}`
      : 'expected a value, found a bare word',
    start,
  );
}

function readNumber(cursor: Cursor, found: { at: ReturnType<Cursor['position']>; text: string }): ConfigNode {
  const value = Number(found.text);
  if (!Number.isFinite(value)) cursor.fail('the number is too large', cursor.at - found.text.length);
  return { kind: 'number', at: found.at, value, text: found.text };
}

function takeText(cursor: Cursor): string {
  const start = cursor.at;
  const literal = cursor.take(TEXT);
  if (literal === undefined) return cursor.fail('the text is never closed, or has a line break in it', start);
  try {
    return String(JSON.parse(literal));
  } catch {
    return cursor.fail('unknown escape or control character in a text', start);
  }
}
