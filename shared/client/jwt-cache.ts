/** JWT-SVIDs that were fetched, by ID and audience: given again up to half of their life. Called by jwt-source. */
import { LRUCache } from 'lru-cache';
import { addSeconds, type Clock } from '../clock.ts';
import type { SpiffeId } from '../spiffe/spiffe-id.ts';
import { LEEWAY_SECONDS } from '../svid/token-rules.ts';
import type { FetchedJwtSvid } from './fetched-jwt-svid.ts';

/** Audiences may come from outside: some megabytes at most. */
const TOKENS_MAX = 1_000;
/** Where no new one could be had, the next attempt is this much later. */
const RETRY_MS = 5_000;

interface Held {
  readonly svid: FetchedJwtSvid;
  renewAtMs: number;
}

export class JwtCache {
  readonly #clock: Clock;
  readonly #held = new LRUCache<string, Held>({ max: TOKENS_MAX });

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** One that is valid now. */
  find(key: string): FetchedJwtSvid | undefined {
    const held = this.#held.get(key);
    if (held === undefined) return undefined;
    if (isValid(held.svid, this.#clock.now())) return held.svid;
    this.#held.delete(key);
    return undefined;
  }

  /** Whether it is time for another one. */
  isDue(key: string): boolean {
    const held = this.#held.get(key);
    return held === undefined || this.#clock.now().getTime() >= held.renewAtMs;
  }

  put(key: string, svid: FetchedJwtSvid): void {
    if ('jti' in svid.claims) return; // made to be used once
    const now = this.#clock.now().getTime();
    const from = svid.issuedAt?.getTime() ?? now;
    this.#held.set(key, { svid, renewAtMs: from + (svid.expiresAt.getTime() - from) / 2 });
  }

  /** No other one could be had. */
  postpone(key: string): void {
    const held = this.#held.get(key);
    if (held !== undefined) held.renewAtMs = this.#clock.now().getTime() + RETRY_MS;
  }

  drop(key: string): void {
    this.#held.delete(key);
  }

  dropWhere(isOver: (svid: FetchedJwtSvid) => boolean): void {
    for (const [key, { svid }] of this.#held) if (isOver(svid)) this.#held.delete(key);
  }
}

/** Not where the clock was set back behind its beginning, either; the server's may be a little ahead of ours. */
const isValid = ({ issuedAt, expiresAt }: FetchedJwtSvid, now: Date): boolean =>
  now < expiresAt && (issuedAt === undefined || issuedAt <= addSeconds(now, LEEWAY_SECONDS));

/** The same for the same audiences in any order. */
export const cacheKey = (audience: readonly string[], id: SpiffeId | undefined): string =>
  JSON.stringify([id?.toString() ?? '', ...[...new Set(audience)].sort()]);
