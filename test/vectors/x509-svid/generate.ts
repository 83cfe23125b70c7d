/**
 * Writes the X509-SVID vectors beside it, one PEM file per wrong thing: a header, the chain, then the roots of the trust
 * domain. Run by hand when a vector is added (`node test/vectors/x509-svid/generate.ts`); keys are new each time.
 */
import { writeFileSync } from 'node:fs';
import { Tag } from '../../../shared/crypto/der.ts';
import { Oid } from '../../../shared/crypto/oids.ts';
import { formatPem } from '../../../shared/crypto/pem.ts';
import { editAndSign, type Parts, TRUE, withExtension, without } from '../../shared/crypto/edit-certificate.ts';
import { type Changes, type Entity, makeIntermediate, makeLeaf, makeRoot, named } from '../../shared/crypto/pki.ts';

interface Vector {
  readonly name: string;
  /** `valid`, or words of the message that refuses it. */
  readonly expect: string;
  readonly comment: string;
  readonly source: string;
  readonly root?: Changes;
  readonly intermediate?: Changes;
  readonly leaf?: Changes;
  /** What is exchanged in the leaf before it is signed. */
  readonly edit?: (parts: Parts) => Partial<Parts>;
  /** When it is verified; noon of the day that certificates are valid unless said. */
  readonly at?: string;
  /** What the chain holds, from the leaf, and what the bundle holds; the whole path unless said. */
  readonly chain?: (path: Path) => readonly Entity[];
  readonly roots?: (path: Path, stranger: Entity) => readonly Entity[];
  /** The trust domain whose bundle it is; that of the leaf unless said. */
  readonly trustDomain?: string;
}

interface Path {
  readonly root: Entity;
  readonly intermediate: Entity;
  readonly leaf: Entity;
}

const EMPTY_NAME = Uint8Array.of(0x30, 0);
const CODE_SIGNING = '1.3.6.1.5.5.7.3.3';

