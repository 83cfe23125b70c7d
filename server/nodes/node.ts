/** An attested node: an agent, what it proved, and the serial number of the certificate it may use. */
import type { Selector } from '../../shared/selectors.ts';
import type { SpiffeId } from '../../shared/spiffe/spiffe-id.ts';

export interface NodeCertificate {
  /** Decimal. */
  readonly serialNumber: string;
  readonly expiresAt: Date;
}

export interface Node {
  readonly id: SpiffeId;
  readonly attestationType: string;
  /** Absent = banned (SPIRE stores an empty serial number). */
  readonly current: NodeCertificate | undefined;
  /** When the certificate that a ban took away would have ended; lists show it, nothing is decided by it. */
  readonly bannedExpiresAt?: Date;
  /** Renewed, but not used yet: becomes current at its first use. */
  readonly pending: NodeCertificate | undefined;
  readonly canReattest: boolean;
  readonly selectors: readonly Selector[];
  readonly agentVersion: string;
}
