/** The X.509 authorities: a CA certificate for each key, self-signed or below an upstream authority. Made by ca/local-authorities. */
import type { Bundle, X509Authority } from '../../shared/bundle/bundle.ts';
import { bytesEqual, toHex } from '../../shared/bytes.ts';
import { parseCertificate } from '../../shared/crypto/certificate.ts';
import { subjectKeyId } from '../../shared/crypto/keys.ts';
import type { Signer } from '../../shared/crypto/signer.ts';
import type { Random } from '../../shared/random.ts';
import type { TrustDomain } from '../../shared/spiffe/trust-domain.ts';
import type { UpstreamAuthority } from '../upstream-authority/upstream-authority.ts';
import type { CaAuthority, CaUpstream } from './authorities.ts';
import type { AuthorityKind, Dormant, NewKey } from './authority-kind.ts';
import type { CaConfig } from './ca-config.ts';
import type { CaEntry } from './journal.ts';
import { checkIssuingChain } from './issuing-chain.ts';
import { makeSelfSigned } from './self-signed.ts';
import { makeUpstreamSigned } from './upstream-signed.ts';

export interface X509KindNeeds {
  readonly config: CaConfig;
  readonly trustDomain: TrustDomain;
  readonly random: Random;
  /** Undefined: certificates are self-signed. */
  readonly upstreamAuthority: UpstreamAuthority | undefined;
}

/** The identifier of a key, in hex: by it a server finds its journal again. */
export const keyIdentifier = ({ publicKey }: Pick<Signer, 'publicKey'>): string =>
  toHex(subjectKeyId(publicKey));

export function x509Kind(needs: X509KindNeeds): AuthorityKind<CaAuthority> {
  const { config, trustDomain, upstreamAuthority } = needs;
  return {
    name: 'X.509',
    keyType: config.keyType,
    ttlSeconds: config.ttlSeconds,
    hasUpstream: upstreamAuthority !== undefined,
    keyIdOf: (slot) => `x509-CA-${slot}`,
    make: async ({ slot, signer, now }: NewKey) => {
      const made = await makeCertificate(needs, signer, now);
      return authority({ slot, status: 'PREPARED', issuedAt: now }, made, signer);
    },
    journaled: ({ x509 }) => x509.map((entry) => dormant(entry, trustDomain)),
    journalWith: (journal, { all }) => ({ ...journal, x509: all.map(toEntry) }),
    toPublish: (all) => ({
      x509: all.flatMap(rootsOf).map((certificate) => ({ certificate, tainted: false })),
    }),
    heldIn: heldRoot,
    countIn: ({ x509Authorities }) => x509Authorities.length,
    whyNotRevoked: (authorityId, { active, standby }) => {
      if (authorityId === active?.authorityId) return 'unable to use current authority';
      const isOld = standby?.authorityId === authorityId && standby.status === 'OLD';
      return isOld ? undefined : 'only Old local authority can be revoked';
    },
  };
}

const dormant = (entry: CaEntry, trustDomain: TrustDomain): Dormant<CaAuthority> => ({
  slot: entry.slot,
  status: entry.status,
  restore: (signer) => {
    const certificate = parseCertificate(entry.certificate);
    if (!bytesEqual(certificate.publicKey, signer.publicKey)) throw new Error('its key was replaced');
    const made = { certificate, upstream: entry.upstream };
    checkRestored(made, trustDomain);
    return authority(entry, made, signer);
  },
});

type Made = Pick<CaAuthority, 'certificate' | 'upstream'>;

/** A prepared authority, not published, of a certificate that somebody else made for the key. */
export const importedAuthority = ({ slot, signer, now }: NewKey, made: Made): CaAuthority =>
  authority({ slot, status: 'PREPARED', issuedAt: now, isImported: true }, made, signer);

/** While all of it is valid: the certificate, and what is above it. */
export function validityOf({ certificate, upstream }: Made): Pick<CaAuthority, 'validFrom' | 'expiresAt'> {
  const [root] = upstream?.roots ?? [];
  const above = [...(upstream?.intermediates ?? []), ...(root === undefined ? [] : [root])];
  const all = [certificate, ...above.map(parseCertificate)];
  return {
    validFrom: new Date(Math.max(...all.map(({ notBefore }) => notBefore.getTime()))),
    expiresAt: new Date(Math.min(...all.map(({ notAfter }) => notAfter.getTime()))),
  };
}

async function makeCertificate(
  { config, trustDomain, random, upstreamAuthority }: X509KindNeeds,
  signer: Signer,
  now: Date,
): Promise<Made> {
  const { subject, ttlSeconds } = config;
  const request = { signer, subject, trustDomain, ttlSeconds, now, random };
  return upstreamAuthority === undefined
    ? { certificate: await makeSelfSigned(request), upstream: undefined }
    : makeUpstreamSigned({ ...request, upstreamAuthority });
}

/** At a time at which all of it is valid: whether that is now, ca/rotation judges. */
function checkRestored({ certificate, upstream }: Made, trustDomain: TrustDomain): void {
  const chain = [certificate, ...(upstream?.intermediates ?? []).map(parseCertificate)];
  const roots = upstream === undefined ? [certificate] : upstream.roots.map(parseCertificate);
  const { validFrom: at } = validityOf({ certificate, upstream });
  checkIssuingChain({ chain, roots, trustDomain, at, casBelow: 0 });
}

const authority = (
  { slot, status, issuedAt, isImported }: Pick<CaEntry, 'slot' | 'status' | 'issuedAt' | 'isImported'>,
  { certificate, upstream }: Made,
  signer: Signer,
): CaAuthority => ({
  ...(isImported === undefined ? {} : { isImported }),
  slot,
  status,
  authorityId: toHex(certificate.subjectKeyId ?? subjectKeyId(signer.publicKey)),
  upstreamAuthorityId: upstream === undefined ? undefined : upstreamAuthorityId(upstream),
  certificate,
  upstream,
  signer,
  issuedAt,
  ...validityOf({ certificate, upstream }),
  publishedAt: undefined,
});

/**
 * DIVERGES: SPIRE names whatever signed the CA certificate. Here it is the root above: of what is above, that alone is in the
 * bundle, to be tainted and revoked.
 */
export const upstreamAuthorityId = ({ roots: [root = new Uint8Array()] }: CaUpstream): string => {
  const certificate = parseCertificate(root);
  return toHex(certificate.subjectKeyId ?? subjectKeyId(certificate.publicKey));
};

const toEntry = ({ slot, status, issuedAt, certificate, upstream, isImported }: CaAuthority): CaEntry => ({
  ...(isImported === undefined ? {} : { isImported }),
  slot,
  status,
  issuedAt,
  certificate: certificate.raw,
  upstream,
});

const rootsOf = ({ certificate, upstream }: CaAuthority): readonly Uint8Array[] =>
  upstream?.roots ?? [certificate.raw];

/** What the bundle holds of the root at the end of its chain. */
function heldRoot(bundle: Bundle | undefined, one: CaAuthority): X509Authority | undefined {
  const [root = one.certificate.raw] = rootsOf(one);
  return bundle?.x509Authorities.find((held) => bytesEqual(held.certificate, root));
}
