/** Certificate extensions, written (RFC 5280 4.2). Called by certificate-builder, csr and server/ca/certificate-template. */
import { constructedTag, primitiveTag, Tag } from './der.ts';
import {
  booleanTrue,
  type Der,
  encode,
  node,
  objectIdentifier,
  octetString,
  sequence,
  unsignedInteger,
} from './der-writer.ts';
import { KEY_USAGES, type KeyUsage } from './extensions.ts';
import { generalNames } from './general-names.ts';
import { Oid } from './oids.ts';

export interface SubjectAltNames {
  readonly uris: readonly string[];
  readonly dnsNames: readonly string[];
}

export interface SubtreeNames {
  readonly uris?: readonly string[];
  readonly dnsNames?: readonly string[];
}

/** The object identifiers, encoded once. */
const ID = {
  subjectKeyId: encode(objectIdentifier(Oid.subjectKeyId)),
  keyUsage: encode(objectIdentifier(Oid.keyUsage)),
  subjectAltName: encode(objectIdentifier(Oid.subjectAltName)),
  basicConstraints: encode(objectIdentifier(Oid.basicConstraints)),
  nameConstraints: encode(objectIdentifier(Oid.nameConstraints)),
  authorityKeyId: encode(objectIdentifier(Oid.authorityKeyId)),
  extendedKeyUsage: encode(objectIdentifier(Oid.extendedKeyUsage)),
};

const critical = (id: Uint8Array, value: Der): Der => sequence(id, booleanTrue, octetString(value));
const plain = (id: Uint8Array, value: Der): Der => sequence(id, octetString(value));

export function basicConstraintsExtension(isCa: boolean, pathLength?: number): Der {
  const length = pathLength === undefined ? [] : [unsignedInteger(Uint8Array.of(pathLength))];
  return critical(ID.basicConstraints, isCa ? sequence(booleanTrue, ...length) : sequence());
}

/** A named bit list: trailing zero bits are cut off (X.690 11.2.2). */
export function keyUsageExtension(usages: readonly KeyUsage[]): Der {
  const bits = usages.reduce((sum, usage) => sum | (0x8000 >> KEY_USAGES.indexOf(usage)), 0);
  const bytes = (bits & 0xff) === 0 ? [bits >> 8] : [bits >> 8, bits & 0xff];
  const last = bytes[bytes.length - 1] ?? 0;
  const unusedBits = last === 0 ? 0 : 31 - Math.clz32(last & -last);
  return critical(ID.keyUsage, node(Tag.bitString, Uint8Array.of(unusedBits, ...bytes)));
}

export const extendedKeyUsageExtension = (purposes: readonly string[]): Der =>
  plain(ID.extendedKeyUsage, sequence(...purposes.map(objectIdentifier)));

export const subjectKeyIdExtension = (keyId: Uint8Array): Der => plain(ID.subjectKeyId, octetString(keyId));

export const authorityKeyIdExtension = (keyId: Uint8Array): Der =>
  plain(ID.authorityKeyId, sequence(node(primitiveTag(0), keyId)));

/** Critical when it is the only name a certificate has (RFC 5280 4.2.1.6). */
export function subjectAltNameExtension({ uris, dnsNames }: SubjectAltNames, isCritical: boolean): Der {
  return (isCritical ? critical : plain)(ID.subjectAltName, generalNames(uris, dnsNames));
}

export function nameConstraintsExtension(permitted: SubtreeNames, excluded: SubtreeNames): Der {
  const lists = [permitted, excluded].map(({ uris = [], dnsNames = [] }, n) => {
    const names = [...uris.map((uri) => subtree(6, uri)), ...dnsNames.map((name) => subtree(2, name))];
    return names.length === 0 ? [] : [node(constructedTag(n), ...names)];
  });
  return critical(ID.nameConstraints, sequence(...lists.flat()));
}

const subtree = (kind: number, name: string): Der =>
  sequence(node(primitiveTag(kind), Buffer.from(name, 'latin1')));
