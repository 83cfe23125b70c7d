/** GeneralNames (RFC 5280 4.2.1.6): URIs and DNS names read, other kinds counted. Called by extensions and csr. */
import { invalidArgument } from '../errors.ts';
import { type Der, sequence, text } from './der-writer.ts';
import { constructedTag, type DerReader, primitiveTag, Tag } from './der.ts';

export interface GeneralNames {
  readonly uris: readonly string[];
  readonly dnsNames: readonly string[];
  /** How many names there are of all other kinds: addresses, mail boxes, directory names. */
  readonly otherCount: number;
}

/** The identifier octet of each kind. */
export const NameTag = {
  otherName: constructedTag(0),
  email: primitiveTag(1),
  dns: primitiveTag(2),
  x400: constructedTag(3),
  directory: constructedTag(4),
  ediParty: constructedTag(5),
  uri: primitiveTag(6),
  ip: primitiveTag(7),
  registeredId: primitiveTag(8),
} as const;

const MAX_NAMES = 1_000; // public authorities take 100; a certificate of nothing but names is made to cost time
const KNOWN_TAGS: ReadonlySet<number> = new Set(Object.values(NameTag));

/** Reads the names in a SEQUENCE; throws InvalidArgument on none or too many, a kind that is unknown, a URI or DNS name that is not ASCII. */
export function readGeneralNames(names: DerReader): GeneralNames {
  if (names.isDone) throw invalidArgument('list of names is empty');
  const uris: string[] = [];
  const dnsNames: string[] = [];
  let otherCount = 0;
  for (let count = 1; !names.isDone; count++) {
    checkCount(count);
    if (names.isAt(NameTag.uri)) uris.push(names.ascii(NameTag.uri));
    else if (names.isAt(NameTag.dns)) dnsNames.push(names.ascii(NameTag.dns));
    else {
      if (names.isAt(NameTag.ip)) checkAddress(names.contents(NameTag.ip));
      else skipOtherName(names);
      otherCount++;
    }
  }
  return { uris, dnsNames, otherCount };
}

/** RFC 5280 4.2.1.6: four bytes or sixteen. */
function checkAddress({ length }: Uint8Array): void {
  if (length !== 4 && length !== 16) throw invalidArgument(`IP address has ${length} bytes`);
}

/** Throws InvalidArgument when a list has that many names. */
export function checkCount(names: number): void {
  if (names > MAX_NAMES) throw invalidArgument(`there are more than ${MAX_NAMES} names`);
}

/** Throws InvalidArgument on a tag that no kind of name has. */
export function skipOtherName(names: DerReader): void {
  const tag = names.peekTag();
  if (!KNOWN_TAGS.has(tag)) throw invalidArgument(`kind of name 0x${tag.toString(16)} is unknown`);
  if (tag !== NameTag.otherName) return names.skip(tag);
  const name = names.enter(tag);
  name.contents(Tag.oid);
  name.skip(constructedTag(0));
  name.end();
}

/** URIs first, then DNS names; throws InvalidArgument on one that is empty or not ASCII. */
export function generalNames(uris: readonly string[], dnsNames: readonly string[]): Der {
  return sequence(
    ...uris.map((uri) => text(NameTag.uri, checkAscii(uri))),
    ...dnsNames.map((name) => text(NameTag.dns, checkAscii(name))),
  );
}

function checkAscii(name: string): string {
  if (!/^[\x21-\x7e]+$/.test(name))
    throw invalidArgument('a name in a certificate must be printable ASCII, and not empty');
  return name;
}
