/**
 * JWT-SVIDs for whoever asks: held ones up to half of their life, then new ones, and while no server answers those that are
 * still valid. Made by start/engine; asked by workload-api and admin-api. Nothing of it is kept for the next start.
 */
import type { Bundle, TokenAuthority } from '../../shared/bundle/bundle.ts';
import { areSameAuthorities } from '../../shared/bundle/same-bundle.ts';
import { addSeconds, type Clock, inTime } from '../../shared/clock.ts';
import { Code, CodedError, messageOf, unavailable } from '../../shared/errors.ts';
import type { Logger } from '../../shared/log/logger.ts';
import { Rates } from '../rates.ts';
import type { Validity } from '../renewal-time.ts';
import { type AgentEntry, isSameVersion } from './agent-entry.ts';
import { audienceKey, type CachedJwtSvid, type HeldJwtSvid, JwtCache } from './jwt-cache.ts';
import { isTransient, type JwtSigning } from './jwt-signing.ts';

/** What the doors of the agent ask for. */
export interface JwtSvids {
  /**
   * One for each of the entries, in their order, for all of these audiences, which checkAudience has passed. Rejects with
   * Unavailable where one cannot be had now, or none at all.
   *
   * DIVERGES: in SPIRE one that the server does not sign, whenever it is asked, costs the workload all of them. Here it is
   * left out.
   */
  fetchAll(entries: readonly AgentEntry[], audience: readonly string[]): Promise<readonly HeldJwtSvid[]>;
  /** SVIDs that are held. */
  readonly count: number;
}

export interface JwtSourceParts {
  readonly signing: Pick<JwtSigning, 'sign'>;
  /** Of the entry as it is now; undefined when it is gone. */
  readonly findEntry: (id: string) => AgentEntry | undefined;
  /** SVIDs that are held. */
  readonly maxSvids: number;
  /** How long a new one may take while an older one is valid. */
  readonly patienceMs: number;
  readonly renewalTime: (validity: Validity) => Date;
  readonly clock: Clock;
  readonly log: Logger;
}

/** A server that goes on signing by a tainted key is not asked for another at every call. */
const TAINTED_SECONDS = 30;
/** With these the server says that it will not sign: an older SVID is no answer to that. */
const REFUSALS: readonly Code[] = [
  Code.notFound,
  Code.permissionDenied,
  Code.unauthenticated,
  Code.invalidArgument,
  Code.unimplemented,
];
const LINES = { perSecond: 0.2, burst: 10 }; // of one entry: workloads decide how often there is something to say

export class JwtSource implements JwtSvids {
  readonly #parts: JwtSourceParts;
  readonly #cache: JwtCache;
  readonly #lines: Rates<string>;
  /** Under way: who asks for the same meanwhile gets the same. */
  readonly #flights = new Map<string, Promise<HeldJwtSvid>>();
  /** Counts what makes SVIDs that are being signed worth nothing to anybody but who waits for them. */
  #generation = 0;
  #authorities: readonly TokenAuthority[] = [];

  constructor(parts: JwtSourceParts) {
    this.#parts = parts;
    this.#cache = new JwtCache(parts.maxSvids);
    this.#lines = new Rates(LINES, parts.clock);
  }

  get count(): number {
    return this.#cache.size;
  }

  async fetchAll(
    entries: readonly AgentEntry[],
    audience: readonly string[],
  ): Promise<readonly HeldJwtSvid[]> {
    const outcomes = await Promise.allSettled(entries.map((entry) => this.fetch(entry, audience)));
    const failures = outcomes.filter(({ status }) => status === 'rejected').map(failureOf);
    const svids = outcomes.filter((outcome) => outcome.status === 'fulfilled').map(({ value }) => value);
    const fatal = failures.find(isTransient) ?? (svids.length === 0 ? failures[0] : undefined);
    if (fatal instanceof CodedError)
      throw unavailable(`could not fetch JWT-SVID: ${fatal.message}`, { cause: fatal }); // SPIRE's words
    if (fatal instanceof Error) throw fatal;
    return svids;
  }

  /** Rejects with what the server said, or Unavailable. */
  async fetch(entry: AgentEntry, audience: readonly string[]): Promise<HeldJwtSvid> {
    if (entry.jwtSvidIncludeJti) return this.#parts.signing.sign(entry, audience, true);
    const key = audienceKey(audience);
    const cached = this.#findValid(entry, key);
    if (cached !== undefined && !this.#isDue(cached, entry)) return cached.svid;
    const renewed = this.#renew({ entry, audience, key }, cached === undefined);
    if (cached === undefined) return renewed;
    const { clock, patienceMs } = this.#parts;
    return inTime(clock, patienceMs, renewed).catch((error: unknown) => this.#fallBack(entry, key, error));
  }

  #findValid(entry: AgentEntry, key: string): CachedJwtSvid | undefined {
    const cached = this.#cache.find(entry.id, key);
    const isValid =
      cached !== undefined &&
      cached.svid.spiffeId.equals(entry.spiffeId) &&
      cached.svid.expiresAt > this.#parts.clock.now();
    return isValid ? cached : undefined;
  }

  /** One that is not valid yet, since clocks were set back, is due at once. */
  #isDue({ svid, renewAt }: CachedJwtSvid, entry: AgentEntry): boolean {
    const now = this.#parts.clock.now();
    return !isSameVersion(svid.entry, entry) || renewAt <= now || now < svid.issuedAt;
  }

