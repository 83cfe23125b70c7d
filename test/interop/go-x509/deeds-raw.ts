/** Deeds on the encoding, on keys and on signatures. */
import {
  bitString,
  encode,
  explicit,
  node,
  sequence,
  text,
  unsignedInteger,
} from '../../../shared/crypto/der-writer.ts';
import { DerReader, Tag } from '../../../shared/crypto/der.ts';
import { Oid } from '../../../shared/crypto/oids.ts';
import type { Parts } from '../../shared/crypto/edit-certificate.ts';
import { type Deed, dropExtension } from './deeds-fields.ts';
import { casOf, type Draft, leafOf, present } from './draft.ts';
import { algorithms, type KeyKind, oddAlgorithms } from './keys.ts';

type Edit = Draft['edits'][number];
const edit =
  (change: Edit): Deed =>
  (draft, { dice }) =>
    void dice.pick(draft.path).edits.push(change);
const tamper =
  (change: Edit): Deed =>
  (draft, { dice }) =>
    void dice.pick(draft.path).tampering.push(change);

const CA_KEYS: readonly KeyKind[] = ['rsa-1024', 'rsa-3072', 'ec-p224', 'ec-p521', 'ed25519', 'rsa-2048'];
const LEAF_KEYS: readonly KeyKind[] = [...CA_KEYS, 'x25519'];
const SPKI_P256_BYTES = 91;

/** A copy with one bit turned. */
function turnBit(bytes: Uint8Array, at: number): Uint8Array {
  const copy = Uint8Array.from(bytes);
  copy[at] = (copy[at] ?? 0) ^ 1;
  return copy;
}

/** 2026-01-01 and 02 in the form that is for years from 2050 on. */
const generalizedValidity = sequence(
  text(Tag.generalizedTime, '20260101000000Z'),
  text(Tag.generalizedTime, '20260102000000Z'),
);
const withoutSeconds = sequence(text(Tag.utcTime, '2601010000Z'), text(Tag.utcTime, '2601020000Z'));
const withOffset = sequence(text(Tag.utcTime, '260101000000+0000'), text(Tag.utcTime, '260102000000+0000'));
const negative = node(Tag.integer, Uint8Array.of(0x80));

