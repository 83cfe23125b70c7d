/**
 * One value of a node's metadata, read out of the bytes of a google.protobuf.Struct without making the rest of it. Called by
 * validation.
 */
import { WireReader } from '../../shared/rpc/wire-format.ts';

/** Further on nothing is looked for. */
const ENTRIES_MAX = 1_000;
const LENGTH = 2;
/** Of Struct: `fields`, a map. Of its entries: `key` and `value`. Of Value: `string_value` and `bool_value`. */
const [FIELDS, KEY, VALUE, STRING, BOOL] = [1, 1, 2, 3, 4];

/** The text or yes or no that the key stands for at the top; undefined where it is neither, and on bytes that are no Struct. */
export function topValue(struct: Uint8Array, key: string): string | boolean | undefined {
  try {
    return find(new WireReader(struct), key);
  } catch {
    return undefined;
  }
}

function find(reader: WireReader, key: string): string | boolean | undefined {
  let found: string | boolean | undefined;
  for (let left = ENTRIES_MAX; left > 0 && !reader.isAtEnd; left -= 1) {
    const { id, wire } = tagOf(reader);
    if (id !== FIELDS || wire !== LENGTH) reader.skip(wire);
    else {
      const entry = entryOf(reader.bytes());
      if (entry.key === key) found = valueOf(entry.value); // the last one counts
    }
  }
  return found;
}

function entryOf(bytes: Uint8Array): { readonly key: string; readonly value: Uint8Array } {
  const reader = new WireReader(bytes);
  const parts = new Map<number, Buffer>();
  while (!reader.isAtEnd && parts.size < 2) {
    const { id, wire } = tagOf(reader);
    if ((id === KEY || id === VALUE) && wire === LENGTH) parts.set(id, reader.bytes());
    else reader.skip(wire);
  }
  return { key: parts.get(KEY)?.toString() ?? '', value: parts.get(VALUE) ?? new Uint8Array() };
}

/** Of its first field: a Value has one. */
function valueOf(bytes: Uint8Array): string | boolean | undefined {
  const reader = new WireReader(bytes);
  if (reader.isAtEnd) return undefined;
  const { id, wire } = tagOf(reader);
  if (id === BOOL && wire === 0) return reader.varint() !== 0n;
  return id === STRING && wire === LENGTH ? reader.bytes().toString() : undefined;
}

function tagOf(reader: WireReader): { readonly id: number; readonly wire: number } {
  const tag = reader.int32() >>> 0;
  return { id: tag >>> 3, wire: tag & 7 };
}
