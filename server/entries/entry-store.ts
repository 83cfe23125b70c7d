/** Where registration entries live, as the API needs it. Implemented by datastore/entries. */
import type { SelectorMatch, TrustDomainMatch } from './entry-filter.ts';
import type { SpiffeId } from '../../shared/spiffe/spiffe-id.ts';
import type { EntryGuard, EntryScope } from './entry-guard.ts';
import type { Entry, EntryFields, NewEntry } from './entry.ts';
import type { Fence } from '../housekeeping/lease-store.ts';

export interface EntryFilter {
  readonly bySpiffeId?: SpiffeId;
  readonly byParentId?: SpiffeId;
  readonly bySelectors?: SelectorMatch;
  readonly byFederatesWith?: TrustDomainMatch;
  readonly byHint?: string;
  /** true filters; false or absent is no filter (SPIRE's CLI always sends it). */
  readonly byDownstream?: boolean;
  /** In one of these; an empty list lets nothing through. */
  readonly within?: readonly EntryScope[];
}

/** A page request; `pageSize` 0 means everything in one page without a token. */
export interface PageRequest {
  readonly pageSize: number;
  readonly pageToken: string;
}

/** `nextPageToken` is set whenever the page is not empty and pageSize > 0 (SPIRE: one final empty page). */
export interface Page<T> {
  readonly items: readonly T[];
  readonly nextPageToken: string;
}

/**
 * What a list makes of each item, in order, while it reads them: undefined when the item does not fit, and the page ends
 * before it. What it throws ends the list.
 */
export type Show<Item, Shown> = (item: Item) => Shown | undefined;

/** The guard's answer for one item: nothing was done for it. */
export interface Denied {
  readonly kind: 'denied';
  readonly why: string;
}

export type CreateOutcome =
  | Denied
  | { readonly kind: 'created'; readonly entry: Entry }
  /** Same SPIFFE ID, parent and selector set exists; it is returned. */
  | { readonly kind: 'similar'; readonly entry: Entry }
  | { readonly kind: 'duplicate-id' }
  | { readonly kind: 'no-bundle'; readonly trustDomain: string };

export type UpdateOutcome =
  | Denied
  | { readonly kind: 'updated'; readonly entry: Entry }
  | { readonly kind: 'not-found' }
  | { readonly kind: 'no-bundle'; readonly trustDomain: string };

export type DeleteOutcome = Denied | { readonly kind: 'deleted' } | { readonly kind: 'not-found' };

/** Fields to change; an absent one keeps its value. */
export interface EntryUpdate {
  readonly id: string;
  readonly changes: Partial<EntryFields>;
}

export interface EntryStore {
  /**
   * One transaction: all items are decided and the good ones written, or the call throws and nothing is. A guard is asked
   * first, of the entries as they are in that transaction.
   */
  create(entries: readonly NewEntry[], guard?: EntryGuard): Promise<readonly CreateOutcome[]>;
  update(updates: readonly EntryUpdate[], guard?: EntryGuard): Promise<readonly UpdateOutcome[]>;
  delete(ids: readonly string[], guard?: EntryGuard): Promise<readonly DeleteOutcome[]>;
  find(id: string): Promise<Entry | undefined>;
  /** By creation order, as they are at one time. Throws InvalidArgument on a malformed page token. */
  list<Shown>(filter: EntryFilter, page: PageRequest, show: Show<Entry, Shown>): Promise<Page<Shown>>;
  count(filter: EntryFilter): Promise<number>;
  /** Deletes entries that expired before `at`; how many. */
  prune(at: Date, fence?: Fence): Promise<number>;
}
