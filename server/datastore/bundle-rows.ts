/** Bundles as rows of the table `bundles`. Used by bundles.ts. */
import type { Bundle, TokenAuthority, X509Authority } from '../../shared/bundle/bundle.ts';
import { fromBase64, toBase64 } from '../../shared/bytes.ts';
import { internal } from '../../shared/errors.ts';
import { TrustDomain } from '../../shared/spiffe/trust-domain.ts';

interface StoredX509Authority {
  readonly certificate: string;
  readonly tainted: boolean;
}

interface StoredTokenAuthority {
  readonly keyId: string;
  readonly publicKey: string;
  /** RFC 3339. */
  readonly expiresAt: string | null;
  readonly tainted: boolean;
}

export interface BundleRow {
  readonly trust_domain: string;
  readonly sequence_number: number;
  readonly refresh_hint_seconds: number;
  readonly x509_authorities: readonly StoredX509Authority[];
  readonly jwt_authorities: readonly StoredTokenAuthority[];
  readonly wit_authorities: readonly StoredTokenAuthority[];
}

export const BUNDLE_COLUMNS =
  'trust_domain, sequence_number, refresh_hint_seconds, x509_authorities, jwt_authorities, wit_authorities';

export const toBundle = (row: BundleRow): Bundle => ({
  trustDomain: TrustDomain.parse(row.trust_domain),
  sequenceNumber: row.sequence_number,
  refreshHintSeconds: row.refresh_hint_seconds,
  x509Authorities: row.x509_authorities.map(toX509Authority),
  jwtAuthorities: row.jwt_authorities.map(toTokenAuthority),
  witAuthorities: row.wit_authorities.map(toTokenAuthority),
});

/** The values of BUNDLE_COLUMNS, in order. */
export const bundleValues = (bundle: Bundle): readonly unknown[] => [
  bundle.trustDomain.name,
  bundle.sequenceNumber,
  bundle.refreshHintSeconds,
  JSON.stringify(bundle.x509Authorities.map(fromX509Authority)),
  JSON.stringify(bundle.jwtAuthorities.map(fromTokenAuthority)),
  JSON.stringify(bundle.witAuthorities.map(fromTokenAuthority)),
];

const toX509Authority = (stored: StoredX509Authority): X509Authority => ({
  certificate: bytesOf(stored.certificate),
  tainted: stored.tainted,
});

const toTokenAuthority = (stored: StoredTokenAuthority): TokenAuthority => ({
  keyId: stored.keyId,
  publicKey: bytesOf(stored.publicKey),
  expiresAt: stored.expiresAt === null ? undefined : new Date(stored.expiresAt),
  tainted: stored.tainted,
});

const fromX509Authority = (authority: X509Authority): StoredX509Authority => ({
  certificate: toBase64(authority.certificate),
  tainted: authority.tainted,
});

const fromTokenAuthority = (authority: TokenAuthority): StoredTokenAuthority => ({
  keyId: authority.keyId,
  publicKey: toBase64(authority.publicKey),
  expiresAt: authority.expiresAt?.toISOString() ?? null,
  tainted: authority.tainted,
});

function bytesOf(text: string): Uint8Array {
  const bytes = fromBase64(text);
  if (bytes === undefined) throw internal('stored bundle is not base64');
  return bytes;
}