const VECTORS: readonly Vector[] = [
  { name: 'valid', expect: 'valid', comment: 'leaf, intermediate, root', source: 'X509-SVID 2 to 5' },
  {
    name: 'valid-no-intermediate',
    expect: 'valid',
    comment: 'the root has signed the leaf',
    source: 'X509-SVID 3.2',
    chain: ({ leaf }) => [leaf],
    roots: ({ intermediate }) => [intermediate],
  },
  {
    name: 'valid-more-purposes',
    expect: 'valid',
    comment: 'other purposes may stand beside the two of TLS',
    source: 'X509-SVID 4.4',
    leaf: { extendedKeyUsage: [CODE_SIGNING, Oid.serverAuth, Oid.clientAuth] },
  },
  {
    name: 'valid-no-purposes',
    expect: 'valid',
    comment: 'extended key usage may be absent',
    source: 'X509-SVID 4.4',
    edit: ({ extensions }) => ({ extensions: without(extensions, Oid.extendedKeyUsage) }),
  },
  {
    name: 'wrong-key-usage-not-critical',
    expect: 'key usage of the leaf certificate is not critical',
    comment: '',
    source: 'X509-SVID 4.3',
    edit: ({ extensions }) => ({
      extensions: withExtension(extensions, { oid: Oid.keyUsage, value: Uint8Array.of(Tag.bitString, 2, 7, 0x80) }),
    }),
  },
  {
    name: 'wrong-empty-subject',
    expect: 'neither a subject nor a critical SAN',
    comment: 'the subject is empty and the SAN extension not critical',
    source: 'X509-SVID 3.1, RFC 5280 4.2.1.6',
    edit: () => ({ subject: EMPTY_NAME }),
  },
  {
    name: 'wrong-unknown-critical-extension',
    expect: 'leaf certificate has the critical extension 1.2.3.4',
    comment: '',
    source: 'RFC 5280 4.2',
    edit: ({ extensions }) => ({
      extensions: withExtension(extensions, { oid: '1.2.3.4', value: Uint8Array.of(Tag.null, 0), critical: TRUE }),
    }),
  },
  {
    name: 'valid-intermediate-without-id',
    expect: 'valid',
    comment: 'a signing certificate need not be an SVID itself',
    source: 'X509-SVID 3.2',
    intermediate: { uriSans: [] },
  },
  {
    name: 'valid-dns-names',
    expect: 'valid',
    comment: 'names of other kinds may be there in any number',
    source: 'X509-SVID 2',
    leaf: { dnsSans: ['web.example.org', 'web'] },
  },
  {
    name: 'valid-empty-subject',
    expect: 'valid',
    comment: 'without a subject the SAN extension is critical',
    source: 'X509-SVID 3.1',
    leaf: { subject: EMPTY_NAME },
  },
  {
    name: 'wrong-no-uri-san',
    expect: 'has no URI SAN',
    comment: 'only a DNS name',
    source: 'X509-SVID 2',
    leaf: { uriSans: [], dnsSans: ['web.example.org'] },
  },
  {
    name: 'wrong-two-uri-sans',
    expect: 'more than one URI SAN',
    comment: 'two SPIFFE IDs',
    source: 'X509-SVID 2',
    leaf: { uriSans: ['spiffe://example.org/web', 'spiffe://example.org/sql'] },
  },
  {
    name: 'wrong-second-uri-san-of-another-scheme',
    expect: 'more than one URI SAN',
    comment: 'a SPIFFE ID and an https URI',
    source: 'X509-SVID 2',
    leaf: { uriSans: ['spiffe://example.org/web', 'https://example.org/web'] },
  },
  {
    name: 'wrong-scheme',
    expect: 'scheme is missing or invalid',
    comment: 'the only URI is no SPIFFE ID',
    source: 'X509-SVID 5.2',
    leaf: { uriSans: ['https://example.org/web'] },
  },
  {
    name: 'wrong-upper-case-scheme',
    expect: 'scheme is missing or invalid',
    comment: 'some SDKs let net/url fold it',
    source: 'SPIFFE-ID 2, the strict reading',
    leaf: { uriSans: ['SPIFFE://example.org/web'] },
  },
  {
    name: 'wrong-no-path',
    expect: 'has no path',
    comment: 'the ID of the trust domain itself',
    source: 'X509-SVID 3.1',
    leaf: { uriSans: ['spiffe://example.org'] },
  },
  {
    name: 'wrong-leaf-is-ca',
    expect: 'leaf certificate is a CA',
    comment: 'basic constraints with the CA flag',
    source: 'X509-SVID 4.1, 5.2',
    leaf: { isCa: true },
  },
  {
    name: 'wrong-leaf-cert-sign',
    expect: 'has the key usage keyCertSign',
    comment: '',
    source: 'X509-SVID 4.3, 5.2',
    leaf: { keyUsage: ['digitalSignature', 'keyCertSign'] },
  },
  {
    name: 'wrong-leaf-crl-sign',
    expect: 'has the key usage cRLSign',
    comment: '',
    source: 'X509-SVID 4.3, 5.2',
    leaf: { keyUsage: ['digitalSignature', 'crlSign'] },
  },
  {
    name: 'wrong-no-digital-signature',
    expect: 'lacks the key usage digitalSignature',
    comment: '',
    source: 'X509-SVID 4.3',
    leaf: { keyUsage: ['keyEncipherment', 'keyAgreement'] },
  },
  {
    name: 'wrong-no-key-usage',
    expect: 'has no key usage',
    comment: 'the extension is absent',
    source: 'X509-SVID 4.3',
    leaf: { keyUsage: [] },
  },
  {
    name: 'wrong-purposes',
    expect: 'extended key usages without clientAuth',
    comment: 'purposes are given, but not both of TLS',
    source: 'X509-SVID 4.4',
    leaf: { extendedKeyUsage: [Oid.serverAuth] },
  },
  {
    name: 'wrong-leaf-name-constraints',
    expect: 'leaf certificate has name constraints',
    comment: '',
    source: 'X509-SVID 4.2',
    leaf: { nameConstraints: { permitted: { uris: ['example.org'] } } },
  },
  {
    name: 'wrong-intermediate-not-ca',
    expect: 'intermediate certificate is not a CA',
    comment: '',
    source: 'X509-SVID 3.2, 4.1',
    intermediate: { isCa: false },
  },
  {
    name: 'wrong-intermediate-no-cert-sign',
    expect: 'intermediate certificate lacks the key usage keyCertSign',
    comment: '',
    source: 'X509-SVID 3.2, 4.3',
    intermediate: { keyUsage: ['crlSign'] },
  },
  {
    name: 'wrong-intermediate-id-with-path',
    expect: 'SPIFFE ID of an intermediate certificate has a path',
    comment: 'an ID that could authenticate',
    source: 'X509-SVID 3.2',
    intermediate: { uriSans: ['spiffe://example.org/ca'] },
  },
  {
    name: 'wrong-path-length',
    expect: 'allows 0 intermediates below it',
    comment: 'the root allows no intermediate',
    source: 'RFC 5280 6.1.4 (m)',
    root: { pathLength: 0 },
  },
  {
    name: 'wrong-name-constraints',
    expect: 'is not permitted by the name constraints',
    comment: 'the root may sign for another trust domain only',
    source: 'X509-SVID 4.2, RFC 5280 4.2.1.10',
    root: { nameConstraints: { permitted: { uris: ['example.com'] } } },
  },
  {
    name: 'wrong-expired',
    expect: 'leaf certificate has expired',
    comment: 'verified one second after its end',
    source: 'RFC 5280 6.1.3',
    at: '2026-01-02T00:00:01Z',
  },
  {
    name: 'wrong-not-yet-valid',
    expect: 'not valid before',
    comment: 'verified one second before its start',
    source: 'RFC 5280 6.1.3',
    at: '2025-12-31T23:59:59Z',
  },
  {
    name: 'wrong-expired-root',
    expect: 'root certificate has expired',
    comment: 'a root is no good for ever',
    source: 'RFC 5280 6.1.3',
    root: { notAfter: new Date('2026-01-01T06:00:00Z') },
  },
  {
    name: 'wrong-roots',
    expect: 'signature is invalid',
    comment: 'the roots are those of another trust domain, though of the same name',
    source: 'X509-SVID 5.2, SPIFFE-ID 3',
    roots: (_, stranger) => [stranger],
  },
  {
    name: 'wrong-no-bundle',
    expect: 'there is no X.509 bundle for trust domain "example.org"',
    comment: 'only the bundle of another trust domain is there, which holds the right root',
    source: 'X509-SVID 5.2, SPIFFE-ID 3',
    trustDomain: 'example.com',
  },
  {
    name: 'wrong-empty-bundle',
    expect: 'bundle of trust domain "example.org" is empty',
    comment: 'all authorities revoked',
    source: 'Trust Domain and Bundle 4.1.3',
    roots: () => [],
  },
  {
    name: 'wrong-empty-chain',
    expect: 'chain is empty',
    comment: '',
    source: 'X509-SVID 5.1',
    chain: () => [],
  },
  {
    name: 'wrong-no-path-to-root',
    expect: 'signed by none of the roots',
    comment: 'the intermediate is left out',
    source: 'X509-SVID 5.1',
    chain: ({ leaf }) => [leaf],
  },
  {
    name: 'wrong-leaf-is-authority',
    expect: 'an authority cannot be its own SVID',
    comment: 'the leaf itself stands in the bundle',
    source: 'SPIFFE-ID 3, X509-SVID 3.2',
    chain: ({ leaf }) => [leaf],
    roots: ({ leaf }) => [leaf],
  },
];

