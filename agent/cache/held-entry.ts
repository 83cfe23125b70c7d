/** An entry in the cache, its SVID, and whether it needs another one. Used by svid-cache. */
import type { SpiffeId } from '../../shared/spiffe/spiffe-id.ts';
import type { AgentEntry } from './agent-entry.ts';
import type { Identity } from './workload-identities.ts';

/** An X.509-SVID with its key, looked at and found good. */
export interface HeldSvid {
  /** The entry as it was when the SVID was asked for. */
  readonly entry: AgentEntry;
  readonly spiffeId: SpiffeId;
  /** DER, leaf first. */
  readonly chain: readonly Uint8Array[];
  /** PKCS#8 DER. */
  readonly privateKey: Uint8Array;
  readonly issuedAt: Date;
  readonly expiresAt: Date;
}

export class HeldEntry {
  entry: AgentEntry;
  #svid: HeldSvid | undefined;
  #identity: Identity | undefined;
  #isWithdrawn = false;
  /** An SVID was had or could not be had: nobody waits for the first one any more. */
  wasTried = false;
  /** After a failure, not to be tried again before: of the steady clock. */
  retryAtMs: number | undefined;
  failures = 0;

  constructor(entry: AgentEntry) {
    this.entry = entry;
  }

  get svid(): HeldSvid | undefined {
    return this.#svid;
  }

  setSvid(svid: HeldSvid | undefined): void {
    this.#svid = svid;
    this.#identity = undefined;
    this.#isWithdrawn = false;
    this.wasTried = true;
    if (svid === undefined) return;
    this.failures = 0;
    this.retryAtMs = undefined;
  }

  /** Its time is over, by a clock that may be set right yet. */
  get isWithdrawn(): boolean {
    return this.#isWithdrawn;
  }

  /** Workloads get it no more, or again. */
  setWithdrawn(isWithdrawn: boolean): void {
    this.#isWithdrawn = isWithdrawn;
  }

  /** What workloads get; the same object until the SVID or the hint changes. */
  get identity(): Identity | undefined {
    const svid = this.#svid;
    if (svid === undefined || this.#isWithdrawn) return undefined;
    if (this.#identity?.hint !== this.entry.hint) {
      const { spiffeId, chain, privateKey, expiresAt } = svid;
      this.#identity = {
        entryId: this.entry.id,
        spiffeId,
        hint: this.entry.hint,
        chain,
        privateKey,
        expiresAt,
      };
    }
    return this.#identity;
  }

  /** No SVID that counts, or one of another state of the entry: for as long as it stays the same it is the same object. */
  get isOutdated(): boolean {
    return this.#isWithdrawn || this.#svid?.entry !== this.entry;
  }
}
