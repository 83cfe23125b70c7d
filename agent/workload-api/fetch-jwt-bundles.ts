/** SpiffeWorkloadAPI/FetchJWTBundles (Workload API 6.2.2): what the workload verifies JWT-SVIDs with, as it changes. */
import type { JWTBundlesResponse } from '../../proto/gen/JWTBundlesResponse.ts';
import type { Handler } from '../../shared/rpc/handler.ts';
import { bundlesStream, type BundlesStreamDeps } from './bundles-stream.ts';
import type { WorkloadContext } from './gate.ts';
import { jwtKeySet } from './token-key-sets.ts';

/** The own trust domain is there although it has no keys: clients take an empty map for an error (facts/spiffe 4). */
export const fetchJwtBundles = (deps: BundlesStreamDeps): Handler<WorkloadContext> =>
  bundlesStream<Uint8Array, JWTBundlesResponse>(deps, {
    own: (bundle) => jwtKeySet(bundle).bytes,
    federated: (bundle) => (jwtKeySet(bundle).isEmpty ? undefined : jwtKeySet(bundle).bytes),
    toResponse: (bundles) => ({ bundles }),
  });
