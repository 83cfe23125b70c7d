/** Where attested nodes live. Implemented by datastore/nodes. */
import type { Page, PageRequest, Show } from '../entries/entry-store.ts';
import type { SelectorMatch } from '../entries/entry-filter.ts';
import type { SpiffeId } from '../../shared/spiffe/spiffe-id.ts';
import type { Node, NodeCertificate } from './node.ts';

export interface NodeFilter {
  readonly byAttestationType?: string;
  readonly bySelectors?: SelectorMatch;
  readonly byBanned?: boolean;
  readonly byCanReattest?: boolean;
  readonly byExpiresBefore?: Date;
}

export type AttestOutcome = 'stored' | 'banned' | 'token-gone' | 'known' | 'of-another';

export interface NodeStore {
  /**
   * Creates the node or replaces it (selectors included, pending cleared), and uses up the join token where one is
   * given, in one transaction. A banned node stays as it is, and one of another attestor; a token that is gone changes nothing. `mustBeNew`: nor does
   * a node that is known, whoever stored it, and be it at the same time.
   */
  attest(node: Node, joinToken: string | undefined, mustBeNew?: boolean): Promise<AttestOutcome>;
  find(id: SpiffeId): Promise<Node | undefined>;
  /** Stores a renewed certificate as pending. Grouped with other renewals into one commit. False: no such node. */
  setPending(id: SpiffeId, pending: NodeCertificate): Promise<boolean>;
  /** Makes the pending certificate with this serial number the current one. False: it is neither pending nor current. */
  activatePending(id: SpiffeId, serialNumber: string): Promise<boolean>;
  setAgentVersion(id: SpiffeId, version: string): Promise<void>;
  /** By creation order, as they are at one time. Throws InvalidArgument on a malformed page token. */
  list<Shown>(filter: NodeFilter, page: PageRequest, show: Show<Node, Shown>): Promise<Page<Shown>>;
  count(filter: NodeFilter): Promise<number>;
  /** Bans (the row stays and blocks attestation) or deletes (evicts). False: no such node. */
  remove(id: SpiffeId, how: 'ban' | 'evict'): Promise<boolean>;
}
