/** Why a process does or does not get an identity. Called by admin-api/explain-process. */
import { NODE_SELECTORS, WORKLOAD_SELECTORS } from '../../shared/config/known-selectors.ts';
import type { AttestorReport, WorkloadAttestation } from '../attest-workload/attest.ts';
import type { PeerSource } from '../attest-workload/peer-info.ts';
import type { Candidate, SyncState, WorkloadIdentities } from '../cache/workload-identities.ts';

export interface Explanation extends SyncState {
  /** What each attestor found, or why it could not. */
  readonly attestors: readonly AttestorReport[];
  /** Entries of this agent: those that match, then those that come near, which lack the fewest selectors. */
  readonly candidates: readonly Candidate[];
}

export interface ExplainDeps {
  readonly peers: Pick<PeerSource, 'open'>;
  readonly attestation: Pick<WorkloadAttestation, 'report'>;
  readonly identities: Pick<WorkloadIdentities, 'candidates' | 'syncState'>;
}

export type ExplainProcess = (pid: number, signal: AbortSignal) => Promise<Explanation>;

const MATCHES_MAX = 1_000; // far above what one workload has, far below what fits into a message
const NEAR_MAX = 20; // what fits on a screen: who lacks more is not near

/** Throws NotFound when no process has this pid, Unavailable when it ends meanwhile. */
export const explainProcess =
  ({ peers, attestation, identities }: ExplainDeps): ExplainProcess =>
  async (pid, signal) => {
    const peer = peers.open(pid);
    try {
      const attestors = await attestation.report(peer, signal);
      const selectors = attestors.flatMap((report) => report.selectors);
      const candidates = identities.candidates(selectors, Number.POSITIVE_INFINITY);
      return { attestors, candidates: chosen(candidates, kindsOf(attestors)), ...identities.syncState() };
    } finally {
      peer.close();
    }
  };

/** Neither of workloads nor of nodes: it was meant for another. */
const isNoType = (type: string): boolean =>
  !Object.hasOwn(WORKLOAD_SELECTORS, type) && !Object.hasOwn(NODE_SELECTORS, type);

/** What workload attestors can find at all, of this agent or another; one that failed can say nothing of near and far. */
function kindsOf(attestors: readonly AttestorReport[]): ReadonlySet<string> {
  const kinds = new Set([...Object.keys(WORKLOAD_SELECTORS), ...attestors.map(({ name }) => name)]);
  for (const { name, error } of attestors) if (error !== undefined) kinds.delete(name);
  return kinds;
}

/** An entry none of whose selectors a process can have, such as one that describes nodes, is not near, unless it is misspelt. */
function chosen(candidates: readonly Candidate[], kinds: ReadonlySet<string>): readonly Candidate[] {
  const matches = candidates.filter(({ missing }) => missing.length === 0);
  const near = candidates.filter(
    ({ missing, found }) =>
      missing.length > 0 && (found > 0 || missing.some(({ type }) => kinds.has(type) || isNoType(type))),
  );
  return [...matches.slice(0, MATCHES_MAX), ...near.slice(0, NEAR_MAX)];
}
