/** Why a process does or does not get an identity. Called by admin-api/explain-process. */
import type { AttestorReport, WorkloadAttestation } from '../attest-workload/attest.ts';
import type { PeerSource } from '../attest-workload/peer-info.ts';
import type { Candidate, SyncState, WorkloadIdentities } from '../cache/workload-identities.ts';

export interface Explanation extends SyncState {
  /** What each attestor found, or why it could not. */
  readonly attestors: readonly AttestorReport[];
  /** Entries of this agent: those that match, then those that lack the fewest selectors. */
  readonly candidates: readonly Candidate[];
}

export interface ExplainDeps {
  readonly peers: Pick<PeerSource, 'open'>;
  readonly attestation: Pick<WorkloadAttestation, 'report'>;
  readonly identities: Pick<WorkloadIdentities, 'candidates' | 'syncState'>;
}

export type ExplainProcess = (pid: number, signal: AbortSignal) => Promise<Explanation>;

const CANDIDATES_MAX = 20; // what fits on a screen: who lacks more is not near

/** Throws NotFound when no process has this pid, Unavailable when it ends meanwhile. */
export const explainProcess =
  ({ peers, attestation, identities }: ExplainDeps): ExplainProcess =>
  async (pid, signal) => {
    const peer = peers.open(pid);
    try {
      const attestors = await attestation.report(peer, signal);
      const selectors = attestors.flatMap((report) => report.selectors);
      const candidates = identities.candidates(selectors, CANDIDATES_MAX);
      return { attestors, candidates, ...identities.syncState() };
    } finally {
      peer.close();
    }
  };
