/** Why path validation, and the reading of certificates, differs from Go's crypto/x509. */
import type { Certificate } from '../../../shared/crypto/certificate.ts';
import { importPublicKey } from '../../../shared/crypto/public-key.ts';
import { CodedError } from '../../../shared/errors.ts';
import {
  type Difference,
  constraintsOf,
  equal,
  hasExtension,
  holdsBytes,
  isCriticalWith,
  isMalformed,
  type Rule,
  some,
} from './rule.ts';

const POLICY_CONSTRAINTS = '2.5.29.36';
const INHIBIT_ANY_POLICY = '2.5.29.54';
const REVOCATION_LISTS = '2.5.29.31';
const LONGEST_CHAIN = 16;

export const pathRules: Readonly<Record<string, Rule>> = {
  'critical extension that Go knows': {
    accepts: 'go',
    says: /has the critical extension 2\.5\.29\.(?:31|36|54), which is not supported/,
    holds: isCriticalWith([POLICY_CONSTRAINTS, INHIBIT_ANY_POLICY, REVOCATION_LISTS]),
    why: 'RFC 5280 4.2: what is critical and not understood is refused; policies and revocation lists are not part of SVIDs',
  },
  'policy constraints': {
    accepts: 'go',
    says: /constrains policies, which is not supported/,
    holds: hasExtension(POLICY_CONSTRAINTS),
    why: 'RFC 5280 4.2.1.11: to be critical always; Go checks policies, here the demand is refused, critical or not',
  },
  'constraints on other kinds of names': {
    accepts: 'go',
    says: /constrains a kind of name that is not supported|kind of name that an issuer constrains/,
    holds: (difference) => constrainsOtherNames(difference),
    why: 'RFC 5280 4.2.1.10: constraints that are not processed are refused; Go processes those on addresses and mail boxes',
  },
  'host or domain in the constraint of a URI': {
    accepts: 'go',
    says: /URI ".*" is not permitted by the name constraints/,
    holds: (difference) => constraintsOf('uris', difference).some((each) => !each.startsWith('.')),
    why: 'RFC 5280 4.2.1.10: a constraint without a leading dot is one host; Go permits what is below it too',
  },
  'key usage of no bits': {
    accepts: 'go',
    says: /certificate may not sign certificates/,
    holds: some(({ keyUsage }) => keyUsage?.size === 0),
    why: 'RFC 5280 4.2.1.3: at least one bit is set; Go takes none for no such extension, here it allows nothing',
  },
  'purposes that exclude each other': {
    accepts: 'go',
    says: /allow no key purpose in common/,
    holds: some(({ extendedKeyUsage }) => extendedKeyUsage !== undefined),
    why: 'RFC 5280 4.2.1.12: good for the listed purposes alone; Go asked for any purpose does not look',
  },
  'one name and key twice on a path': {
    accepts: 'go',
    says: /signed by none of the roots/,
    holds: ({ certificates: [first, ...rest] }) =>
      first !== undefined &&
      rest.some((each) => equal(each.subject, first.subject) && equal(each.publicKey, first.publicKey)),
    why: 'RFC 4158 2.4.2: the same name and key again is a loop; Go counts it as another where alternative names differ',
  },
  'more than is looked at': {
    accepts: 'go',
    says: /more than \d+ certificates|takes \d+ steps or more|more than \d+ signature checks/,
    holds: (difference) =>
      difference.certificates.length + difference.unreadable.length > LONGEST_CHAIN || isTangled(difference),
    why: 'Bounds against chains that are made to cost time: 16 certificates, 100 steps, 64 signature checks; Go has 100 checks alone',
  },
  'more than Go looks at': {
    accepts: 'writ',
    says: /signature check attempts limit reached/,
    holds: isTangled,
    why: 'Go checks a signature at every step of its search, 100 in all; here each is checked once, however many paths it is on',
  },
  'signature algorithm spelt otherwise': {
    accepts: 'go',
    says: /signature algorithm [\d.]+ is not allowed/,
    holds: some(({ signatureAlgorithm }) => signatureAlgorithm === undefined),
    why: 'RFC 5758 3.2, RFC 4055 5: ECDSA has no parameters, RSA has NULL; Go looks at the name alone',
  },
  'short RSA key': {
    accepts: 'go',
    says: /RSA key has \d+ bits/,
    holds: some(({ publicKey }) => publicKey.length < 200),
    why: 'NIST SP 800-131A: 2048 bits at least; Go takes 1024',
  },
  'odd RSA exponent': {
    accepts: 'go',
    says: /RSA exponent is not allowed/,
    holds: some(({ publicKey }) => !Buffer.from(publicKey).toString('hex').endsWith('0203010001')),
    why: 'RFC 8017 3.1: odd, at least 3; here four bytes at most. Go minds only when it uses the key, and it does not use a leaf',
  },
  'kind of key that is not on the list': {
    accepts: 'go',
    says: /public key kind is not supported/,
    holds: some(({ publicKey }) => /^304e|^302a300506032b656e/.test(Buffer.from(publicKey).toString('hex'))),
    why: 'P-224 is below 128 bits, X25519 signs nothing; Go knows the one, and does not look at the other in a leaf',
  },
  'version 1 to 3': {
    accepts: 'go',
    says: /version is not 3/,
    holds: isMalformed,
    why: 'X509-SVID 4, RFC 5280 4.1.2.1: what has extensions is version 3; Go takes 1 and 2, and version 1 as a CA',
  },
  'form of a time': {
    accepts: 'go',
    says: /time of year \d+ must be a UTCTime|time is malformed|validity ends before it begins/,
    holds: holdsBytes(/180f3230|170b\d{20}5a|1711|170d.*170d/),
    why: 'RFC 5280 4.1.2.5: UTCTime to 2049, with seconds, in Z; Go takes other forms, and times that no time is within where a certificate is not used',
  },
  'long serial number': {
    accepts: 'go',
    says: /serial number is longer than 20 bytes/,
    holds: holdsBytes(/02157f/),
    why: 'RFC 5280 4.1.2.2: 20 bytes at most',
  },
  'path length without the CA flag': {
    accepts: 'go',
    says: /path length is given without the CA flag/,
    holds: holdsBytes(/0603551d130101ff04053003/),
    why: 'RFC 5280 4.2.1.9: not to be there unless the flag is; Go lets it be in a leaf',
  },
  'list of nothing': {
    accepts: 'go',
    says: /list of names is empty|list of extensions is empty|extended key usage is empty/,
    holds: holdsBytes(/0603551d(?:11|25)04023000|a3023000/),
    why: 'RFC 5280 4.1, 4.2.1.6, 4.2.1.12: SIZE (1..MAX)',
  },
  'letters of a name': {
    accepts: 'writ',
    says: /invalid RDNSequence/,
    holds: some(({ subject, issuer }) =>
      [subject, issuer].some((name) => /1c04|13056151?|1305615f/.test(Buffer.from(name).toString('hex'))),
    ),
    why: 'RFC 5280 7.1: names are only compared, by their bytes; no text of them is ever read, so that Go alone minds a letter that PrintableString has not, or UniversalString',
  },
  'URI that nobody uses': {
    accepts: 'writ',
    says: /cannot parse URI/,
    holds: some(({ uriSans }) => uriSans.some((uri) => /^http:\/\/\[|[^!-~]|\.\./.test(uri))),
    why: 'RFC 5280 4.2.1.6: Go reads every URI; here the ID of an SVID is read (X509-SVID 2), and the host where constraints want it, and nothing else is done with one',
  },
  'key that nobody uses': {
    accepts: 'writ',
    says: /P\d+ point not on curve/,
    holds: ({ certificates: [, ...rest] }) => rest.some(({ publicKey }) => !isKey(publicKey)),
    why: 'RFC 5280 6.1: certificates beside the path are not judged; a key is imported where it is on a path that a root vouches for (chain.ts), so that a stranger cannot make us do it; Go imports all as it reads them',
  },
  'name of a kind that is not constrained': {
    accepts: 'writ',
    says: /cannot parse dnsName|URI with empty host|URI with IP|cannot parse rfc822Name|cannot parse URI host/,
    holds: (difference) => !isConstrained(difference),
    why: 'RFC 5280 4.2.1.10: restrictions apply to names of their kind; Go wants all names comparable as soon as any kind is constrained',
  },
};

/** Names lead from one certificate to many, so that there are more paths than either side follows. */
function isTangled({ certificates }: Difference): boolean {
  const isAbove = (child: Certificate) => (issuer: Certificate) =>
    issuer !== child && equal(issuer.subject, child.issuer);
  const ways = certificates.map((child) => certificates.filter(isAbove(child)).length);
  return ways.reduce((sum, count) => sum + count, 0) > certificates.length;
}

function isKey(publicKey: Uint8Array): boolean {
  try {
    importPublicKey(publicKey);
    return true;
  } catch (error) {
    if (!(error instanceof CodedError)) throw error;
    return false;
  }
}

/** Whether the kind of name that Go minds is constrained. */
function isConstrained(difference: Difference): boolean {
  if (/rfc822Name/.test(difference.refusal)) return constrainsOtherNames(difference);
  return constraintsOf(/dnsName/.test(difference.refusal) ? 'dnsNames' : 'uris', difference).length > 0;
}

const constrainsOtherNames = some(
  ({ nameConstraints: found }) => (found?.permitted.otherCount ?? 0) + (found?.excluded.otherCount ?? 0) > 0,
);
