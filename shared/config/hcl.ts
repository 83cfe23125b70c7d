/**
 * Reads HCL 1, the language of server.conf and agent.conf, into a tree with positions. Called by parse-config.
 * Lists and objects, blocks with labels, comments in three styles, heredocs; text in `${…}` is left as it is.
 */
import { Cursor } from './cursor.ts';
import { takeHeredoc, takeQuoted } from './hcl-text.ts';
import type { ConfigItem, ConfigNode, ObjectNode } from './node.ts';
import { parseNumber } from './number.ts';

const BLANK = /[ \t\r\n]+/y;
const LINE_COMMENT = /(?:#|\/\/)[^\n]*/y;
const NAME = /[\p{L}_][\p{L}\p{Nd}_.-]*/uy;
const NUMBER = /-?(?:0[xX][0-9a-fA-F]*|\d*(?:\.\d+)?(?:[eE][+-]?\d*)?)[\p{L}\p{Nd}_.]*/uy;

/** The whole file as one object; throws ConfigFaults with line and column at the first thing that is not HCL. */
export function parseHcl(source: string, text: string): ObjectNode {
  const cursor = new Cursor(source, text);
  const at = cursor.position(0);
  const items = readItems(cursor, '');
  return { kind: 'object', at, items };
}

/** Items up to `close` (the end of the file when empty), which is stepped over. */
function readItems(cursor: Cursor, close: '' | '}'): ConfigItem[] {
  const items: ConfigItem[] = [];
  const opened = cursor.at;
  for (;;) {
    skipBlank(cursor);
    if (cursor.isAtEnd) {
      if (close === '') return items;
      cursor.fail('"{" is never closed', opened - 1);
    }
    if (close !== '' && cursor.takeToken(close)) return items;
    items.push(readItem(cursor));
    skipBlank(cursor);
    cursor.takeToken(',');
  }
}

function readItem(cursor: Cursor): ConfigItem {
  const at = cursor.position();
  const key = takeKey(cursor);
  if (key === undefined) return cursor.fail(`expected a key, found ${cursor.describe()}`);
  const labels = readLabels(cursor);
  cursor.countNode();
  if (cursor.here === '{') return { at, key, labels, value: readObject(cursor) };
  if (!cursor.takeToken('=')) {
    return cursor.fail(
      `expected "=" or "{" after ${JSON.stringify(key.slice(0, 64))}, found ${cursor.describe()}`,
    );
  }
  if (labels.length > 0) return cursor.fail(`a block with a label takes no "="`, cursor.at - 1);
  skipBlank(cursor);
  return { at, key, labels, value: readValue(cursor) };
}

function readLabels(cursor: Cursor): string[] {
  const labels: string[] = [];
  for (;;) {
    skipBlank(cursor);
    const label = takeKey(cursor);
    if (label === undefined) return labels;
    cursor.countNode();
    labels.push(label);
  }
}

const takeKey = (cursor: Cursor): string | undefined =>
  cursor.here === '"' ? takeQuoted(cursor) : cursor.take(NAME);

function readValue(cursor: Cursor): ConfigNode {
  cursor.countNode();
  const at = cursor.position();
  if (cursor.here === '"') return { kind: 'string', at, value: takeQuoted(cursor) };
  if (cursor.here === '{') return readObject(cursor);
  if (cursor.here === '[') return { kind: 'list', at, items: readList(cursor) };
  if (cursor.text.startsWith('<<', cursor.at)) return { kind: 'string', at, value: takeHeredoc(cursor) };
  if (/[-.\d]/.test(cursor.here)) return readNumber(cursor);
  return readWord(cursor);
}

function readNumber(cursor: Cursor): ConfigNode {
  const start = cursor.at;
  const at = cursor.position();
  const text = cursor.take(NUMBER) ?? '';
  const value = parseNumber(text);
  if (value !== undefined) return { kind: 'number', at, value, text };
  // The text is not repeated: it may be the beginning of a token that lacks its quotes.
  return cursor.fail('not a number; text and durations stand in quotes', start);
}

function readWord(cursor: Cursor): ConfigNode {
  const start = cursor.at;
  const at = cursor.position();
  const word = cursor.take(NAME);
  if (word === 'true' || word === 'false') return { kind: 'boolean', at, value: word === 'true' };
  if (word === undefined) return cursor.fail(`expected a value, found ${cursor.describe()}`);
  return cursor.fail('expected a value, found a bare word; text stands in quotes', start);
}

function readObject(cursor: Cursor): ObjectNode {
  const at = cursor.position();
  cursor.at += 1;
  return cursor.nested(() => ({ kind: 'object', at, items: readItems(cursor, '}') }));
}

function readList(cursor: Cursor): ConfigNode[] {
  const opened = cursor.at;
  cursor.at += 1;
  return cursor.nested(() => {
    const items: ConfigNode[] = [];
    for (;;) {
      skipBlank(cursor);
      if (cursor.isAtEnd) cursor.fail('"[" is never closed', opened);
      if (cursor.takeToken(']')) return items;
      items.push(readValue(cursor));
      skipBlank(cursor);
      if (!cursor.takeToken(',') && cursor.here !== ']') {
        if (cursor.isAtEnd) cursor.fail('"[" is never closed', opened);
        cursor.fail(`expected "," or "]" in a list, found ${cursor.describe()}`);
      }
    }
  });
}

function skipBlank(cursor: Cursor): void {
  while (
    cursor.take(BLANK) !== undefined ||
    cursor.take(LINE_COMMENT) !== undefined ||
    skipBlockComment(cursor)
  );
}

function skipBlockComment(cursor: Cursor): boolean {
  if (!cursor.text.startsWith('/*', cursor.at)) return false;
  const end = cursor.text.indexOf('*/', cursor.at + 2);
  if (end < 0) cursor.fail('the comment is never closed');
  cursor.at = end + 2;
  return true;
}
