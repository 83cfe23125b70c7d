/** Client certificates with one thing wrong, and what each class of RPCs answers to them. Used by client-certificates. */
import { generateKeyPairSync } from 'node:crypto';
import type { ConnectionOptions } from 'node:tls';
import { Oid } from '../../../../shared/crypto/oids.ts';
import { Code } from '../../../../shared/errors.ts';
import type { TlsIdentity } from '../../../../shared/tls/listen.ts';
import { joinAgent, type RunningServer } from '../../../fakes/server-under-test.ts';
import { edit, editAndSign, takeApart, without } from '../../../shared/crypto/edit-certificate.ts';
import { makeIntermediate, makeLeaf, named } from '../../../shared/crypto/pki.ts';
import {
  AGENT,
  BOSS,
  FOREIGN_BOSS,
  FUTURE,
  NESTED,
  PAST,
  UNKNOWN_BOSS,
  brokenDigest,
  certified,
  dnsNames,
  foreignRoot,
  forgedAuthority,
  leaf,
  longChain,
  padded,
  presented,
  removedAgent,
  renewedAgent,
  root,
  rsaKey,
  rsaRoot,
  shown,
  stranger,
} from './certificates.ts';

type Verdict = readonly [code: number, says: RegExp];

/** What the RPCs of each class answer. */
export interface Verdicts {
  readonly anybody: Verdict;
  readonly agent: Verdict;
  readonly downstream: Verdict;
  readonly administrator: Verdict;
}

const OK: Verdict = [0, /^(OK)?$/];
const denied = (why = ''): Verdict => [
  Code.permissionDenied,
  new RegExp(`^authorization denied for method /spire[.\\w]+/\\w+${why}$`),
];
const NOBODY: Verdicts = { anybody: OK, agent: denied(), downstream: denied(), administrator: denied() };
const notAsAgent = (why: string): Verdicts => ({ ...NOBODY, agent: denied(`: agent ".*" ${why}`) });
const BELIEVED: Verdicts = { ...notAsAgent('is not attested'), administrator: OK };

const everywhere = (code: number, says: RegExp): Verdicts => {
  const verdict: Verdict = [code, says];
  return { anybody: verdict, agent: verdict, downstream: verdict, administrator: verdict };
};
const refused = (why: string): Verdicts => everywhere(Code.unauthenticated, new RegExp(`^${why}`));
const unverified = (why: string, id = BOSS): Verdicts =>
  refused(`X509-SVID "${id}" cannot be verified: ${why}`);
const invalid = (why: string): Verdicts => refused(`X509-SVID is invalid: ${why}`);
const FOREIGN = refused('SPIFFE ID "spiffe://other.org/.*" is of another trust domain');

export interface Row {
  readonly show: (server: RunningServer) => Promise<TlsIdentity | undefined>;
  readonly more?: ConnectionOptions;
  /** `cut`: by TLS, before there is a call. */
  readonly says: Verdicts | 'cut';
}

