/** DelegatedIdentity/SubscribeToX509Bundles: the X.509 authorities of every bundle that the agent holds, as they change. */
import type { SubscribeToX509BundlesResponse } from '../../../proto/gen/spire/api/agent/delegatedidentity/v1/SubscribeToX509BundlesResponse.ts';
import type { Handler } from '../../../shared/rpc/handler.ts';
import { bundleBytes } from '../../workload-api/bundle-bytes.ts';
import type { AdminContext } from '../gate.ts';
import { type BundleStreamDeps, bundleStream } from './bundle-stream.ts';

/** A trust domain without X.509 authorities is left out, as in the Workload API. */
export const subscribeToX509Bundles = (deps: BundleStreamDeps): Handler<AdminContext> =>
  bundleStream<SubscribeToX509BundlesResponse>(deps, {
    bytesOf: (bundle) => {
      const bytes = bundleBytes(bundle);
      return bytes.length === 0 ? undefined : bytes;
    },
    toResponse: (ca_certificates) => ({ ca_certificates }),
  });
