/** Bundle/BatchSetFederatedBundle: bundles of other trust domains, whether they have one or not; each item by itself. */
import type { BatchSetFederatedBundleRequestOutput } from '../../../proto/gen/spire/api/server/bundle/v1/BatchSetFederatedBundleRequest.ts';
import type { BatchSetFederatedBundleResponse } from '../../../proto/gen/spire/api/server/bundle/v1/BatchSetFederatedBundleResponse.ts';
import { type Handler, unary } from '../../../shared/rpc/handler.ts';
import type { TrustDomain } from '../../../shared/spiffe/trust-domain.ts';
import type { FederatedBundleStore } from '../../bundle/federated-bundle-store.ts';
import type { CallContext } from '../gate/context.ts';
import { doing } from '../wire/status.ts';
import { foreignBundle } from './foreign-trust-domain.ts';
import { writeBundles } from './write-bundles.ts';

export interface BatchSetFederatedBundleNeeds {
  readonly trustDomain: TrustDomain;
  readonly federatedBundles: Pick<FederatedBundleStore, 'set'>;
}

export const batchSetFederatedBundle = (needs: BatchSetFederatedBundleNeeds): Handler<CallContext> =>
  unary(
    (
      request: BatchSetFederatedBundleRequestOutput,
      { trail }: CallContext,
    ): Promise<BatchSetFederatedBundleResponse> =>
      writeBundles({ request, trail }, async (wire) => {
        const bundle = foreignBundle(wire, needs.trustDomain, 'setting');
        await doing('failed to set bundle', needs.federatedBundles.set(bundle));
        return bundle;
      }),
  );