/** The name says what is wrong. */
export const rows: Readonly<Record<string, Row>> = {
  'none at all': { show: async () => undefined, says: NOBODY },
  "an agent's": {
    show: async (server) => (await joinAgent(server)).identity,
    says: { ...NOBODY, agent: OK },
  },
  "an administrator's": { show: async () => shown(await leaf()), says: BELIEVED },
  "an administrator's of another trust domain": {
    show: async () => shown(await leaf({ uriSans: [FOREIGN_BOSS] }, foreignRoot)),
    says: BELIEVED,
  },
  "a downstream server's": {
    show: async () => shown(await leaf({ uriSans: [NESTED] })),
    says: { ...notAsAgent('is not attested'), downstream: [Code.invalidArgument, /^missing JWT authority$/] },
  },
  "a workload's": {
    show: async () => shown(await leaf({ uriSans: ['spiffe://example.org/web'] })),
    says: notAsAgent('is not attested'),
  },
  'one with an intermediate that is not needed': {
    show: async () => shown(await leaf(), await makeIntermediate(stranger)),
    says: BELIEVED,
  },
  'a large one': { show: async () => shown(await leaf({ dnsSans: dnsNames(40_000) })), says: BELIEVED },

  "of an authority that has the name and the key identifier of the server's": {
    show: async (server) => shown(await leaf({}, await forgedAuthority(server))),
    says: unverified('certificate signature is invalid'),
  },
  'of an authority of its own, which comes with it': {
    show: async () => shown(await leaf({}, stranger), stranger),
    says: unverified('certificate signature is invalid'),
  },
  "of the administrator of another trust domain, signed by this one's authority": {
    show: async () => shown(await leaf({ uriSans: [FOREIGN_BOSS] })),
    says: unverified('certificate signature is invalid', FOREIGN_BOSS),
  },
  "of this trust domain, signed by another's authority": {
    show: async () => shown(await leaf({}, foreignRoot)),
    says: unverified('certificate signature is invalid'),
  },
  'of a workload of a trust domain whose bundle is there': {
    show: async () => shown(await leaf({ uriSans: ['spiffe://other.org/web'] }, foreignRoot)),
    says: FOREIGN,
  },
  'of an agent of a trust domain whose bundle is there': {
    show: async () => shown(await leaf({ uriSans: ['spiffe://other.org/spire/agent/x'] }, foreignRoot)),
    says: FOREIGN,
  },
  'of an administrator of a trust domain whose bundle is not there': {
    show: async () => shown(await leaf({ uriSans: [UNKNOWN_BOSS] }, foreignRoot)),
    says: refused('X.509 bundle of trust domain "third.org" is empty'),
  },

  'of an administrator, expired': {
    show: async () => shown(await leaf({ notAfter: PAST })),
    says: refused(`X509-SVID "${BOSS}" has expired`),
  },
  'of an agent, expired': {
    show: async () => shown(await leaf({ uriSans: [AGENT], notAfter: PAST })),
    says: everywhere(Code.permissionDenied, new RegExp(`^agent "${AGENT}" SVID is expired$`)),
  },
  'of an administrator, not valid yet': {
    show: async () => shown(await leaf({ notBefore: FUTURE })),
    says: unverified('leaf certificate is not valid before'),
  },
  'of an agent that nobody knows, not valid yet': {
    show: async () => shown(await leaf({ uriSans: [AGENT], notBefore: FUTURE })),
    says: notAsAgent('is not attested'),
  },
  'of an agent that nobody knows': {
    show: async () => shown(await leaf({ uriSans: [AGENT] })),
    says: notAsAgent('is not attested'),
  },
  'of a banned agent': { show: (server) => removedAgent(server, 'BanAgent'), says: notAsAgent('is banned') },
  'of an evicted agent': {
    show: (server) => removedAgent(server, 'DeleteAgent'),
    says: notAsAgent('is not attested'),
  },
  'of an agent that has a newer one': { show: renewedAgent, says: notAsAgent('SVID is not the active one') },
  'of the server itself, for a key of the caller': {
    show: async () => shown(await leaf({ uriSans: ['spiffe://example.org/spire/server'] })),
    says: notAsAgent('is not attested'),
  },

  'without a URI SAN': {
    show: async () => shown(await leaf({ uriSans: [] })),
    says: invalid('leaf certificate has no URI SAN'),
  },
  'with two SPIFFE IDs': {
    show: async () => shown(await leaf({ uriSans: [BOSS, NESTED] })),
    says: invalid('leaf certificate has more than one URI SAN'),
  },
  'with a SPIFFE ID and another URI': {
    show: async () => shown(await leaf({ uriSans: [BOSS, 'https://example.org/'] })),
    says: invalid('leaf certificate has more than one URI SAN'),
  },
  'with a URI that is no SPIFFE ID': {
    show: async () => shown(await leaf({ uriSans: ['https://example.org/boss'] })),
    says: invalid('URI SAN is not a SPIFFE ID'),
  },
  'with a SPIFFE ID in upper case': {
    show: async () => shown(await leaf({ uriSans: ['SPIFFE://example.org/boss'] })),
    says: invalid('URI SAN is not a SPIFFE ID'),
  },
  'with a SPIFFE ID that climbs': {
    show: async () => shown(await leaf({ uriSans: ['spiffe://example.org/web/../boss'] })),
    says: invalid('URI SAN is not a SPIFFE ID'),
  },
  'with the ID of the trust domain': {
    show: async () => shown(await leaf({ uriSans: ['spiffe://example.org'] })),
    says: invalid('SPIFFE ID of the leaf certificate has no path'),
  },

  'a CA': {
    show: async () => shown(await leaf({ isCa: true, keyUsage: ['keyCertSign', 'crlSign'] })),
    says: invalid('leaf certificate is a CA'),
  },
  'with the key usage keyCertSign': {
    show: async () => shown(await leaf({ keyUsage: ['digitalSignature', 'keyCertSign'] })),
    says: invalid('leaf certificate has the key usage keyCertSign'),
  },
  'with the key usage cRLSign': {
    show: async () => shown(await leaf({ keyUsage: ['digitalSignature', 'crlSign'] })),
    says: invalid('leaf certificate has the key usage cRLSign'),
  },
  'without the key usage digitalSignature': {
    show: async () => shown(await leaf({ keyUsage: ['keyAgreement'] })),
    says: invalid('leaf certificate lacks the key usage digitalSignature'),
  },
  'for servers alone': {
    show: async () => shown(await leaf({ extendedKeyUsage: [Oid.serverAuth] })),
    says: invalid('leaf certificate has extended key usages without clientAuth'),
  },
  'without a key usage': {
    show: async () =>
      presented([
        await editAndSign((await leaf()).certificate.raw, root.signer, ({ extensions }) => ({
          extensions: without(extensions, Oid.keyUsage),
        })),
      ]),
    says: invalid('leaf certificate has no key usage'),
  },
  'changed after it was signed': {
    show: async () => {
      const other = (await leaf({ uriSans: [NESTED] })).certificate.raw;
      const { extensions } = takeApart((await leaf()).certificate.raw);
      return presented([edit(other, () => ({ extensions }))]);
    },
    says: unverified('certificate signature is invalid'),
  },

  'signed by a leaf': {
    show: async () => {
      const issuer = await makeLeaf(root);
      return shown(await leaf({}, issuer), issuer);
    },
    says: invalid('intermediate certificate is not a CA'),
  },
  'with a leaf that is not its own behind it': {
    show: async () => shown(await leaf(), await leaf({}, stranger)),
    says: invalid('intermediate certificate is not a CA'),
  },
  'below an intermediate that has expired': {
    show: async () => {
      const issuer = await makeIntermediate(root, { notAfter: PAST });
      return shown(await leaf({}, issuer), issuer);
    },
    says: unverified('intermediate certificate has expired'),
  },
  'below an intermediate that does not come with it': {
    show: async () => shown(await leaf({}, await makeIntermediate(root))),
    says: unverified('certificate is signed by none of the roots'),
  },
  'below more intermediates than a root allows': {
    show: async () => {
      const narrow = await makeIntermediate(root, { pathLength: 0 });
      const below = await makeIntermediate(narrow, { subject: named('below') });
      return shown(await leaf({}, below), below, narrow);
    },
    says: unverified('intermediate certificate allows 0 intermediates below it, not 1'),
  },
  'at the end of seventeen': {
    show: () => longChain(17),
    says: refused('X509-SVID chain has more than 16 certificates'),
  },

  'signed with SHA-1': {
    show: () => brokenDigest(rsaRoot, rsaKey, ['sha1', '1.2.840.113549.1.1.5']),
    says: unverified('signature algorithm 1.2.840.113549.1.1.5 is not allowed'),
  },
  'signed with MD5': {
    show: () => brokenDigest(rsaRoot, rsaKey, ['md5', '1.2.840.113549.1.1.4']),
    says: unverified('signature algorithm 1.2.840.113549.1.1.4 is not allowed'),
  },
  'for an RSA key of 1,024 bits': {
    show: () => certified(generateKeyPairSync('rsa', { modulusLength: 1_024 })),
    says: refused('RSA key has 1024 bits, where 2048 to 8192 are allowed'),
  },
  'for a key of Ed25519': { show: () => certified(generateKeyPairSync('ed25519')), says: BELIEVED },
  'larger than any': { show: () => padded(70_000), says: refused('certificate is longer than 65536 bytes') },
  'larger than TLS takes': { show: () => padded(120_000), says: 'cut' },

  "an administrator's, over TLS 1.2": {
    show: async () => shown(await leaf()),
    more: { maxVersion: 'TLSv1.2' },
    says: 'cut',
  },
  "an administrator's, by a cipher with a short tag": {
    show: async () => shown(await leaf()),
    more: { ciphers: 'TLS_AES_128_CCM_8_SHA256' },
    says: 'cut',
  },
  "an administrator's, by a group that is not on the list": {
    show: async () => shown(await leaf()),
    more: { ecdhCurve: 'P-521' },
    says: 'cut',
  },
  "an administrator's, for another protocol": {
    show: async () => shown(await leaf()),
    more: { ALPNProtocols: ['http/1.1'] },
    says: 'cut',
  },
};
