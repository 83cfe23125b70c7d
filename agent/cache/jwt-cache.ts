/**
 * JWT-SVIDs that are held, by entry and audience, at most so many. Where there is no room for one more, the entry that holds
 * most gives up its least recently used one: a workload that asks for endless audiences pushes out its own. Used by
 * jwt-source.
 */
import { hash } from 'node:crypto';
import type { SpiffeId } from '../../shared/spiffe/spiffe-id.ts';
import type { AgentEntry } from './agent-entry.ts';

/** Looked at and found good. */
export interface HeldJwtSvid {
  /** The entry as it was when the SVID was asked for. */
  readonly entry: AgentEntry;
  readonly spiffeId: SpiffeId;
  readonly token: string;
  /** Of the authority that signed it. */
  readonly keyId: string;
  readonly issuedAt: Date;
  readonly expiresAt: Date;
}

export interface CachedJwtSvid {
  readonly svid: HeldJwtSvid;
  /** From then on a new one is asked for, and this one is given only where none can be had. */
  renewAt: Date;
}

/** The same for the same audiences, in whichever order, and each however often. */
export const audienceKey = (audience: readonly string[]): string =>
  hash('sha256', JSON.stringify([...new Set(audience)].sort()), 'base64');

type OfEntry = Map<string, CachedJwtSvid>;

export class JwtCache {
  readonly #max: number;
  /** Of each entry the least recently used first. */
  readonly #byEntry = new Map<string, OfEntry>();
  /** Entries by how many they hold, the least recently used first. */
  readonly #byCount = new Map<number, Set<string>>();
  #most = 0;
  #size = 0;

  constructor(max: number) {
    this.#max = max;
  }

  get size(): number {
    return this.#size;
  }

  find(entryId: string, key: string): CachedJwtSvid | undefined {
    const own = this.#byEntry.get(entryId);
    const found = own?.get(key);
    if (own === undefined || found === undefined) return undefined;
    own.delete(key);
    own.set(key, found);
    this.#file(entryId, own.size, own.size);
    return found;
  }

  /** In place of the one that was there. */
  put(key: string, cached: CachedJwtSvid): void {
    const { id } = cached.svid.entry;
    const own: OfEntry = this.#byEntry.get(id) ?? new Map();
    const before = own.size;
    own.delete(key);
    own.set(key, cached);
    this.#byEntry.set(id, own);
    this.#size += own.size - before;
    this.#file(id, before, own.size);
    while (this.#size > this.#max) this.#evictOne();
  }

  all(): readonly CachedJwtSvid[] {
    return [...this.#byEntry.values()].flatMap((own) => [...own.values()]);
  }

  /** How many those were. */
  dropWhere(isGone: (cached: CachedJwtSvid) => boolean): number {
    const before = this.#size;
    for (const [id, own] of this.#byEntry)
      for (const [key, cached] of own) if (isGone(cached)) this.#drop(id, key);
    return before - this.#size;
  }

  drop(entryId: string, key: string): void {
    if (this.#byEntry.get(entryId)?.has(key) === true) this.#drop(entryId, key);
  }

  #evictOne(): void {
    const [id = ''] = this.#byCount.get(this.#most) ?? [];
    const [key = ''] = this.#byEntry.get(id)?.keys() ?? [];
    this.#drop(id, key);
  }

  #drop(id: string, key: string): void {
    const own = this.#byEntry.get(id);
    if (own === undefined) return;
    const before = own.size;
    own.delete(key);
    this.#size -= before - own.size;
    if (own.size === 0) this.#byEntry.delete(id);
    this.#file(id, before, own.size);
  }

  /** As the most recently used of those that hold as many. */
  #file(id: string, from: number, to: number): void {
    this.#byCount.get(from)?.delete(id);
    if (this.#byCount.get(from)?.size === 0) this.#byCount.delete(from);
    if (to > 0) this.#byCount.set(to, (this.#byCount.get(to) ?? new Set()).add(id));
    this.#most = Math.max(this.#most, to);
    while (this.#most > 0 && !this.#byCount.has(this.#most)) this.#most -= 1;
  }
}
