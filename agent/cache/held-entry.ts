/** An entry in the cache, its SVID, and whether it needs another one. Used by svid-cache and its parts. */
import { addSeconds } from '../../shared/clock.ts';
import type { AgentEntry } from './agent-entry.ts';
import type { AnySvid, SvidKind } from './svid-kind.ts';
import type { HeldSvid } from './x509-kind.ts';
import type { Identity } from './workload-identities.ts';

/** However short-lived an SVID is, or late its renewal, the next one is not asked for sooner than that. */
const RENEWAL_MIN_SECONDS = 5;
const RETRY_FIRST_MS = 5_000; // SPIRE: a sync interval
const RETRY_MAX_MS = 240_000; // SPIRE: 4 minutes between attempts at an SVID
const FAILURES_COUNTED = 16; // by then it is at the longest

export class HeldEntry<S extends AnySvid = HeldSvid, I = Identity> {
  entry: AgentEntry;
  readonly #kind: SvidKind<S, I>;
  #svid: S | undefined;
  #identity: { readonly of: I; readonly hint: string } | undefined;
  #isWithdrawn = false;
  /** Streams that match it. */
  users = 0;
  /** An SVID was had or could not be had: nobody waits for it any more. */
  wasTried = false;
  /** Of its SVID, if it has one. */
  renewAt: Date | undefined;
  /** After a failure, not to be tried again before: of the steady clock. */
  retryAtMs: number | undefined;
  /** Its SVID is of a tainted or revoked authority: another one is asked for. */
  isResigned = false;
  #failures = 0;

  constructor(entry: AgentEntry, kind: SvidKind<S, I>) {
    this.entry = entry;
    this.#kind = kind;
  }

  get svid(): S | undefined {
    return this.#svid;
  }

  /** To be renewed at that time, yet not at once. */
  setSvid(svid: S, renewAt: Date, now: Date): void {
    this.#set(svid);
    this.wasTried = true;
    this.#failures = 0;
    this.retryAtMs = undefined;
    const soonest = addSeconds(now, RENEWAL_MIN_SECONDS);
    this.renewAt = renewAt > soonest ? renewAt : soonest;
  }

  /** It failed now, by the steady clock. */
  putOff(nowMs: number): void {
    this.retryAtMs = nowMs + Math.min(RETRY_FIRST_MS * 2 ** this.#failures, RETRY_MAX_MS);
    this.#failures = Math.min(this.#failures + 1, FAILURES_COUNTED);
  }

  /** Its time is over, by a clock that may be set right yet. */
  get isWithdrawn(): boolean {
    return this.#isWithdrawn;
  }

  /** By a clock that was set back since, its time is not over. */
  wasWithdrawnTooSoon(now: Date): boolean {
    return this.#isWithdrawn && this.#svid !== undefined && this.#svid.expiresAt > now;
  }

  /** Workloads get it no more, or again. */
  setWithdrawn(isWithdrawn: boolean): void {
    this.#isWithdrawn = isWithdrawn;
  }

  /** It makes room for others; whoever asks for it waits for another one. */
  evict(): void {
    this.#set(undefined);
    this.wasTried = false;
    this.renewAt = undefined;
  }

  #set(svid: S | undefined): void {
    this.#svid = svid;
    this.#identity = undefined;
    this.#isWithdrawn = false;
  }

  /** What workloads get; the same object until the SVID or the hint changes. */
  get identity(): I | undefined {
    const svid = this.#svid;
    if (svid === undefined || this.#isWithdrawn) return undefined;
    const { hint } = this.entry;
    if (this.#identity?.hint !== hint) this.#identity = { of: this.#kind.identityOf(svid, this.entry), hint };
    return this.#identity.of;
  }

  /** Whether its SVID is made before anybody asks. */
  get isPrefetched(): boolean {
    return this.#kind.isPrefetched(this.entry);
  }

  /** As it is kept for the next start: without an SVID that was withdrawn. */
  get kept(): { readonly entry: AgentEntry; readonly svid: S | undefined } {
    return { entry: this.entry, svid: this.#isWithdrawn ? undefined : this.#svid };
  }

  /** No SVID that counts, or one of another state of the entry: for as long as it stays the same it is the same object. */
  get isOutdated(): boolean {
    return this.#isWithdrawn || this.#svid?.entry !== this.entry;
  }
}
