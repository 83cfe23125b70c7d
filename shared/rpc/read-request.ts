/**
 * Requests stay bytes until the gate has let their caller in: two bytes of a message can become two hundred in memory.
 * Called by server-call.
 */
import { invalidArgument } from '../errors.ts';

export type Decode = (bytes: Buffer) => object;

/** No list that is worth sending has so many items in a message of 4 MiB: an entry's UUID alone takes 38 bytes. */
const FIELDS_MAX = 200_000;

/** Throws InvalidArgument on bytes that are no such message, or that would be too many things. */
export function readRequest(decode: Decode, bytes: Buffer): object {
  if (hasMoreFields(bytes, FIELDS_MAX)) throw invalidArgument(`request has more than ${FIELDS_MAX} fields`);
  try {
    return decode(bytes);
  } catch (cause) {
    throw invalidArgument('request is malformed', { cause });
  }
}

/** Whether there are more fields at the top of a message (protobuf encoding); bytes that are none are not judged. */
function hasMoreFields(bytes: Buffer, max: number): boolean {
  if (bytes.length <= max) return false; // each takes one byte at least
  let at = 0;
  for (let count = 0; at < bytes.length; count += 1) {
    if (count >= max) return true;
    const tag = varintAt(bytes, at);
    at = afterValue(bytes, tag.end, tag.value & 7);
  }
  return false;
}

function afterValue(bytes: Buffer, at: number, wireType: number): number {
  switch (wireType) {
    case 0:
      return varintAt(bytes, at).end;
    case 1:
      return at + 8;
    case 2: {
      const length = varintAt(bytes, at);
      return length.end + length.value;
    }
    case 5:
      return at + 4;
    default:
      return at; // the borders of a group; what is unknown, decoding refuses
  }
}

const VARINT_MAX_BYTES = 10;

function varintAt(bytes: Buffer, start: number): { readonly value: number; readonly end: number } {
  let value = 0;
  for (let at = start; at < start + VARINT_MAX_BYTES; at += 1) {
    const byte = bytes[at] ?? 0;
    value += (byte & 0x7f) * 2 ** (7 * (at - start));
    if (byte < 0x80) return { value, end: at + 1 };
  }
  return { value, end: start + VARINT_MAX_BYTES };
}
