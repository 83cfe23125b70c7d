/**
 * What a node's certificate says about it: the fields of agent path templates and the selectors, by SPIRE's names. Used by
 * x509pop.
 */
import { hash } from 'node:crypto';
import { toDecimal, toHex } from '../../shared/bytes.ts';
import type { Certificate } from '../../shared/crypto/certificate.ts';
import { type NameValues, nameValues } from '../../shared/crypto/name-attributes.ts';
import type { FieldValues } from '../../shared/path-template.ts';
import type { Value } from '../../shared/path-template-functions.ts';
import type { Selector } from '../../shared/selectors.ts';
import type { TrustDomain } from '../../shared/spiffe/trust-domain.ts';

export const TYPE = 'x509pop';

/** As a SPIFFE ID has at most: what follows takes the square of its length. */
const URI_MAX_CHARS = 2_048;

/** SHA-1 of the certificate, as SPIRE names nodes by it. */
export const fingerprint = ({ raw }: Certificate): string => hash('sha1', raw);

export interface NodeCertificate {
  readonly leaf: Certificate;
  readonly trustDomain: TrustDomain;
  /** Of `mode = "spiffe"`: the SVID's path below the prefix. */
  readonly svidPath: string;
  /** Key and value of each URI `x509pop://<trust domain>/<key>/<value>`. */
  readonly sans: ReadonlyMap<string, string>;
}

/** By the names of server/config/x509pop-plugin. */
export function fieldsOf({ leaf, trustDomain, svidPath, sans }: NodeCertificate): FieldValues {
  return new Map<string, Value>([
    ['PluginName', TYPE],
    ['TrustDomain', trustDomain.name],
    ['Fingerprint', fingerprint(leaf)],
    ['SerialNumberHex', toHex(leaf.serialNumber)],
    ['SerialNumber', toDecimal(leaf.serialNumber)],
    ['SVIDPathTrimmed', svidPath],
    ['URISanSelectors', sans],
    ['DNSNames', leaf.dnsSans],
    ...nameFields('Subject', nameValues(leaf.subject)),
    ...nameFields('Issuer', nameValues(leaf.issuer)),
  ]);
}

const nameFields = (of: string, name: NameValues): readonly (readonly [string, Value])[] => [
  [`${of}.CommonName`, name.commonName],
  [`${of}.SerialNumber`, name.serialNumber],
  [`${of}.Country`, name.country],
  [`${of}.Organization`, name.organization],
  [`${of}.OrganizationalUnit`, name.organizationalUnit],
  [`${of}.Locality`, name.locality],
  [`${of}.Province`, name.province],
];

/** Of several URIs with one key the last counts, as in SPIRE; what is no key and value is passed over. */
export function sansOf({ uriSans }: Certificate, trustDomain: TrustDomain): ReadonlyMap<string, string> {
  const prefix = `${TYPE}://${trustDomain.name}/`;
  const found = new Map<string, string>();
  for (const uri of uriSans) {
    if (!uri.startsWith(prefix)) continue;
    if (uri.length > URI_MAX_CHARS) continue;
    const path = decoded(uri.slice(prefix.length).split(/[?#]/, 1)[0] ?? '');
    const [, key, value] = /^\/*([^/]+)\/(.*?)\/*$/.exec(path) ?? [];
    if (key !== undefined && value !== undefined && value !== '') found.set(key, value);
  }
  return found;
}

/** An escape that is none makes it no path at all. */
function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return '';
  }
}

/** `authorities`: every certificate above the leaf on a path to a root. */
export function selectorsOf(
  { leaf, sans }: NodeCertificate,
  authorities: readonly Certificate[],
): readonly Selector[] {
  const { commonName } = nameValues(leaf.subject);
  const values = [
    ...(commonName === '' ? [] : [`subject:cn:${commonName}`]),
    ...authorities.map((authority) => `ca:fingerprint:${fingerprint(authority)}`),
    `serialnumber:${toHex(leaf.serialNumber)}`,
    ...[...sans].map(([key, value]) => `san:${key}:${value}`),
  ];
  return values.map((value) => ({ type: TYPE, value }));
}