  #fallBack(entry: AgentEntry, key: string, error: unknown): HeldJwtSvid {
    const cached = this.#findValid(entry, key);
    if (isRefusal(error)) this.#cache.drop(entry.id, key);
    if (isRefusal(error) || cached === undefined) throw error;
    if (this.#lines.take(entry.id) !== undefined)
      this.#parts.log.warn('no new JWT-SVID: the cached one is served', {
        entryId: entry.id,
        expiresAt: cached.svid.expiresAt,
        error: messageOf(error),
      });
    return cached.svid;
  }

  #renew(wanted: Wanted, isPatient: boolean): Promise<HeldJwtSvid> {
    const flightKey = `${wanted.entry.id} ${wanted.entry.revisionNumber} ${wanted.key}`;
    const underWay = this.#flights.get(flightKey);
    if (underWay !== undefined) return underWay;
    const flight = this.#sign(wanted, isPatient)
      .catch((error: unknown) => {
        if (isRefusal(error)) this.#cache.drop(wanted.entry.id, wanted.key); // though nobody may wait any more
        throw error;
      })
      .finally(() => {
        if (this.#flights.get(flightKey) === flight) this.#flights.delete(flightKey);
      });
    this.#flights.set(flightKey, flight);
    return flight;
  }

  async #sign({ entry, audience, key }: Wanted, isPatient: boolean): Promise<HeldJwtSvid> {
    const { signing, findEntry, renewalTime, clock } = this.#parts;
    const generation = this.#generation;
    const svid = await signing.sign(entry, audience, isPatient);
    // Its entry deleted, its key revoked or the agent disowned meanwhile: nobody is given it a second time.
    if (findEntry(entry.id) === undefined || generation !== this.#generation) return svid;
    const isTainted = this.#authorities.some(({ keyId, tainted }) => tainted && keyId === svid.keyId);
    const renewAt = isTainted ? addSeconds(clock.now(), TAINTED_SECONDS) : renewalTime(svid);
    this.#cache.put(key, { svid, renewAt });
    return svid;
  }

  /** SVIDs of entries that are gone, or that are for somebody else now, are dropped. */
  entriesChanged(): void {
    this.#cache.dropWhere(({ svid }) => {
      const entry = this.#parts.findEntry(svid.entry.id);
      return entry === undefined || entry.jwtSvidIncludeJti || !entry.spiffeId.equals(svid.spiffeId);
    });
  }

  /**
   * The own bundle is this one now. What a tainted key signed is replaced at the next call, and given until then only where
   * no new one can be had; what a revoked key signed is dropped.
   */
  bundleChanged({ jwtAuthorities }: Bundle): void {
    const before = new Map(this.#authorities.map((authority) => [authority.keyId, authority]));
    if (areSameAuthorities(this.#authorities, jwtAuthorities)) return;
    this.#authorities = jwtAuthorities;
    const now = new Map(jwtAuthorities.map((authority) => [authority.keyId, authority]));
    if ([...before.keys()].some((keyId) => !now.has(keyId))) this.#generation += 1;
    const revoked = this.#cache.dropWhere(({ svid: { keyId } }) => before.has(keyId) && !now.has(keyId));
    const tainted = this.#cache
      .all()
      .filter(
        ({ svid: { keyId } }) => now.get(keyId)?.tainted === true && before.get(keyId)?.tainted !== true,
      );
    for (const cached of tainted) cached.renewAt = LONG_AGO;
    if (revoked + tainted.length > 0)
      this.#parts.log.info('JWT-SVIDs are signed anew: their authority is tainted or revoked', {
        count: revoked + tainted.length,
      });
  }

  /** The server does not honour the agent any more. */
  clear(): void {
    this.#generation += 1;
    this.#flights.clear();
    this.#cache.dropWhere(() => true);
  }
}

interface Wanted {
  readonly entry: AgentEntry;
  readonly audience: readonly string[];
  readonly key: string;
}

const LONG_AGO = new Date(0);

const isRefusal = (error: unknown): boolean => error instanceof CodedError && REFUSALS.includes(error.code);

const failureOf = (outcome: PromiseSettledResult<unknown>): unknown =>
  outcome.status === 'rejected' ? outcome.reason : undefined;
