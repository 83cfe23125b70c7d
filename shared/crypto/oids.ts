/** The object identifiers this project reads and writes, and their coding (X.690 8.19). Called by shared/crypto. */
import { invalidArgument } from '../errors.ts';

export const Oid = {
  // Attribute types, RFC 5280 appendix A
  commonName: '2.5.4.3',
  serialNumber: '2.5.4.5',
  country: '2.5.4.6',
  locality: '2.5.4.7',
  province: '2.5.4.8',
  organization: '2.5.4.10',
  organizationalUnit: '2.5.4.11',
  x500UniqueIdentifier: '2.5.4.45', // RFC 4519 2.44: a bit string there, printable text in SPIRE
  // Extensions, RFC 5280 4.2.1
  subjectKeyId: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  nameConstraints: '2.5.29.30',
  certificatePolicies: '2.5.29.32',
  authorityKeyId: '2.5.29.35',
  policyConstraints: '2.5.29.36',
  extendedKeyUsage: '2.5.29.37',
  authorityInformationAccess: '1.3.6.1.5.5.7.1.1', // RFC 5280 4.2.2.1
  // Key purposes, RFC 5280 4.2.1.12
  anyExtendedKeyUsage: '2.5.29.37.0',
  serverAuth: '1.3.6.1.5.5.7.3.1',
  clientAuth: '1.3.6.1.5.5.7.3.2',
  // RFC 2985 5.4.2
  extensionRequest: '1.2.840.113549.1.9.14',
} as const;

const ARCS_MAX_BYTES = 64; // the longest in use, UUID arcs, take 20
const EXACT_ARC_MAX_BYTES = 7; // 49 bits: a number holds them exactly

/** Nearly every extension stands below id-ce, 2.5.29: their texts are made once. */
const BELOW_ID_CE: readonly string[] = Array.from({ length: 128 }, (_, arc) => `2.5.29.${arc}`);

const findBelowIdCe = (content: Uint8Array): string | undefined =>
  content.length === 3 && content[0] === 0x55 && content[1] === 0x1d
    ? BELOW_ID_CE[content[2] ?? 0x80]
    : undefined;

/** Dotted text of an OBJECT IDENTIFIER's contents; throws InvalidArgument when they are malformed. */
export const oidText = (content: Uint8Array): string => findBelowIdCe(content) ?? spellOut(content);

function spellOut(content: Uint8Array): string {
  const last = content[content.length - 1];
  if (last === undefined || last >= 0x80 || content.length > ARCS_MAX_BYTES) {
    throw invalidArgument('DER object identifier is malformed');
  }
  let text = '';
  for (let from = 0, at = 0; at < content.length; at++) {
    if ((content[at] ?? 0) >= 0x80) continue;
    const arc = arcOf(content, from, at + 1);
    text += from === 0 ? firstArcs(arc) : `.${arc}`;
    from = at + 1;
  }
  return text;
}

function arcOf(content: Uint8Array, from: number, to: number): number | bigint {
  if (content[from] === 0x80) throw invalidArgument('DER object identifier is not minimal');
  if (to - from <= EXACT_ARC_MAX_BYTES) {
    let arc = 0;
    for (let at = from; at < to; at++) arc = arc * 128 + ((content[at] ?? 0) & 0x7f);
    return arc;
  }
  let arc = 0n;
  for (let at = from; at < to; at++) arc = arc * 128n + BigInt((content[at] ?? 0) & 0x7f);
  return arc;
}

/** The first two arcs share one number: 40 times the first (0, 1 or 2) plus the second. */
function firstArcs(joined: number | bigint): string {
  if (typeof joined === 'bigint') return `2.${joined - 80n}`;
  const first = Math.min(Math.floor(joined / 40), 2);
  return `${first}.${joined - first * 40}`;
}

/** The contents octets of an OBJECT IDENTIFIER. */
export function encodeOid(dotted: string): Uint8Array {
  const [first = 0n, second = 0n, ...arcs] = dotted.split('.').map(BigInt);
  return Uint8Array.from([first * 40n + second, ...arcs].flatMap(encodeArc));
}

function encodeArc(arc: bigint): number[] {
  const groups = [Number(arc & 0x7fn)];
  for (let rest = arc >> 7n; rest > 0n; rest >>= 7n) groups.unshift(Number(rest & 0x7fn) | 0x80);
  return groups;
}
