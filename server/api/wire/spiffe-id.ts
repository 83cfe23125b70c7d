/** T.SPIFFEID and SpiffeId. */
import type { SPIFFEIDOutput } from '../../../proto/gen/spire/api/types/SPIFFEID.ts';
import { invalidArgument, messageOf } from '../../../shared/errors.ts';
import { checkWorkloadId } from '../../../shared/spiffe/reserved.ts';
import { SpiffeId } from '../../../shared/spiffe/spiffe-id.ts';
import { TrustDomain } from '../../../shared/spiffe/trust-domain.ts';

export const spiffeIdToWire = (id: SpiffeId): SPIFFEIDOutput => ({
  trust_domain: id.trustDomain.name,
  path: id.path,
});

/** Throws InvalidArgument, beginning with `what`, when it is missing or no SPIFFE ID. */
export function spiffeIdFromWire(wire: SPIFFEIDOutput | null | undefined, what: string): SpiffeId {
  if (wire === null || wire === undefined) throw invalidArgument(`${what}: request must specify SPIFFE ID`);
  try {
    return SpiffeId.of(TrustDomain.parse(wire.trust_domain), wire.path);
  } catch (cause) {
    throw invalidArgument(`${what}: ${messageOf(cause)}`, { cause });
  }
}

/** Throws InvalidArgument "invalid SPIFFE ID: …" unless a workload of this trust domain may bear it. */
export function workloadIdFromWire(wire: SPIFFEIDOutput | null, trustDomain: TrustDomain): SpiffeId {
  const what = 'invalid SPIFFE ID';
  const id = spiffeIdFromWire(wire, what);
  try {
    return checkWorkloadId(id, trustDomain);
  } catch (cause) {
    throw invalidArgument(`${what}: ${messageOf(cause)}`, { cause });
  }
}
