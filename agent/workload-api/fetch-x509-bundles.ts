/** SpiffeWorkloadAPI/FetchX509Bundles (Workload API 5.2.2): what the workload verifies its peers with, as it changes. */
import type { X509BundlesResponse } from '../../proto/gen/X509BundlesResponse.ts';
import type { Handler } from '../../shared/rpc/handler.ts';
import { federatedBytes, ownBytes } from './bundle-bytes.ts';
import { bundlesStream, type BundlesStreamDeps } from './bundles-stream.ts';
import type { WorkloadContext } from './gate.ts';

export const fetchX509Bundles = (deps: BundlesStreamDeps): Handler<WorkloadContext> =>
  bundlesStream<Uint8Array, X509BundlesResponse>(deps, {
    own: ownBytes,
    federated: federatedBytes,
    toResponse: (bundles) => ({ crl: [], bundles }),
  });
