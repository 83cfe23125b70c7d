/** The X.509 authorities: a self-signed CA certificate for each key. Made by ca/local-authorities. */
import type { Bundle } from '../../shared/bundle/bundle.ts';
import { bytesEqual, toHex } from '../../shared/bytes.ts';
import { type Certificate, parseCertificate } from '../../shared/crypto/certificate.ts';
import { subjectKeyId } from '../../shared/crypto/keys.ts';
import type { Signer } from '../../shared/crypto/signer.ts';
import type { Random } from '../../shared/random.ts';
import type { TrustDomain } from '../../shared/spiffe/trust-domain.ts';
import type { CaAuthority } from './authorities.ts';
import type { AuthorityKind, Dormant, NewKey } from './authority-kind.ts';
import type { CaConfig } from './ca-config.ts';
import type { CaEntry } from './journal.ts';
import { checkSelfSigned, makeSelfSigned } from './self-signed.ts';

export interface X509KindNeeds {
  readonly config: CaConfig;
  readonly trustDomain: TrustDomain;
  readonly random: Random;
}

/** The name that the SPIRE API gives to the authority of a key. */
export const x509AuthorityId = ({ publicKey }: Pick<Signer, 'publicKey'>): string =>
  toHex(subjectKeyId(publicKey));

export function x509Kind({ config, trustDomain, random }: X509KindNeeds): AuthorityKind<CaAuthority> {
  return {
    name: 'X.509',
    keyType: config.keyType,
    keyIdOf: (slot) => `x509-CA-${slot}`,
    make: async ({ slot, signer, now }: NewKey) => {
      const { subject, ttlSeconds } = config;
      const certificate = await makeSelfSigned({ signer, subject, trustDomain, ttlSeconds, now, random });
      return authority({ slot, status: 'PREPARED', issuedAt: now }, certificate, signer);
    },
    journaled: ({ x509 }) => x509.map((entry) => dormant(entry, trustDomain)),
    journalWith: (journal, { all }) => ({ ...journal, x509: all.map(toEntry) }),
    toPublish: (all) => ({
      x509: all.map(({ certificate }) => ({ certificate: certificate.raw, tainted: false })),
    }),
    isIn,
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
    checkSelfSigned(certificate, trustDomain);
    return authority(entry, certificate, signer);
  },
});

const authority = (
  { slot, status, issuedAt }: Pick<CaEntry, 'slot' | 'status' | 'issuedAt'>,
  certificate: Certificate,
  signer: Signer,
): CaAuthority => ({
  slot,
  status,
  authorityId: x509AuthorityId(signer),
  certificate,
  signer,
  issuedAt,
  validFrom: certificate.notBefore,
  expiresAt: certificate.notAfter,
  publishedAt: undefined,
});

const toEntry = ({ slot, status, issuedAt, certificate }: CaAuthority): CaEntry => ({
  slot,
  status,
  issuedAt,
  certificate: certificate.raw,
});

const isIn = (bundle: Bundle | undefined, { certificate }: CaAuthority): boolean =>
  bundle?.x509Authorities.some((held) => bytesEqual(held.certificate, certificate.raw)) === true;
