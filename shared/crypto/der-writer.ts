/**
 * Writes DER, sizes first: nodes know their length when made, so that one buffer is allocated and filled once.
 * Called by everything in shared/crypto that encodes and by server/ca/certificate-template.
 */
import { constructedTag, Tag } from './der.ts';
import { encodeOid } from './oids.ts';

/** An element to be written: already encoded bytes, or a node. */
export type Der = Uint8Array | DerNode;

interface DerNode {
  readonly tag: number;
  readonly parts: readonly Der[];
  readonly contentLength: number;
  /** Of the whole element, header included. */
  readonly length: number;
}

/** An element whose contents are `parts`, one after the other. */
export function node(tag: number, ...parts: readonly Der[]): Der {
  let contentLength = 0;
  for (const part of parts) contentLength += part.length;
  return { tag, parts, contentLength, length: headerLength(contentLength) + contentLength };
}

/** The bytes of `parts`, one after the other. */
export function encode(...parts: readonly Der[]): Uint8Array {
  let length = 0;
  for (const part of parts) length += part.length;
  const into = new Uint8Array(length);
  writeAll(into, 0, parts);
  return into;
}

export const sequence = (...parts: readonly Der[]): Der => node(Tag.sequence, ...parts);

/** A SET OF: its elements sorted, as DER wants them (X.690 11.6). */
export function setOf(...parts: readonly Der[]): Der {
  if (parts.length === 1) return node(Tag.set, ...parts);
  return node(Tag.set, ...parts.map((part) => encode(part)).sort((a, b) => Buffer.compare(a, b)));
}

export const explicit = (n: number, ...parts: readonly Der[]): Der => node(constructedTag(n), ...parts);

export const octetString = (...parts: readonly Der[]): Der => node(Tag.octetString, ...parts);

const NO_UNUSED_BITS = Uint8Array.of(0);
export const bitString = (bytes: Uint8Array): Der => node(Tag.bitString, NO_UNUSED_BITS, bytes);

/** An INTEGER from its magnitude, big-endian, leading zeros or not. */
export function unsignedInteger(magnitude: Uint8Array): Der {
  let from = 0;
  while (from < magnitude.length - 1 && magnitude[from] === 0) from++;
  const minimal = magnitude.subarray(from);
  if (minimal.length === 0) return node(Tag.integer, ZERO);
  return (minimal[0] ?? 0) < 0x80 ? node(Tag.integer, minimal) : node(Tag.integer, ZERO, minimal);
}

const ZERO = Uint8Array.of(0);

export const objectIdentifier = (dotted: string): Der => node(Tag.oid, encodeOid(dotted));

export const booleanTrue: Der = Uint8Array.of(Tag.boolean, 1, 0xff);

/** A string of one of the ASCII or UTF-8 kinds. */
export const text = (tag: number, value: string): Der => node(tag, Buffer.from(value, 'utf8'));

function headerLength(contentLength: number): number {
  if (contentLength < 0x80) return 2;
  if (contentLength < 0x100) return 3;
  return contentLength < 0x10000 ? 4 : 5;
}

function writeAll(into: Uint8Array, from: number, parts: readonly Der[]): number {
  let at = from;
  for (const part of parts) {
    if (part instanceof Uint8Array) {
      into.set(part, at);
      at += part.length;
    } else {
      at = writeAll(into, writeHeader(into, at, part), part.parts);
    }
  }
  return at;
}

function writeHeader(into: Uint8Array, from: number, { tag, contentLength, length }: DerNode): number {
  let at = from;
  into[at++] = tag;
  const lengthBytes = length - contentLength - 2;
  if (lengthBytes > 0) into[at++] = 0x80 | lengthBytes;
  for (let shift = lengthBytes === 0 ? 0 : 8 * (lengthBytes - 1); shift >= 0; shift -= 8)
    into[at++] = contentLength >> shift;
  return at;
}
