/** Certificates taken apart and put together again with something wrong in them, for tests of what reads them. */
import { constructedTag, DerReader, Tag } from '../../../shared/crypto/der.ts';
import {
  type Der,
  encode,
  explicit,
  objectIdentifier,
  octetString,
  sequence,
} from '../../../shared/crypto/der-writer.ts';
import { signCertificate } from '../../../shared/crypto/certificate-builder.ts';
import type { Signer } from '../../../shared/crypto/signer.ts';

export interface Parts {
  version: Der;
  serialNumber: Der;
  innerAlgorithm: Der;
  issuer: Der;
  validity: Der;
  subject: Der;
  publicKey: Der;
  extensions: readonly Der[];
  outerAlgorithm: Der;
  signature: Der;
}

export function takeApart(der: Uint8Array): Parts {
  const certificate = new DerReader(der).enter(Tag.sequence);
  const tbs = certificate.enter(Tag.sequence);
  const parts = {
    version: tbs.raw(constructedTag(0)),
    serialNumber: tbs.raw(Tag.integer),
    innerAlgorithm: tbs.raw(Tag.sequence),
    issuer: tbs.raw(Tag.sequence),
    validity: tbs.raw(Tag.sequence),
    subject: tbs.raw(Tag.sequence),
    publicKey: tbs.raw(Tag.sequence),
  };
  const list = tbs.enter(constructedTag(3)).enter(Tag.sequence);
  const extensions: Der[] = [];
  while (!list.isDone) extensions.push(list.raw(Tag.sequence));
  return {
    ...parts,
    extensions,
    outerAlgorithm: certificate.raw(Tag.sequence),
    signature: certificate.raw(Tag.bitString),
  };
}

/** The part that is signed. */
export const tbsOf = (parts: Parts): Der =>
  sequence(
    parts.version,
    parts.serialNumber,
    parts.innerAlgorithm,
    parts.issuer,
    parts.validity,
    parts.subject,
    parts.publicKey,
    explicit(3, sequence(...parts.extensions)),
  );

/** The certificate with these parts exchanged; its signature is left as it was. */
export function edit(der: Uint8Array, change: (parts: Parts) => Partial<Parts>): Uint8Array {
  const before = takeApart(der);
  const parts = { ...before, ...change(before) };
  return encode(sequence(tbsOf(parts), parts.outerAlgorithm, parts.signature));
}

/** The same, signed again. */
export function editAndSign(
  der: Uint8Array,
  issuer: Signer,
  change: (parts: Parts) => Partial<Parts>,
): Promise<Uint8Array> {
  const before = takeApart(der);
  return signCertificate(encode(tbsOf({ ...before, ...change(before) })), issuer);
}

export interface ExtensionText {
  readonly oid: string;
  readonly value: Der;
  readonly critical?: Uint8Array;
}

/** An extension of any content; `critical` is its boolean's encoding. */
const extension = ({ oid, value, critical }: ExtensionText): Der =>
  sequence(objectIdentifier(oid), ...(critical === undefined ? [] : [critical]), octetString(value));

/** The extensions without the one of that OID. */
export function without(extensions: readonly Der[], oid: string): readonly Der[] {
  const wanted = encode(objectIdentifier(oid));
  const oidOf = (each: Der): Uint8Array => new DerReader(encode(each)).enter(Tag.sequence).raw(Tag.oid);
  return extensions.filter((each) => Buffer.compare(oidOf(each), wanted) !== 0);
}

/** The extensions with one exchanged, or added when there is none of that OID. */
export const withExtension = (extensions: readonly Der[], changed: ExtensionText): readonly Der[] => [
  ...without(extensions, changed.oid),
  extension(changed),
];

export const TRUE = Uint8Array.of(Tag.boolean, 1, 0xff);
export const FALSE = Uint8Array.of(Tag.boolean, 1, 0);
