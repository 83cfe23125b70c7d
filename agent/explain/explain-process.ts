/** Why a process does or does not get an identity. Called by admin-api/explain-process. */
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

/** What the attestors of this agent can find at all; one that failed can say nothing of near and far. */
const kindsOf = (attestors: readonly AttestorReport[]): ReadonlySet<string> =>
  new Set(attestors.filter(({ error }) => error === undefined).map(({ name }) => name));

/** An entry none of whose selectors can be found here, such as one that describes nodes, is not near. */
function chosen(candidates: readonly Candidate[], kinds: ReadonlySet<string>): readonly Candidate[] {
  const matches = candidates.filter(({ missing }) => missing.length === 0);
  const near = candidates.filter(
    ({ missing, found }) => missing.length > 0 && (found > 0 || missing.some(({ type }) => kinds.has(type))),
  );
  return [...matches.slice(0, MATCHES_MAX), ...near.slice(0, NEAR_MAX)];
}
