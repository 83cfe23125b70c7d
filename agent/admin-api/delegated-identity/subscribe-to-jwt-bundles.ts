/** DelegatedIdentity/SubscribeToJWTBundles: the keys of JWT-SVIDs in every bundle that the agent holds, as they change. */
import type { SubscribeToJWTBundlesResponse } from '../../../proto/gen/spire/api/agent/delegatedidentity/v1/SubscribeToJWTBundlesResponse.ts';
import type { Handler } from '../../../shared/rpc/handler.ts';
import { jwtKeySet } from '../../workload-api/token-key-sets.ts';
import type { AdminContext } from '../gate.ts';
import { type BundleStreamDeps, bundleStream } from './bundle-stream.ts';

/** The own trust domain is there although it has no keys, others are left out then, as in the Workload API. */
export const subscribeToJwtBundles = (deps: BundleStreamDeps): Handler<AdminContext> =>
  bundleStream<SubscribeToJWTBundlesResponse>(deps, {
    bytesOf: (bundle) => {
      const { bytes, isEmpty } = jwtKeySet(bundle);
      return isEmpty && bundle !== deps.bundles.own ? undefined : bytes;
    },
    toResponse: (bundles) => ({ bundles }),
  });
