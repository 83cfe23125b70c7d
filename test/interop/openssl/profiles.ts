/** What each kind of certificate has to say (X509-SVID 2 to 4), compared with what openssl prints. */
import assert from 'node:assert/strict';
import { type Extension, printed } from './openssl.ts';

export interface Profile {
  readonly isCa: boolean;
  readonly isSelfIssued: boolean;
  /** All of these must be there, the optional ones may be, nothing else. */
  readonly keyUsage: { readonly must: readonly string[]; readonly may: readonly string[] };
  readonly extendedKeyUsage: readonly string[];
  readonly extensions: { readonly must: readonly string[]; readonly may: readonly string[] };
}

const CONSTRAINTS = 'Basic Constraints';
const USAGE = 'Key Usage';
const PURPOSES = 'Extended Key Usage';
const NAMES = 'Subject Alternative Name';
const KEY = 'Subject Key Identifier';
const ISSUER_KEY = 'Authority Key Identifier';

/** a root signs and does not authenticate. */
export const ca: Profile = {
  isCa: true,
  isSelfIssued: true,
  keyUsage: { must: ['Certificate Sign'], may: ['CRL Sign'] },
  extendedKeyUsage: [],
  extensions: { must: [CONSTRAINTS, USAGE, NAMES, KEY], may: [ISSUER_KEY] },
};

/** As a root, and signed by another. */
export const intermediate: Profile = {
  ...ca,
  isSelfIssued: false,
  extensions: { must: [CONSTRAINTS, USAGE, NAMES, KEY, ISSUER_KEY], may: [] },
};

/** a leaf authenticates, as client and as server, and does not sign. */
export const leaf: Profile = {
  isCa: false,
  isSelfIssued: false,
  keyUsage: { must: ['Digital Signature'], may: ['Key Encipherment', 'Key Agreement'] },
  extendedKeyUsage: ['TLS Web Client Authentication', 'TLS Web Server Authentication'],
  extensions: { must: [CONSTRAINTS, USAGE, PURPOSES, NAMES, KEY, ISSUER_KEY], may: [] },
};

const SIGNATURES = [
  'ecdsa-with-SHA256',
  'ecdsa-with-SHA384',
  'sha256WithRSAEncryption',
  'sha384WithRSAEncryption',
];

export interface Names {
  readonly spiffeId: string;
  readonly dnsNames?: readonly string[];
}

/** Throws AssertionError on anything that the profile does not have. */
export function checkProfile(certificate: Uint8Array, profile: Profile, names: Names): void {
  const { version, signatureAlgorithm, subject, issuer, extensions } = printed(certificate);
  assert.equal(version, '3');
  assert.ok(SIGNATURES.includes(signatureAlgorithm), signatureAlgorithm);
  assert.equal(subject === issuer, profile.isSelfIssued, 'self-issued');
  checkSet([...extensions.keys()], profile.extensions, 'extensions');
  checkConstraints(extensions.get(CONSTRAINTS), profile);
  checkUsage(extensions, profile);
  checkNames(extensions.get(NAMES), names, subject === '');
}

function checkConstraints(found: Extension | undefined, { isCa }: Profile): void {
  assert.ok(found?.isCritical, 'basic constraints are critical');
  assert.equal(found.values[0], `CA:${String(isCa).toUpperCase()}`);
}

function checkUsage(extensions: ReadonlyMap<string, Extension>, profile: Profile): void {
  const usage = extensions.get(USAGE);
  assert.ok(usage?.isCritical, 'key usage is critical (X-6)');
  checkSet(usage.values, profile.keyUsage, 'key usage');
  assert.deepEqual([...(extensions.get(PURPOSES)?.values ?? [])].sort(), profile.extendedKeyUsage);
}

/** exactly one URI. */
function checkNames(
  found: Extension | undefined,
  { spiffeId, dnsNames = [] }: Names,
  isSubjectEmpty: boolean,
): void {
  const expected = [`URI:${spiffeId}`, ...dnsNames.map((name) => `DNS:${name}`)];
  assert.deepEqual([...(found?.values ?? [])].sort(), expected.sort());
  if (isSubjectEmpty) assert.ok(found?.isCritical, 'names are critical where the subject is empty (X-2)');
}

function checkSet(
  found: readonly string[],
  { must, may }: { readonly must: readonly string[]; readonly may: readonly string[] },
  what: string,
): void {
  assert.deepEqual(
    must.filter((one) => !found.includes(one)),
    [],
    `${what} that are missing`,
  );
  assert.deepEqual(
    found.filter((one) => !must.includes(one) && !may.includes(one)),
    [],
    `${what} that must not be there`,
  );
}
