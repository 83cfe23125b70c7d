/** What the doors of the agent (workload-api, explain) ask of its cache. Implemented by cache/svid-cache. */
import type { Bundle } from '../../shared/bundle/bundle.ts';
import type { Selector } from '../../shared/selectors.ts';
import type { SpiffeId } from '../../shared/spiffe/spiffe-id.ts';
import type { AgentEntry } from './agent-entry.ts';

/** One X.509-SVID with its key, ready to be handed to the workload that it names. */
export interface Identity {
  readonly entryId: string;
  readonly spiffeId: SpiffeId;
  /** Empty = none. Unique within one update. */
  readonly hint: string;
  /** DER, leaf first, without roots. */
  readonly chain: readonly Uint8Array[];
  /** PKCS#8 DER. */
  readonly privateKey: Uint8Array;
  readonly expiresAt: Date;
}

/** Everything that a workload is entitled to at one moment, of one kind of SVID. */
export interface WorkloadUpdate<I = Identity> extends WorkloadBundles {
  /** Some entry matches, whether its SVID can be had or not. */
  readonly isEntitled: boolean;
  /**
   * Stable order: oldest entry first, then by entry id; the first is the default. Empty = none that can be served, or none
   * was wanted.
   */
  readonly identities: readonly I[];
}

/** What a workload verifies others by. */
export interface WorkloadBundles {
  /** The agent's own trust domain. */
  readonly bundle: Bundle;
  /** Trust domains that the matching entries federate with, where a bundle is held. */
  readonly federatedBundles: readonly Bundle[];
}

/** `bundles`: nobody needs an SVID for those, nor waits for one. */
export type Wants = 'svids' | 'bundles';

export interface Subscription {
  close(): void;
}

/** An entry that the agent is authorized for, as `explain` shows it. */
export interface Candidate {
  readonly entryId: string;
  readonly spiffeId: SpiffeId;
  /** Selectors of the entry that the process lacks; empty = it matches. */
  readonly missing: readonly Selector[];
  /** How many of its selectors the process has. */
  readonly found: number;
  readonly hasSvid: boolean;
}

/** How many entries match a process: not which. */
export interface Matches {
  readonly matching: number;
  readonly withoutSvid: number;
}

export interface SyncState {
  readonly entriesKnown: number;
  readonly lastSyncAt: Date | undefined;
  readonly lastSyncError: string | undefined;
  /** Until the first synchronisation: it serves what an earlier run knew then, and kept. */
  readonly keptAt?: Date;
}

export interface WorkloadIdentities<I = Identity> {
  /**
   * Calls back at once, or as soon as every matching entry has its SVID, and then after every change, latest wins.
   * Throws Unavailable while the agent has never synchronised with a server and has nothing of an earlier run.
   */
  subscribe(
    selectors: readonly Selector[],
    onUpdate: (update: WorkloadUpdate<I>) => void,
    wants?: Wants,
  ): Subscription;
  /**
   * The entries that match, oldest first, whether or not there is an SVID of theirs. Costs no more than a subscription.
   * Throws Unavailable as that does.
   */
  entriesOf(selectors: readonly Selector[]): readonly AgentEntry[];
  /** The own bundle, and those that the matching entries federate with, as of now. Throws as entriesOf does. */
  bundlesOf(selectors: readonly Selector[]): WorkloadBundles;
  /** Costs no more than a subscription, whatever the number of entries. */
  matches(selectors: readonly Selector[]): Matches;
  /** Every entry known, matches first, then the closest; at most `limit`. */
  candidates(selectors: readonly Selector[], limit: number): readonly Candidate[];
  syncState(): SyncState;
}
