/** Huffman-coded texts in HTTP/2 headers (RFC 7541 5.2). Used by hpack. */
import { internal } from '../../errors.ts';

/**
 * How many bits the code of each byte has, base 36, and at the end that of EOS (RFC 7541 appendix B). No more is needed:
 * codes of one length follow each other in the order of their bytes, and those of the next length come behind.
 */
const BITS = [
  'dnsssssssoussussssssssusssssssss6aacd68baa8b8666555666666678f6ca',
  'd67777777777777777777777878djde6f56565666577666567655677777fbeds',
  'kmkkmmmnmnnnnnonoomnonnnnlmnmnnomlkmmnnlnmmolmnnllmlnmnnkmmmnmmn',
  'qqkjmnmpqqqrrqopjlqrrqrollqqsrrrkoklmllnmmppooqnqrqqrrrrrsrrrrrq',
  'u',
].join('');
const EOS = 256;
const BITS_MAX = 30;

/** The bytes whose code has so many bits, in order, and the first of these codes. */
interface Level {
  readonly first: number;
  readonly bytes: readonly number[];
}

let levels: readonly Level[] | undefined;

function makeLevels(): readonly Level[] {
  const made: Level[] = [];
  let first = 0;
  for (let bits = 0; bits <= BITS_MAX; bits += 1) {
    const bytes = BITS.split('').flatMap((each, byte) => (Number.parseInt(each, 36) === bits ? [byte] : []));
    made.push({ first, bytes });
    first = (first + bytes.length) * 2;
  }
  return made;
}

/** Each byte as one character. Throws Internal on a code that is none, and on padding that is not a part of EOS. */
export function decodeHuffman(coded: Uint8Array): string {
  levels ??= makeLevels();
  const bytes: number[] = [];
  let code = 0;
  let bits = 0;
  for (let at = 0; at < coded.length * 8; at += 1) {
    code = code * 2 + (((coded[at >> 3] ?? 0) >> (7 - (at & 7))) & 1);
    bits += 1;
    const byte = byteOf(levels[bits], code);
    if (byte === undefined) continue;
    bytes.push(byte);
    [code, bits] = [0, 0];
  }
  if (bits > 7 || code !== 2 ** bits - 1) throw internal('a header is not coded as HTTP/2 codes it');
  return String.fromCharCode(...bytes);
}

function byteOf(level: Level | undefined, code: number): number | undefined {
  if (level === undefined) throw internal('a header has a Huffman code that is none');
  const byte = level.bytes[code - level.first];
  if (byte === EOS) throw internal('a header has the end of its text in the middle');
  return byte;
}
