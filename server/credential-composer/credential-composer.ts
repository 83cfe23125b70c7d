/** Changes what the SVIDs of workloads say. Implementations: unique-id (registry.ts). Called by ca/certificate-template. */
import type { SpiffeId } from '../../shared/spiffe/spiffe-id.ts';

export interface CredentialComposer {
  /** The subject of a workload's X.509-SVID, DER of the Name, from the one that it would have. Called twice for each SVID: pure, and fast. */
  workloadSubject(subject: Uint8Array, spiffeId: SpiffeId): Uint8Array;
}
