/** Vectors that change the leaf. */
import { Tag } from '../../../shared/crypto/der.ts';
import { Oid } from '../../../shared/crypto/oids.ts';
import { TRUE, withExtension, without } from '../../shared/crypto/edit-certificate.ts';
import type { Vector } from './vector.ts';

const EMPTY_NAME = Uint8Array.of(0x30, 0);
const CODE_SIGNING = '1.3.6.1.5.5.7.3.3';

export const leafVectors: readonly Vector[] = [
  { name: 'valid', expect: 'valid', comment: 'leaf, intermediate, root', source: 'X509-SVID 2 to 5' },
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
];
