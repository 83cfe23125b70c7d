/** SpiffeWorkloadAPI/FetchWITBundles (Workload API 7.2.2, incubating): what the workload verifies WIT-SVIDs with, as it changes. */
import type { WITBundlesResponse } from '../../proto/gen/WITBundlesResponse.ts';
import type { Handler } from '../../shared/rpc/handler.ts';
import { bundlesStream, type BundlesStreamDeps } from './bundles-stream.ts';
import type { WorkloadContext } from './gate.ts';
import { witKeySet } from './token-key-sets.ts';

/** As FetchJWTBundles, but for texts where that has bytes. */
export const fetchWitBundles = (deps: BundlesStreamDeps): Handler<WorkloadContext> =>
  bundlesStream<string, WITBundlesResponse>(deps, {
    own: (bundle) => witKeySet(bundle).text,
    federated: (bundle) => (witKeySet(bundle).isEmpty ? undefined : witKeySet(bundle).text),
    toResponse: (bundles) => ({ bundles }),
  });
