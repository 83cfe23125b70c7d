/** What makes an SVID of a certificate (X509-SVID 2 to 5), which Go's crypto/x509 does not ask about. */
import { Oid } from '../../../shared/crypto/oids.ts';
import { equal, leaf, type Rule, some } from './rule.ts';

export const svidRules: Readonly<Record<string, Rule>> = {
  'other trust domain': {
    accepts: 'go',
    says: /there is no X\.509 bundle for trust domain/,
    holds: leaf(({ uriSans: [uri = ''] }) => !uri.startsWith('spiffe://example.org/')),
    why: 'X509-SVID 5.2: verified with the bundle of its own trust domain alone',
  },
  'leaf that is a CA': {
    accepts: 'go',
    says: /leaf certificate is a CA/,
    holds: leaf(({ isCa }) => isCa),
    why: 'X509-SVID 4.1',
  },
  'leaf that has constraints': {
    accepts: 'go',
    says: /leaf certificate has name constraints/,
    holds: leaf(({ nameConstraints }) => nameConstraints !== undefined),
    why: 'X509-SVID 4.2',
  },
  'key usage of a leaf': {
    accepts: 'go',
    says: /leaf certificate (?:has no key usage|lacks the key usage|has the key usage)/,
    holds: leaf(
      ({ keyUsage }) =>
        keyUsage === undefined ||
        !keyUsage.has('digitalSignature') ||
        keyUsage.has('keyCertSign') ||
        keyUsage.has('crlSign'),
    ),
    why: 'X509-SVID 4.3, 5.2: digitalSignature, and neither keyCertSign nor cRLSign',
  },
  'key usage that is not critical': {
    accepts: 'go',
    says: /key usage of (?:the leaf|an intermediate) certificate is not critical/,
    holds: some(({ isKeyUsageCritical }) => !isKeyUsageCritical),
    why: 'X509-SVID 4.3',
  },
  'purposes without one of TLS': {
    accepts: 'go',
    says: /extended key usages without/,
    holds: leaf(
      ({ extendedKeyUsage: found = [] }) =>
        !found.includes(Oid.serverAuth) || !found.includes(Oid.clientAuth),
    ),
    why: 'X509-SVID 4.4',
  },
  'leaf without a URI': {
    accepts: 'go',
    says: /leaf certificate has no URI SAN/,
    holds: leaf(({ uriSans }) => uriSans.length === 0),
    why: 'X509-SVID 2',
  },
  'leaf of several URIs': {
    accepts: 'go',
    says: /leaf certificate has more than one URI SAN/,
    holds: leaf(({ uriSans }) => uriSans.length > 1),
    why: 'X509-SVID 2, 5.2',
  },
  'URI that is no SPIFFE ID': {
    accepts: 'go',
    says: /URI SAN is not a SPIFFE ID|SPIFFE ID of the leaf certificate has no path/,
    holds: some(({ uriSans }) =>
      uriSans.some((uri) => !/^spiffe:\/\/[a-z0-9._-]+\/[\w.-]+$/.test(uri) || uri.includes('..')),
    ),
    why: 'X509-SVID 2, SPIFFE-ID 2',
  },
  'leaf without any name that counts': {
    accepts: 'go',
    says: /neither a subject nor a critical SAN/,
    holds: leaf(({ subject, isSanCritical }) => subject.length === 2 && !isSanCritical),
    why: 'RFC 5280 4.2.1.6, X509-SVID 2',
  },
  'ID of an issuer with a path': {
    accepts: 'go',
    says: /SPIFFE ID of an intermediate certificate has a path/,
    holds: some(({ uriSans }) => uriSans.some((uri) => isSvidUri(uri) && uri.slice(9).includes('/'))),
    why: 'X509-SVID 3.2',
  },
  'chain that has what is no CA': {
    accepts: 'go',
    says: /intermediate certificate (?:is not a CA|lacks the key usage keyCertSign)/,
    holds: ({ certificates: [, ...rest] }) =>
      rest.some(({ isCa, keyUsage }) => !isCa || !(keyUsage?.has('keyCertSign') ?? false)),
    why: 'X509-SVID 4.1, 4.3: of every certificate but the leaf, on the path or not; Go looks at those of the path, and at a key usage that is there',
  },
  'authority as its own SVID': {
    accepts: 'go',
    says: /an authority cannot be its own SVID/,
    holds: ({ certificates: [first, ...rest] }) =>
      first !== undefined && rest.some((each) => equal(each.raw, first.raw)),
    why: 'X509-SVID 3.1, 3.2: a leaf is issued by an authority; Go takes a leaf that is among the roots',
  },
};

const isSvidUri = (uri: string): boolean => uri.startsWith('spiffe://');
