/** Makes client certificates of every kind, those too that ours would not make. Used by certificate-rows. */
import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { parseCertificate } from '../../../../shared/crypto/certificate.ts';
import {
  bitString,
  encode,
  objectIdentifier,
  octetString,
  sequence,
} from '../../../../shared/crypto/der-writer.ts';
import { keySigner } from '../../../../shared/crypto/keys.ts';
import { formatPem } from '../../../../shared/crypto/pem.ts';
import type { TlsIdentity } from '../../../../shared/tls/listen.ts';
import { identityOf, joinAgent, type RunningServer, testKey } from '../../../fakes/server-under-test.ts';
import {
  editAndSign,
  type Parts,
  takeApart,
  tbsOf,
  withExtension,
} from '../../../shared/crypto/edit-certificate.ts';
import {
  type Changes,
  type Entity,
  makeIntermediate,
  makeLeaf,
  makeRoot,
  named,
  NOW,
} from '../../../shared/crypto/pki.ts';

export const BOSS = 'spiffe://example.org/boss';
export const FOREIGN_BOSS = 'spiffe://other.org/boss';
export const UNKNOWN_BOSS = 'spiffe://third.org/boss';
export const ADMINISTRATORS = [BOSS, FOREIGN_BOSS, UNKNOWN_BOSS];
export const NESTED = 'spiffe://example.org/nested';
export const AGENT = 'spiffe://example.org/spire/agent/x';
export const PAST = new Date(NOW.getTime() - 3_600_000);
export const FUTURE = new Date(NOW.getTime() + 3_600_000);

/** An authority of example.org beside the server's own; one of other.org, whose bundle is stored; one of nobody. */
export const root = await makeRoot();
export const rsaKey = generateKeyPairSync('rsa', { modulusLength: 2_048 }).privateKey;
export const rsaRoot = await makeRoot({
  issuer: keySigner(rsaKey),
  subject: named('rsa'),
  issuerName: named('rsa'),
});
export const foreignRoot = await makeRoot({ uriSans: ['spiffe://other.org'] });
export const stranger = await makeRoot();

/** Every leaf is for this key, if it is for no other. */
const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const spkiOf = (key: KeyObject): Uint8Array => new Uint8Array(key.export({ format: 'der', type: 'spki' }));

export const leaf = (changes: Changes = {}, parent = root): Promise<Entity> =>
  makeLeaf(parent, { publicKey: spkiOf(publicKey), uriSans: [BOSS], ...changes });

export const presented = (chain: readonly Uint8Array[], key = privateKey): TlsIdentity => ({
  certificatePem: chain.map((der) => formatPem('CERTIFICATE', der)).join(''),
  privateKey: key,
});
export const shown = (...chain: readonly Entity[]): TlsIdentity =>
  presented(chain.map(({ certificate }) => certificate.raw));

/** Signed by the digest that the algorithm names, which is broken. */
export async function brokenDigest(
  parent: Entity,
  key: KeyObject,
  [digest, algorithm]: readonly [string, string],
) {
  const { certificate } = await leaf({}, parent);
  const named = sequence(objectIdentifier(algorithm), ...(key === rsaKey ? [Uint8Array.of(5, 0)] : []));
  const parts = takeApart(certificate.raw);
  const tbs = encode(tbsOf({ ...parts, innerAlgorithm: named }));
  return presented([encode(sequence(tbs, named, bitString(sign(digest, tbs, key))))]);
}

/** For a key that ours would not certify. */
export async function certified({
  publicKey: odd,
  privateKey: key,
}: {
  publicKey: KeyObject;
  privateKey: KeyObject;
}) {
  const { certificate } = await leaf();
  const der = await editAndSign(certificate.raw, root.signer, () => ({ publicKey: spkiOf(odd) }));
  return presented([der], key);
}

/** With an extension that nobody knows, of so many bytes. */
export async function padded(bytes: number): Promise<TlsIdentity> {
  const padding = { oid: '1.3.6.1.4.1.59999.1', value: octetString(new Uint8Array(bytes)) };
  const { certificate } = await leaf();
  const more = ({ extensions }: Parts) => ({ extensions: withExtension(extensions, padding) });
  return presented([await editAndSign(certificate.raw, root.signer, more)]);
}

/** The authority of the server itself, as far as names and key identifiers go. */
export async function forgedAuthority(server: RunningServer): Promise<Entity> {
  const { x509_authorities: authorities } = await server.admin.bundle.unary('GetBundle', {});
  const { subject, subjectKeyId } = parseCertificate(new Uint8Array(authorities[0]?.asn1 ?? []));
  return makeRoot({ subject, issuerName: subject, ...(subjectKeyId === undefined ? {} : { subjectKeyId }) });
}

export async function renewedAgent(server: RunningServer): Promise<TlsIdentity> {
  const { identity } = await joinAgent(server);
  const key = await testKey();
  const { svid } = await server
    .connect(identity)
    .agent.unary('RenewAgent', { params: { csr: await key.csr() } });
  await server.connect(identityOf(key, svid?.cert_chain ?? [])).agent.unary('PostStatus', {});
  return identity;
}

export async function removedAgent(
  server: RunningServer,
  how: 'BanAgent' | 'DeleteAgent',
): Promise<TlsIdentity> {
  const { identity, path } = await joinAgent(server);
  await server.admin.agent.unary(how, { id: { trust_domain: 'example.org', path } });
  return identity;
}

export async function longChain(length: number): Promise<TlsIdentity> {
  const chain: Entity[] = [root];
  for (let at = 0; at < length; at += 1) {
    const [issuer = root] = chain;
    chain.unshift(at < length - 1 ? await makeIntermediate(issuer) : await leaf({}, issuer));
  }
  return shown(...chain.slice(0, -1));
}

export const dnsNames = (bytes: number): readonly string[] =>
  Array.from({ length: bytes / 50 }, (_, at) => `${'n'.repeat(38)}${String(at).padStart(5, '0')}.test`);
