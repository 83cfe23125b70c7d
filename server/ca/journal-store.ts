/** Where CA journals live: one per server instance, found by the authorities whose keys it holds. See datastore/ca-journal. */
import type { Fence } from '../housekeeping/lease-store.ts';

export interface JournalRecord {
  /** The journal's own id; chosen by the store when absent at save. */
  readonly id: string | undefined;
  /** Hex subject key identifier of the active X.509 authority: how a restarted server finds its journal. */
  readonly activeAuthorityId: string;
  /** The journal's content, as ca/journal writes it. */
  readonly content: Uint8Array;
  /** Latest end of any authority in it, for pruning. */
  readonly expiresAt: Date;
}

export interface JournalStore {
  /** The journals whose active authority is one of these, the one saved last first. */
  find(authorityIds: readonly string[]): Promise<readonly JournalRecord[]>;
  /** Those of all servers with an authority that ends after `at`, by their ids. */
  listLive(at: Date): Promise<readonly JournalRecord[]>;
  /** Inserts or replaces; the id. */
  save(record: JournalRecord): Promise<string>;
  prune(expiredBefore: Date, fence?: Fence): Promise<number>;
}
