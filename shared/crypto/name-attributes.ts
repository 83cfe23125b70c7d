/** The values in a distinguished name by their type, as Go's pkix.Name has them. Called where an attestor looks into a subject. */
import { DerReader, Tag } from './der.ts';
import { Oid } from './oids.ts';

export interface NameValues {
  /** Of several, the last one, as in Go; empty without any. */
  readonly commonName: string;
  readonly serialNumber: string;
  readonly country: readonly string[];
  readonly organization: readonly string[];
  readonly organizationalUnit: readonly string[];
  readonly locality: readonly string[];
  readonly province: readonly string[];
}

const TEXT_TAGS: readonly number[] = [Tag.utf8String, Tag.printableString, Tag.ia5String];

/** Of the DER of a Name, of which values that are no text are passed over; throws on what is no Name. */
export function nameValues(name: Uint8Array): NameValues {
  const found = new Map<string, string[]>();
  const relativeNames = new DerReader(name).enter(Tag.sequence);
  while (!relativeNames.isDone) {
    const attributes = relativeNames.enter(Tag.set);
    while (!attributes.isDone) addValue(attributes.enter(Tag.sequence), found);
  }
  const all = (oid: string): readonly string[] => found.get(oid) ?? [];
  return {
    commonName: all(Oid.commonName).at(-1) ?? '',
    serialNumber: all(Oid.serialNumber).at(-1) ?? '',
    country: all(Oid.country),
    organization: all(Oid.organization),
    organizationalUnit: all(Oid.organizationalUnit),
    locality: all(Oid.locality),
    province: all(Oid.province),
  };
}

function addValue(attribute: DerReader, found: Map<string, string[]>): void {
  const oid = attribute.oid();
  const tag = attribute.peekTag();
  if (!TEXT_TAGS.includes(tag)) return;
  const values = found.get(oid) ?? [];
  values.push(Buffer.from(attribute.contents(tag)).toString('utf8'));
  found.set(oid, values);
}