export const rawDeeds: Readonly<Record<string, Deed>> = {
  'signature tampered with': tamper(({ signature }) => {
    const bytes = encode(signature);
    return { signature: turnBit(bytes, bytes.length - 1) };
  }),
  'empty signature': tamper(() => ({ signature: bitString(new Uint8Array()) })),
  'key tampered with': tamper(({ publicKey }) => ({
    publicKey: turnBit(encode(publicKey), encode(publicKey).length - 1),
  })),
  'name tampered with': tamper(({ subject }) => ({
    subject: turnBit(encode(subject), encode(subject).length - 1),
  })),
  'algorithms differ': (draft, { dice }) => {
    const which = dice.pick(['innerAlgorithm', 'outerAlgorithm'] as const);
    dice
      .pick(draft.path)
      .tampering.push(() => ({ [which]: algorithms[dice.pick(oddAlgorithms('ec-p256'))].der }));
  },
  'odd signature algorithm': (draft, { dice }) => {
    const at = dice.below(draft.path.length);
    const signer = present(draft.path[at + 1] ?? draft.path[at]);
    present(draft.path[at]).algorithm = dice.pick(oddAlgorithms(signer.key.kind));
  },
  'key of another kind for an issuer': (draft, { dice, keys }) => {
    dice.pick(casOf(draft)).key = keys.pick(dice, dice.pick(CA_KEYS));
  },
  'key of another kind for a leaf': (draft, { dice, keys }) => {
    leafOf(draft).key = keys.pick(dice, dice.pick(LEAF_KEYS));
  },
  'point off its curve': (draft, { dice }) => {
    const target = dice.pick(draft.path);
    target.edits.push(({ publicKey }) => offCurve(encode(publicKey)));
  },
  'compressed point': (draft, { keys, dice }) => {
    leafOf(draft).key = keys.pick(dice, 'ec-p256');
    const publicKey = compressed(leafOf(draft).key.publicKey);
    leafOf(draft).edits.push(() => ({ publicKey }));
  },
  'odd RSA exponent': (draft, { dice, keys }) => {
    leafOf(draft).key = keys.pick(dice, 'rsa-2048');
    const odd = dice.pick([Uint8Array.of(2), Uint8Array.of(1), Uint8Array.of(1, 0, 0, 0, 1)]);
    const publicKey = withExponent(leafOf(draft).key.publicKey, odd);
    leafOf(draft).edits.push(() => ({ publicKey }));
  },
  'serial number of no bytes': edit(() => ({ serialNumber: node(Tag.integer) })),
  'serial number zero': edit(() => ({ serialNumber: unsignedInteger(Uint8Array.of(0)) })),
  'negative serial number': edit(() => ({ serialNumber: negative })),
  'serial number of 20 bytes': edit(() => ({ serialNumber: unsignedInteger(new Uint8Array(20).fill(0x7f)) })),
  'serial number of 21 bytes': edit(() => ({ serialNumber: unsignedInteger(new Uint8Array(21).fill(0x7f)) })),
  'padded serial number': edit(() => ({ serialNumber: node(Tag.integer, Uint8Array.of(0, 1)) })),
  'version 1': (draft, { dice }) => {
    dice.pick(draft.path).isVersion1 = true;
  },
  'version 2 or 4': (draft, { dice }) => {
    const version = encode(explicit(0, unsignedInteger(Uint8Array.of(dice.pick([0, 1, 3])))));
    dice.pick(draft.path).edits.push(() => ({ version }));
  },
  'extension twice': (draft, { dice }) => {
    dice.pick(draft.path).edits.push(({ extensions }) => ({
      extensions: extensions.length === 0 ? [] : [...extensions, dice.pick(extensions)],
    }));
  },
  'no extension in a list': edit(() => ({ extensions: [] })),
  'unique identifiers': edit((parts) => withUniqueId(parts)),
  'time of 2026 in the form of 2050': edit(() => ({ validity: generalizedValidity })),
  'time without seconds': edit(() => ({ validity: withoutSeconds })),
  'time with an offset': edit(() => ({ validity: withOffset })),
  'no key identifiers': (draft, { dice }) => {
    for (const each of dice.some(draft.path)) {
      if (dice.once(2)) dropExtension(each, Oid.subjectKeyId);
      else each.authorityKeyId = null;
    }
  },
  'wrong key identifiers': (draft, { dice }) => {
    for (const each of dice.some(draft.path)) each.authorityKeyId = Uint8Array.of(dice.below(3));
  },
};

/** Of a P-256 key; others are left as they are. */
export const offCurve = (spki: Uint8Array): Partial<Parts> =>
  spki.length === SPKI_P256_BYTES ? { publicKey: turnBit(spki, spki.length - 1) } : {};

/** 0x02 or 0x03 and x alone (SEC 1 2.3.3). */
function compressed(spki: Uint8Array): Uint8Array {
  const point = spki.subarray(-65);
  const short = Uint8Array.of(2 + ((point[64] ?? 0) & 1), ...point.subarray(1, 33));
  return encode(sequence(spki.subarray(2, 23), bitString(short)));
}

/** The same modulus. */
function withExponent(spki: Uint8Array, exponent: Uint8Array): Uint8Array {
  const info = new DerReader(spki).enter(Tag.sequence);
  const algorithm = info.raw(Tag.sequence);
  const modulus = new DerReader(info.bitString()).enter(Tag.sequence).raw(Tag.integer);
  const key = encode(sequence(modulus, unsignedInteger(exponent)));
  return encode(sequence(algorithm, bitString(key)));
}

/** Long unused, between key and extensions. */
const withUniqueId = ({ publicKey }: Parts): Partial<Parts> => ({
  publicKey: Buffer.concat([encode(publicKey), encode(node(0x81, Uint8Array.of(0, 1)))]),
});
