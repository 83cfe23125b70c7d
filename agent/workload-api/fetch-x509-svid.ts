/** SpiffeWorkloadAPI/FetchX509SVID (Workload API 5.2.1): the workload's X.509-SVIDs with keys and bundles, as they change. */
import type { X509SVID } from '../../proto/gen/X509SVID.ts';
import type { X509SVIDResponse } from '../../proto/gen/X509SVIDResponse.ts';
import { concat } from '../../shared/bytes.ts';
import { unavailable } from '../../shared/errors.ts';
import type { Logger } from '../../shared/log/logger.ts';
import type { Handler } from '../../shared/rpc/handler.ts';
import type { Identity, WorkloadUpdate } from '../cache/workload-identities.ts';
import { federatedBytes, ownBytes } from './bundle-bytes.ts';
import { federatedFor } from './bundles-stream.ts';
import type { WorkloadContext } from './gate.ts';
import { noIdentityIssued } from './no-identity.ts';
import { workloadStream, type WorkloadStreamDeps } from './workload-stream.ts';

export interface FetchX509SvidDeps extends WorkloadStreamDeps {
  readonly log: Logger;
}

export const fetchX509Svid = (deps: FetchX509SvidDeps): Handler<WorkloadContext> =>
  workloadStream<X509SVIDResponse>(deps, () => (update) => toResponse(update, deps.log));

function toResponse(update: WorkloadUpdate, log: Logger): X509SVIDResponse {
  if (update.identities.length === 0) throw noIdentityIssued();
  const bundle = ownBytes(update.bundle);
  const svids = servable(update, log).map((identity) => toSvid(identity, bundle));
  if (svids.length === 0) throw unavailable('the identities of this workload cannot be served');
  return { svids, crl: [], federated_bundles: federatedFor(update, federatedBytes) };
}

const toSvid = ({ spiffeId, chain, privateKey, hint }: Identity, bundle: Uint8Array): X509SVID => ({
  spiffe_id: spiffeId.toString(),
  x509_svid: concat(chain),
  x509_svid_key: privateKey,
  bundle,
  hint,
});

/** One bad SVID would cost the workload all of them, as some clients drop the whole message: it is left out here. */
function servable({ identities }: WorkloadUpdate, log: Logger): readonly Identity[] {
  const hints = new Set<string>();
  return identities.filter((identity) => {
    const fault = faultOf(identity, hints);
    if (fault !== undefined) log.error('left out an X.509-SVID', { entryId: identity.entryId, fault });
    if (identity.hint !== '') hints.add(identity.hint);
    return fault === undefined;
  });
}

function faultOf({ chain, privateKey, hint }: Identity, hints: ReadonlySet<string>): string | undefined {
  if (chain.length === 0 || chain.some((certificate) => certificate.length === 0)) return 'no certificate';
  if (privateKey.length === 0) return 'no private key';
  if (hint !== '' && hints.has(hint)) return 'hint used by an earlier one'; // Workload API 5.2.1
  return undefined;
}
