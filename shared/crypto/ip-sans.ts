/** The IP addresses in a certificate's subjectAltName (RFC 5280 4.2.1.6). Called where a caller's address must be among them. */
import { BlockList, isIPv4, isIPv6 } from 'node:net';
import type { Certificate } from './certificate.ts';
import { DerReader, Tag } from './der.ts';
import { NameTag, skipOtherName } from './general-names.ts';
import { Oid } from './oids.ts';

/** Whether `address` (text) is one of the certificate's; false of what is no address. */
export function hasIpSan(certificate: Certificate, address: string): boolean {
  const family = isIPv4(address) ? 'ipv4' : isIPv6(address) ? 'ipv6' : undefined;
  if (family === undefined) return false;
  const named = new BlockList();
  for (const bytes of ipSans(certificate)) {
    if (bytes.length === 4) named.addAddress(bytes.join('.'), 'ipv4');
    else named.addAddress(ipv6Text(bytes), 'ipv6');
  }
  return named.check(address, family);
}

/** Four bytes or sixteen each: the certificate was read, and so checked, before. */
function ipSans({ extensions }: Certificate): readonly Uint8Array[] {
  const extension = extensions.find(({ oid }) => oid === Oid.subjectAltName);
  if (extension === undefined) return [];
  const names = new DerReader(extension.value).enter(Tag.sequence);
  const found: Uint8Array[] = [];
  while (!names.isDone) {
    if (names.isAt(NameTag.ip)) found.push(names.contents(NameTag.ip));
    else if (names.isAt(NameTag.uri)) names.skip(NameTag.uri);
    else if (names.isAt(NameTag.dns)) names.skip(NameTag.dns);
    else skipOtherName(names);
  }
  return found;
}

const ipv6Text = (bytes: Uint8Array): string =>
  Array.from({ length: 8 }, (_, at) =>
    (((bytes[2 * at] ?? 0) << 8) | (bytes[2 * at + 1] ?? 0)).toString(16),
  ).join(':');
