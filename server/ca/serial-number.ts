/** Serial numbers of certificates. Called by whatever issues one. */
import { DerReader, constructedTag, Tag } from '../../shared/crypto/der.ts';
import type { Random } from '../../shared/random.ts';

const SERIAL_BYTES = 16; // SPIRE: 1 to 2^128 - 1

/** Random, positive (RFC 5280 4.1.2.2), without leading zeros. */
export function newSerialNumber(random: Random): Uint8Array {
  const bytes = random.bytes(SERIAL_BYTES);
  const first = bytes.findIndex((byte) => byte !== 0);
  return first < 0 ? Uint8Array.of(1) : bytes.subarray(first);
}

/** The serial number of a certificate of ours, without reading the rest again. */
export function serialNumberOf(der: Uint8Array): Uint8Array {
  const tbs = new DerReader(der).enter(Tag.sequence).enter(Tag.sequence);
  tbs.skip(constructedTag(0));
  return tbs.unsigned();
}
