/** Bundles in memory, as datastore/bundles keeps them: shared by the servers of a test. */
import { X509Certificate } from 'node:crypto';
import type { Bundle, TokenAuthority, X509Authority } from '../../shared/bundle/bundle.ts';
import { toHex } from '../../shared/bytes.ts';
import type { TrustDomain } from '../../shared/spiffe/trust-domain.ts';
import { checkBundleSize } from '../../server/bundle/bundle-size.ts';
import type { BundleStore, NamedAuthority, NewAuthorities } from '../../server/bundle/bundle-store.ts';
import { withoutRevoked, withTainted } from '../../server/bundle/change-authorities.ts';
import { notFound } from '../../shared/errors.ts';
import type { FakeRow } from './paging.ts';

const REFRESH_HINT_SECONDS = 300;

export class FakeBundleStore implements BundleStore {
  readonly #bundles = new Map<string, Bundle>();
  readonly #rowIds = new Map<string, number>();
  readonly #listeners = new Set<() => void>();
  #lastRowId = 0;

  async find(trustDomain: TrustDomain): Promise<Bundle | undefined> {
    return this.#bundles.get(trustDomain.name);
  }

  async append(trustDomain: TrustDomain, authorities: NewAuthorities, maxBytes?: number): Promise<Bundle> {
    const before = this.#bundles.get(trustDomain.name) ?? empty(trustDomain);
    const next = {
      ...before,
      x509Authorities: union(before.x509Authorities, authorities.x509, x509Key),
      jwtAuthorities: union(before.jwtAuthorities, authorities.jwt, tokenKey),
      witAuthorities: union(before.witAuthorities, authorities.wit, tokenKey),
    };
    if (maxBytes !== undefined) checkBundleSize(next, maxBytes);
    return sizeOf(next) === sizeOf(before) && this.#bundles.has(trustDomain.name) ? before : this.put(next);
  }

  async prune(trustDomain: TrustDomain, expiredBefore: Date): Promise<Bundle | undefined> {
    const before = this.#bundles.get(trustDomain.name);
    if (before === undefined) return undefined;
    const lives = (token: TokenAuthority): boolean =>
      token.expiresAt === undefined || token.expiresAt >= expiredBefore;
    const next = {
      ...before,
      x509Authorities: before.x509Authorities.filter(
        (one) => new X509Certificate(one.certificate).validToDate >= expiredBefore,
      ),
      jwtAuthorities: before.jwtAuthorities.filter(lives),
      witAuthorities: before.witAuthorities.filter(lives),
    };
    if (next.x509Authorities.length === 0) return undefined;
    return sizeOf(next) === sizeOf(before) ? before : this.put(next);
  }

  async taint(trustDomain: TrustDomain, authority: NamedAuthority): Promise<Bundle> {
    return this.put(withTainted(this.#get(trustDomain), authority));
  }

  async revoke(trustDomain: TrustDomain, authority: NamedAuthority): Promise<Bundle> {
    return this.put(withoutRevoked(this.#get(trustDomain), authority));
  }

  #get(trustDomain: TrustDomain): Bundle {
    const bundle = this.#bundles.get(trustDomain.name);
    if (bundle === undefined) throw notFound('bundle not found');
    return bundle;
  }

  async count(): Promise<number> {
    return this.#bundles.size;
  }

  onHint(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Stores this content under the next sequence number, and hints. */
  put(bundle: Bundle): Bundle {
    return this.restore({ ...bundle, sequenceNumber: bundle.sequenceNumber + 1 });
  }

  /** Sets the bundle as it is, sequence number too: a database that lost or regained changes. */
  restore(bundle: Bundle): Bundle {
    const { name } = bundle.trustDomain;
    if (!this.#bundles.has(name)) this.#rowIds.set(name, ++this.#lastRowId);
    this.#bundles.set(name, bundle);
    this.#hint();
    return bundle;
  }

  /** By age. */
  rows(): readonly FakeRow<Bundle>[] {
    return [...this.#bundles.values()]
      .map((item) => ({ rowId: this.#rowIds.get(item.trustDomain.name) ?? 0, item }))
      .sort((a, b) => a.rowId - b.rowId);
  }

  /** Whether there was one. */
  remove(trustDomain: TrustDomain): boolean {
    const had = this.#bundles.delete(trustDomain.name);
    if (had) this.#hint();
    return had;
  }

  #hint(): void {
    for (const listener of this.#listeners) listener();
  }

  clear(): void {
    this.#bundles.clear();
  }
}

const empty = (trustDomain: TrustDomain): Bundle => ({
  trustDomain,
  x509Authorities: [],
  jwtAuthorities: [],
  witAuthorities: [],
  refreshHintSeconds: REFRESH_HINT_SECONDS,
  sequenceNumber: 0,
});

const x509Key = (authority: X509Authority): string => toHex(authority.certificate);
const tokenKey = (authority: TokenAuthority): string => authority.keyId;

const union = <Item>(
  held: readonly Item[],
  added: readonly Item[] | undefined,
  key: (item: Item) => string,
): readonly Item[] => {
  const all = new Map(held.map((item) => [key(item), item]));
  for (const item of added ?? []) if (!all.has(key(item))) all.set(key(item), item);
  return [...all.values()];
};

const sizeOf = (bundle: Bundle): number =>
  bundle.x509Authorities.length + bundle.jwtAuthorities.length + bundle.witAuthorities.length;
