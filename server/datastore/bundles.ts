/** Bundles in Postgres: read, changed and written under the row's lock. Made by open.ts. */
import { X509Certificate } from 'node:crypto';
import { checkBundleSize } from '../bundle/bundle-size.ts';
import type { BundleStore, NamedAuthority, NewAuthorities } from '../bundle/bundle-store.ts';
import { withoutRevoked, withTainted } from '../bundle/change-authorities.ts';
import type { Bundle, TokenAuthority, X509Authority } from '../../shared/bundle/bundle.ts';
import type { Fence } from '../housekeeping/lease-store.ts';
import { toHex } from '../../shared/bytes.ts';
import { notFound } from '../../shared/errors.ts';
import type { TrustDomain } from '../../shared/spiffe/trust-domain.ts';
import {
  BUNDLE_COLUMNS,
  BUNDLES_CHANNEL,
  type BundleRow,
  hintOfBundles,
  insertBundle,
  lockBundle,
  toBundle,
  writeBundle,
} from './bundle-rows.ts';
import type { Database, Queryable } from './database.ts';
import { holdLease } from './leases.ts';
import type { Hints } from './hints.ts';

export class PostgresBundles implements BundleStore {
  readonly #database: Database;
  readonly #hints: Hints;

  constructor(database: Database, hints: Hints) {
    this.#database = database;
    this.#hints = hints;
  }

  async find(trustDomain: TrustDomain): Promise<Bundle | undefined> {
    const sql = `select ${BUNDLE_COLUMNS} from bundles where trust_domain = $1`;
    const [row] = await this.#database.query<BundleRow>(sql, [trustDomain.name]);
    return row === undefined ? undefined : toBundle(row);
  }

  append(trustDomain: TrustDomain, authorities: NewAuthorities, maxBytes?: number): Promise<Bundle> {
    return this.#database.transaction('read committed', async (tx) => {
      await insertBundle(tx, emptyBundle(trustDomain));
      const bundle = (await lockBundle(tx, trustDomain)) ?? emptyBundle(trustDomain);
      const next = withAuthorities(bundle, authorities);
      if (maxBytes !== undefined) checkBundleSize(next, maxBytes);
      return writeIfChanged(tx, bundle, next);
    });
  }

  prune(trustDomain: TrustDomain, expiredBefore: Date, fence?: Fence): Promise<Bundle | undefined> {
    return this.#database.transaction('read committed', async (tx) => {
      await holdLease(tx, fence);
      const bundle = await lockBundle(tx, trustDomain);
      if (bundle === undefined) return undefined;
      const pruned = withoutExpired(bundle, expiredBefore);
      if (pruned.x509Authorities.length === 0) return undefined;
      return writeIfChanged(tx, bundle, pruned);
    });
  }

  taint(trustDomain: TrustDomain, authority: NamedAuthority): Promise<Bundle> {
    return this.#change(trustDomain, (bundle) => withTainted(bundle, authority));
  }

  revoke(trustDomain: TrustDomain, authority: NamedAuthority): Promise<Bundle> {
    return this.#change(trustDomain, (bundle) => withoutRevoked(bundle, authority));
  }

  #change(trustDomain: TrustDomain, change: (bundle: Bundle) => Bundle): Promise<Bundle> {
    return this.#database.transaction('read committed', async (tx) => {
      const bundle = await lockBundle(tx, trustDomain);
      if (bundle === undefined) throw notFound('bundle not found');
      return write(tx, change(bundle));
    });
  }

  async count(): Promise<number> {
    const [row] = await this.#database.query<{ count: number }>('select count(*) as count from bundles');
    return row?.count ?? 0;
  }

  onHint(listener: () => void): () => void {
    return this.#hints.on(BUNDLES_CHANNEL, listener);
  }
}

const emptyBundle = (trustDomain: TrustDomain): Bundle => ({
  trustDomain,
  x509Authorities: [],
  jwtAuthorities: [],
  witAuthorities: [],
  refreshHintSeconds: 0,
  sequenceNumber: 0,
});

async function writeIfChanged(tx: Queryable, before: Bundle, after: Bundle): Promise<Bundle> {
  const isSame =
    after.x509Authorities.length === before.x509Authorities.length &&
    after.jwtAuthorities.length === before.jwtAuthorities.length &&
    after.witAuthorities.length === before.witAuthorities.length;
  return isSame ? before : write(tx, after);
}

/** Under the next sequence number. */
async function write(tx: Queryable, bundle: Bundle): Promise<Bundle> {
  const next = { ...bundle, sequenceNumber: bundle.sequenceNumber + 1 };
  await writeBundle(tx, next);
  await hintOfBundles(tx);
  return next;
}

const certificateKey = (authority: X509Authority): string => toHex(authority.certificate);
const tokenKey = (authority: TokenAuthority): string => authority.keyId;

const withAuthorities = (bundle: Bundle, added: NewAuthorities): Bundle => ({
  ...bundle,
  x509Authorities: union(bundle.x509Authorities, added.x509 ?? [], certificateKey),
  jwtAuthorities: union(bundle.jwtAuthorities, added.jwt ?? [], tokenKey),
  witAuthorities: union(bundle.witAuthorities, added.wit ?? [], tokenKey),
});

/** `before`, then what of `added` has a new key: an authority never changes by being appended again. */
function union<T>(before: readonly T[], added: readonly T[], keyOf: (item: T) => string): readonly T[] {
  const byKey = new Map(before.map((item) => [keyOf(item), item]));
  for (const item of added) if (!byKey.has(keyOf(item))) byKey.set(keyOf(item), item);
  return [...byKey.values()];
}

const withoutExpired = (bundle: Bundle, expiredBefore: Date): Bundle => ({
  ...bundle,
  x509Authorities: bundle.x509Authorities.filter(
    ({ certificate }) => new X509Certificate(certificate).validToDate >= expiredBefore,
  ),
  jwtAuthorities: bundle.jwtAuthorities.filter((key) => isKept(key, expiredBefore)),
  witAuthorities: bundle.witAuthorities.filter((key) => isKept(key, expiredBefore)),
});

const isKept = (key: TokenAuthority, expiredBefore: Date): boolean =>
  key.expiresAt === undefined || key.expiresAt >= expiredBefore;
