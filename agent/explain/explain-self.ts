/**
 * What a workload may know of why it does or does not get an identity: what was found out about itself, and how many
 * entries match. Nothing of other entries, nothing of why the agent could not tell. Called by workload-api/explain-self.
 */
import type { WorkloadAttestation } from '../attest-workload/attest.ts';
import type { Peer } from '../attest-workload/peer-info.ts';
import type { WorkloadIdentities } from '../cache/workload-identities.ts';
import type { Selector } from '../../shared/selectors.ts';

export interface OwnExplanation {
  readonly selectors: readonly Selector[];
  readonly failedAttestors: readonly string[];
  readonly matching: number;
  readonly withoutSvid: number;
  readonly lastSyncAt: Date | undefined;
  readonly isServerAway: boolean;
  readonly keptAt: Date | undefined;
}

export interface ExplainSelfDeps {
  readonly attestation: Pick<WorkloadAttestation, 'report'>;
  readonly identities: Pick<WorkloadIdentities, 'matches' | 'syncState'>;
}

export type ExplainSelf = (peer: Peer, signal: AbortSignal) => Promise<OwnExplanation>;

/** Throws Unavailable when the process ends meanwhile. */
export const explainSelf =
  ({ attestation, identities }: ExplainSelfDeps): ExplainSelf =>
  async (peer, signal) => {
    const reports = await attestation.report(peer, signal);
    const selectors = reports.flatMap((report) => report.selectors);
    const { matching, withoutSvid } = identities.matches(selectors);
    const { lastSyncAt, lastSyncError, keptAt } = identities.syncState();
    return {
      selectors,
      failedAttestors: reports.filter(({ error }) => error !== undefined).map(({ name }) => name),
      matching,
      withoutSvid,
      lastSyncAt,
      isServerAway: lastSyncError !== undefined,
      keptAt: lastSyncAt === undefined ? keptAt : undefined,
    };
  };
