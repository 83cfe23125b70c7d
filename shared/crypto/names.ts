/** Distinguished names (RFC 5280 4.1.2.4). Called by certificate builders and readers; elsewhere a name is opaque DER. */
import { invalidArgument } from '../errors.ts';
import { type Der, encode, objectIdentifier, sequence, setOf, text } from './der-writer.ts';
import { DerReader, Tag } from './der.ts';
import { Oid } from './oids.ts';

export interface NameAttributes {
  readonly country?: readonly string[];
  readonly organization?: readonly string[];
  readonly organizationalUnit?: readonly string[];
  readonly commonName?: string;
  /** The attribute 2.5.4.5, not a certificate's serial number. */
  readonly serialNumber?: string;
}

/** The attribute types, encoded once, in the order that SPIRE writes them. */
const TYPES = {
  country: encode(objectIdentifier(Oid.country)),
  organization: encode(objectIdentifier(Oid.organization)),
  organizationalUnit: encode(objectIdentifier(Oid.organizationalUnit)),
  commonName: encode(objectIdentifier(Oid.commonName)),
  serialNumber: encode(objectIdentifier(Oid.serialNumber)),
  x500UniqueIdentifier: encode(objectIdentifier(Oid.x500UniqueIdentifier)),
};

/** The DER of a name; empty attributes are left out, several values of one kind share one relative name. */
export function distinguishedName(attributes: NameAttributes): Uint8Array {
  const {
    country = [],
    organization = [],
    organizationalUnit = [],
    commonName = '',
    serialNumber = '',
  } = attributes;
  return encode(
    sequence(
      ...relativeName(TYPES.country, country),
      ...relativeName(TYPES.organization, organization),
      ...relativeName(TYPES.organizationalUnit, organizationalUnit),
      ...relativeName(TYPES.commonName, [commonName]),
      ...relativeName(TYPES.serialNumber, [serialNumber]),
    ),
  );
}

function relativeName(type: Uint8Array, values: readonly string[]): readonly Der[] {
  const present = values.filter((value) => value !== '');
  return present.length === 0 ? [] : [setOf(...present.map((value) => attribute(type, value)))];
}

const PRINTABLE = /^[A-Za-z0-9 '()+,./:=?-]*$/; // X.680 41.4

const attribute = (type: Uint8Array, value: string): Der =>
  sequence(type, text(PRINTABLE.test(value) ? Tag.printableString : Tag.utf8String, value));

/** The name with this common name in place of its own, at its end; the rest to the letter. */
export const withCommonName = (name: Uint8Array, commonName: string): Uint8Array =>
  withAttribute(name, Oid.commonName, commonName);

/** The name with this attribute, of a type of TYPES, in place of its own of that type, at its end; the rest to the letter. */
export function withAttribute(name: Uint8Array, oid: keyof typeof REPLACEABLE, value: string): Uint8Array {
  const relativeNames = new DerReader(name).enter(Tag.sequence);
  const kept: Der[] = [];
  while (!relativeNames.isDone) {
    const attributes = relativeNames.enter(Tag.set);
    const others: Uint8Array[] = [];
    while (!attributes.isDone) {
      const one = attributes.raw(Tag.sequence);
      if (!isOfType(one, oid)) others.push(one);
    }
    if (others.length > 0) kept.push(setOf(...others));
  }
  return encode(sequence(...kept, ...relativeName(REPLACEABLE[oid], [value])));
}

const REPLACEABLE = {
  [Oid.commonName]: TYPES.commonName,
  [Oid.organizationalUnit]: TYPES.organizationalUnit,
  [Oid.x500UniqueIdentifier]: TYPES.x500UniqueIdentifier,
};

const isOfType = (attribute: Uint8Array, oid: string): boolean =>
  new DerReader(attribute).enter(Tag.sequence).oid() === oid;

const EMPTY_NAME_BYTES = 2; // SEQUENCE, length 0
export const isEmptyName = (name: Uint8Array): boolean => name.length === EMPTY_NAME_BYTES;

/** Reads a Name whole; throws InvalidArgument unless it is sets of (attribute type, value). */
export function readName(reader: DerReader): Uint8Array {
  const name = reader.raw(Tag.sequence);
  const relativeNames = new DerReader(name).enter(Tag.sequence);
  while (!relativeNames.isDone) {
    const attributes = relativeNames.enter(Tag.set);
    if (attributes.isDone) throw invalidArgument('relative distinguished name is empty');
    while (!attributes.isDone) checkAttribute(attributes.enter(Tag.sequence));
  }
  return name;
}

function checkAttribute(attribute: DerReader): void {
  attribute.contents(Tag.oid);
  attribute.skip(attribute.peekTag());
  attribute.end();
}
