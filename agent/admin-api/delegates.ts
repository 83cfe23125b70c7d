/**
 * Who may act for other workloads: a process that is attested like any, and is entitled to one of the IDs in
 * `authorized_delegates` (SPIRE: DelegatedIdentity). Asked by gate.
 */
import { internal, permissionDenied } from '../../shared/errors.ts';
import type { Selector } from '../../shared/selectors.ts';
import type { SpiffeId } from '../../shared/spiffe/spiffe-id.ts';
import type { WorkloadAttestation } from '../attest-workload/attest.ts';
import type { Peer } from '../attest-workload/peer-info.ts';
import type { WorkloadIdentities } from '../cache/workload-identities.ts';
import { noIdentityIssued } from '../workload-api/no-identity.ts';

export interface Delegate {
  /** Throws unless its process still runs, and its entries still make it a delegate. */
  checkAlive(): void;
}

export interface DelegatesDeps {
  /** None may where there are none. */
  readonly authorized: readonly SpiffeId[];
  readonly attestation: Pick<WorkloadAttestation, 'attest'>;
  readonly identities: Pick<WorkloadIdentities, 'entriesOf'>;
}

export class Delegates {
  readonly #deps: DelegatesDeps;
  readonly #authorized: ReadonlySet<string>;

  constructor(deps: DelegatesDeps) {
    this.#deps = deps;
    this.#authorized = new Set(deps.authorized.map(String));
  }

  /** Throws PermissionDenied, Internal where it cannot be attested, Unavailable before the first synchronisation. */
  async admit(peer: Peer, signal: AbortSignal): Promise<Delegate> {
    const selectors = await this.#attest(peer, signal);
    this.#check(selectors);
    return {
      checkAlive: () => {
        peer.checkAlive();
        this.#check(selectors);
      },
    };
  }

  async #attest(peer: Peer, signal: AbortSignal): Promise<readonly Selector[]> {
    try {
      return await this.#deps.attestation.attest(peer, signal);
    } catch (cause) {
      signal.throwIfAborted();
      throw internal('workload attestation failed', { cause }); // SPIRE's code and words
    }
  }

  /** By the entries as they are now. */
  #check(selectors: readonly Selector[]): void {
    const entries = this.#deps.identities.entriesOf(selectors);
    if (entries.length === 0) throw noIdentityIssued();
    if (!entries.some(({ spiffeId }) => this.#authorized.has(spiffeId.toString())))
      throw permissionDenied('caller not configured as an authorized delegate');
  }
}
