/** A registration entry that this agent is authorized for, with what an agent needs of it. Used by sync and cache. */
import type { Selector } from '../../shared/selectors.ts';
import type { SpiffeId } from '../../shared/spiffe/spiffe-id.ts';
import type { TrustDomain } from '../../shared/spiffe/trust-domain.ts';

export interface AgentEntry {
  readonly id: string;
  readonly spiffeId: SpiffeId;
  /** At least one. */
  readonly selectors: readonly Selector[];
  readonly federatesWith: readonly TrustDomain[];
  /** Empty = none. */
  readonly hint: string;
  readonly revisionNumber: number;
  readonly createdAt: Date;
  readonly admin: boolean;
  readonly downstream: boolean;
  /** Its SVID goes to a store, never to the Workload API. */
  readonly storeSvid: boolean;
  /** An SVID is made only once a workload asks. */
  readonly disableX509SvidPrefetch: boolean;
  /** Each of its JWT-SVIDs has an ID of its own: no two callers get the same. */
  readonly jwtSvidIncludeJti: boolean;
}

/** What tells two states of an entry apart. */
export interface EntryVersion {
  readonly revisionNumber: number;
  readonly createdAt: Date;
}

/** A creation time of zero says nothing: servers before SPIRE 1.9 send none. */
export const isSameVersion = (a: EntryVersion, b: EntryVersion): boolean =>
  a.revisionNumber === b.revisionNumber &&
  (a.createdAt.getTime() === b.createdAt.getTime() ||
    a.createdAt.getTime() === 0 ||
    b.createdAt.getTime() === 0);

/** Oldest first, then by id: the order of identities, and who keeps a hint that two entries share. */
export const byAge = (a: AgentEntry, b: AgentEntry): number =>
  a.createdAt.getTime() - b.createdAt.getTime() || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
