/**
 * Lets entries share what they have in common, so that a million of them fit in memory. Used by entry-graph.
 * The pools are bounded and forget their older half: sharing is a saving, never a promise.
 */
import type { Selector } from '../../shared/selectors.ts';
import { selectorKey } from '../../shared/selectors.ts';
import { SpiffeId } from '../../shared/spiffe/spiffe-id.ts';
import type { TrustDomain } from '../../shared/spiffe/trust-domain.ts';
import type { Entry } from './entry.ts';

const GENERATION_MAX = 50_000; // selectors; some 10 MB for both generations

const TYPES_MAX = 1_000; // selector types are named after attestors

const NO_TRUST_DOMAINS: readonly TrustDomain[] = Object.freeze([]);
const NO_NAMES: readonly string[] = Object.freeze([]);

export class EntryInterner {
  #young = new Map<string, Selector>();
  #old = new Map<string, Selector>();
  readonly #types = new Map<string, string>();
  #lastCreatedAt = new Date(0);

  /** A copy that bears the given IDs (equal to its own) and shares the rest where it can. */
  intern(entry: Entry, ids: { own: SpiffeId; parent: SpiffeId }): Entry {
    return {
      id: entry.id,
      spiffeId: ids.own,
      parentId: ids.parent,
      selectors: entry.selectors.map((selector) => this.#selector(selector)),
      x509SvidTtlSeconds: entry.x509SvidTtlSeconds,
      jwtSvidTtlSeconds: entry.jwtSvidTtlSeconds,
      federatesWith: entry.federatesWith.length === 0 ? NO_TRUST_DOMAINS : entry.federatesWith,
      admin: entry.admin,
      downstream: entry.downstream,
      storeSvid: entry.storeSvid,
      expiresAt: entry.expiresAt,
      dnsNames: entry.dnsNames.length === 0 ? NO_NAMES : entry.dnsNames,
      hint: entry.hint,
      disableX509SvidPrefetch: entry.disableX509SvidPrefetch,
      jwtSvidIncludeJti: entry.jwtSvidIncludeJti,
      revisionNumber: entry.revisionNumber,
      createdAt: this.#createdAt(entry.createdAt),
    };
  }

  #selector(selector: Selector): Selector {
    const key = selectorKey(selector);
    const known = this.#young.get(key);
    if (known !== undefined) return known;
    const shared = this.#old.get(key) ?? { type: this.#type(selector.type), value: compact(selector.value) };
    if (this.#young.size >= GENERATION_MAX) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(key, shared);
    return shared;
  }

  #type(type: string): string {
    const known = this.#types.get(type);
    if (known !== undefined) return known;
    if (this.#types.size >= TYPES_MAX) this.#types.clear();
    this.#types.set(type, type);
    return type;
  }

  /** Entries created together come together. */
  #createdAt(at: Date): Date {
    if (at.getTime() !== this.#lastCreatedAt.getTime()) this.#lastCreatedAt = at;
    return this.#lastCreatedAt;
  }
}

/** The same ID without the text that it was cut from. */
export const compactId = (id: SpiffeId): SpiffeId => SpiffeId.of(id.trustDomain, compact(id.path));

/** A string that was cut from a longer one holds on to that; a copy does not. */
const compact = (text: string): string => Buffer.from(text).toString();