async function makeEditedLeaf(issuer: Entity, { leaf, edit }: Vector): Promise<Entity> {
  const made = await makeLeaf(issuer, leaf);
  if (edit === undefined) return made;
  const raw = await editAndSign(made.certificate.raw, issuer.signer, edit);
  return { ...made, certificate: { ...made.certificate, raw } };
}

const DEFAULT_AT = '2026-01-01T12:00:00Z';

async function write(vector: Vector): Promise<void> {
  const root = await makeRoot(vector.root);
  const intermediate = await makeIntermediate(root, vector.intermediate);
  const path = { root, intermediate, leaf: await makeEditedLeaf(intermediate, vector) };
  const stranger = await makeRoot({ subject: named('root'), issuerName: named('root') });
  const chain = vector.chain?.(path) ?? [path.leaf, intermediate];
  const roots = vector.roots?.(path, stranger) ?? [root];
  const header = [
    `expect: ${vector.expect}`,
    `comment: ${vector.comment}`,
    `source: ${vector.source}`,
    `at: ${vector.at ?? DEFAULT_AT}`,
    `chain: ${chain.length}`,
    `bundle: ${vector.trustDomain ?? 'example.org'}`,
  ];
  const blocks = [...chain, ...roots].map(({ certificate }) => formatPem('CERTIFICATE', certificate.raw));
  writeFileSync(new URL(`${vector.name}.pem`, import.meta.url), `${header.join('\n')}\n\n${blocks.join('')}`);
}

for (const vector of VECTORS) await write(vector);
