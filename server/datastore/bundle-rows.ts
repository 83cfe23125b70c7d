/** Bundles as rows of the table `bundles`. Used by bundles.ts and federated-bundles.ts. */
import type { Bundle, TokenAuthority, X509Authority } from '../../shared/bundle/bundle.ts';
import { fromBase64, toBase64 } from '../../shared/bytes.ts';
import { internal } from '../../shared/errors.ts';
import { TrustDomain } from '../../shared/spiffe/trust-domain.ts';
import type { Queryable } from './database.ts';

export const BUNDLES_CHANNEL = 'writ_bundles';

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

/** False when the trust domain has a bundle. */
export async function insertBundle(tx: Queryable, bundle: Bundle): Promise<boolean> {
  const rows = await tx.query(
    `insert into bundles (${BUNDLE_COLUMNS}) values ($1, $2, $3, $4, $5, $6)
     on conflict (trust_domain) do nothing returning trust_domain`,
    bundleValues(bundle),
  );
  return rows.length > 0;
}

/** The bundle, which nobody else changes until the transaction ends; entries may begin to federate with it. */
export async function lockBundle(tx: Queryable, trustDomain: TrustDomain): Promise<Bundle | undefined> {
  const [row] = await tx.query<BundleRow>(
    `select ${BUNDLE_COLUMNS} from bundles where trust_domain = $1 for no key update`,
    [trustDomain.name],
  );
  return row === undefined ? undefined : toBundle(row);
}

/** Overwrites the one that there is. */
export async function writeBundle(tx: Queryable, bundle: Bundle): Promise<void> {
  await tx.query(
    `update bundles set sequence_number = $2, refresh_hint_seconds = $3, x509_authorities = $4,
       jwt_authorities = $5, wit_authorities = $6
     where trust_domain = $1`,
    bundleValues(bundle),
  );
}

/** Wakes up whoever keeps bundles in memory. */
export async function hintOfBundles(tx: Queryable): Promise<void> {
  await tx.query(`select pg_notify($1, '')`, [BUNDLES_CHANNEL]);
}

/** The values of BUNDLE_COLUMNS, in order. */
const bundleValues = (bundle: Bundle): readonly unknown[] => [
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
