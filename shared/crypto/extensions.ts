/** Certificate extensions, read (RFC 5280 4.2). Called by certificate; extension-writers is the other half. */
import { invalidArgument } from '../errors.ts';
import { constructedTag, DerReader, primitiveTag, Tag } from './der.ts';
import { type GeneralNames, readGeneralNames } from './general-names.ts';
import { type NameConstraints, readNameConstraints } from './name-constraints.ts';
import { Oid } from './oids.ts';

/** Bits of KeyUsage in their order (RFC 5280 4.2.1.3). */
export const KEY_USAGES = [
  'digitalSignature',
  'contentCommitment',
  'keyEncipherment',
  'dataEncipherment',
  'keyAgreement',
  'keyCertSign',
  'crlSign',
  'encipherOnly',
  'decipherOnly',
] as const;
export type KeyUsage = (typeof KEY_USAGES)[number];

export interface Extension {
  readonly oid: string;
  readonly isCritical: boolean;
  readonly value: Uint8Array;
}

/** What the known extensions say; undefined where one is absent. */
export interface ExtensionValues {
  basicConstraints?: { readonly isCa: boolean; readonly pathLength: number | undefined };
  keyUsage?: ReadonlySet<KeyUsage>;
  /** Dotted OIDs. */
  extendedKeyUsage?: readonly string[];
  subjectAltName?: GeneralNames;
  subjectKeyId?: Uint8Array;
  authorityKeyId?: Uint8Array;
  nameConstraints?: NameConstraints;
}

const MAX_EXTENSIONS = 64;

/** Reads an Extensions SEQUENCE; throws InvalidArgument when one occurs twice (RFC 5280 4.2). */
export function readExtensions(list: DerReader): readonly Extension[] {
  const found: Extension[] = [];
  while (!list.isDone) {
    const extension = readExtension(list.enter(Tag.sequence));
    if (found.some(({ oid }) => oid === extension.oid))
      throw invalidArgument(`extension ${extension.oid} occurs twice`);
    if (found.length === MAX_EXTENSIONS)
      throw invalidArgument(`there are more than ${MAX_EXTENSIONS} extensions`);
    found.push(extension);
  }
  if (found.length === 0) throw invalidArgument('list of extensions is empty');
  return found;
}

function readExtension(reader: DerReader): Extension {
  const oid = reader.oid();
  const isCritical = reader.isAt(Tag.boolean) && reader.boolean();
  const value = reader.contents(Tag.octetString);
  reader.end();
  return { oid, isCritical, value };
}

type Read = (value: DerReader, into: ExtensionValues) => void;

const READERS: Readonly<Record<string, Read>> = {
  [Oid.basicConstraints]: (value, into) => {
    into.basicConstraints = readBasicConstraints(value.enter(Tag.sequence));
  },
  [Oid.keyUsage]: (value, into) => {
    into.keyUsage = readKeyUsage(value);
  },
  [Oid.extendedKeyUsage]: (value, into) => {
    into.extendedKeyUsage = readExtendedKeyUsage(value.enter(Tag.sequence));
  },
  [Oid.subjectAltName]: (value, into) => {
    into.subjectAltName = readGeneralNames(value.enter(Tag.sequence));
  },
  [Oid.subjectKeyId]: (value, into) => {
    into.subjectKeyId = value.contents(Tag.octetString);
  },
  [Oid.authorityKeyId]: (value, into) => {
    const keyId = readAuthorityKeyId(value.enter(Tag.sequence));
    if (keyId !== undefined) into.authorityKeyId = keyId;
  },
  [Oid.nameConstraints]: (value, into) => {
    into.nameConstraints = readNameConstraints(value.enter(Tag.sequence));
  },
  // Binding only together with policy constraints, which crypto/chain refuses (RFC 5280 6.1: any policy will do)
  [Oid.certificatePolicies]: (value) => value.skip(Tag.sequence),
};

/** RFC 5280 4.2.1.1, 4.2.1.2 and 4.2.2.1: conforming authorities mark these non-critical, always. */
const NEVER_CRITICAL: ReadonlySet<string> = new Set([
  Oid.subjectKeyId,
  Oid.authorityKeyId,
  Oid.authorityInformationAccess,
]);

/** Reads the extensions that are known; throws InvalidArgument on a malformed one. */
export function readExtensionValues(extensions: readonly Extension[]): ExtensionValues {
  const values: ExtensionValues = {};
  for (const { oid, isCritical, value } of extensions) {
    if (isCritical && NEVER_CRITICAL.has(oid)) throw invalidArgument(`extension ${oid} must not be critical`);
    const read = READERS[oid];
    if (read === undefined) continue;
    const reader = new DerReader(value);
    read(reader, values);
    reader.end();
  }
  return values;
}

/** Critical extensions that nothing here understands: a certificate with one must be refused (RFC 5280 4.2). */
export const unhandledCritical = (extensions: readonly Extension[]): readonly string[] =>
  extensions.filter(({ oid, isCritical }) => isCritical && READERS[oid] === undefined).map(({ oid }) => oid);

/** RFC 5280 4.2.1.9 */
function readBasicConstraints(reader: DerReader): { isCa: boolean; pathLength: number | undefined } {
  const isCa = reader.isAt(Tag.boolean) && reader.boolean();
  const pathLength = reader.isDone ? undefined : reader.smallInteger();
  reader.end();
  if (pathLength !== undefined && !isCa) throw invalidArgument('path length is given without the CA flag');
  return { isCa, pathLength };
}

function readKeyUsage(reader: DerReader): ReadonlySet<KeyUsage> {
  const bits = reader.namedBits();
  return new Set(KEY_USAGES.filter((_, at) => (bits & (0x8000 >> at)) !== 0));
}

function readExtendedKeyUsage(reader: DerReader): readonly string[] {
  const purposes: string[] = [];
  while (!reader.isDone) purposes.push(reader.oid());
  if (purposes.length === 0) throw invalidArgument('extended key usage is empty');
  return purposes;
}

/** Of the three ways to name the issuer's key (identifier, its issuer, serial number) only the identifier is used. */
function readAuthorityKeyId(reader: DerReader): Uint8Array | undefined {
  const keyId = reader.isAt(primitiveTag(0)) ? reader.contents(primitiveTag(0)) : undefined;
  for (const tag of [constructedTag(1), primitiveTag(2)]) if (reader.isAt(tag)) reader.skip(tag);
  reader.end();
  return keyId;
}
