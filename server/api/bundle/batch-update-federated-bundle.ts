/** Bundle/BatchUpdateFederatedBundle: replaces bundles of other trust domains, or the parts that a mask names; each item by itself. */
import type { BatchUpdateFederatedBundleRequestOutput } from '../../../proto/gen/spire/api/server/bundle/v1/BatchUpdateFederatedBundleRequest.ts';
import type { BatchUpdateFederatedBundleResponse } from '../../../proto/gen/spire/api/server/bundle/v1/BatchUpdateFederatedBundleResponse.ts';
import { notFound } from '../../../shared/errors.ts';
import { type Handler, unary } from '../../../shared/rpc/handler.ts';
import type { TrustDomain } from '../../../shared/spiffe/trust-domain.ts';
import type { FederatedBundleStore } from '../../bundle/federated-bundle-store.ts';
import type { CallContext } from '../gate/context.ts';
import { bundleChanges } from '../wire/bundle-from-wire.ts';
import { doing } from '../wire/status.ts';
import { foreignBundle } from './foreign-trust-domain.ts';
import { writeBundles } from './write-bundles.ts';

export interface BatchUpdateFederatedBundleNeeds {
  readonly trustDomain: TrustDomain;
  readonly federatedBundles: Pick<FederatedBundleStore, 'update'>;
}

export const batchUpdateFederatedBundle = (needs: BatchUpdateFederatedBundleNeeds): Handler<CallContext> =>
  unary(
    (
      request: BatchUpdateFederatedBundleRequestOutput,
      { trail }: CallContext,
    ): Promise<BatchUpdateFederatedBundleResponse> =>
      writeBundles({ request, trail }, async (wire) => {
        const bundle = foreignBundle(wire, needs.trustDomain, 'updating');
        const changes = bundleChanges(bundle, request.input_mask);
        const updating = needs.federatedBundles.update(bundle.trustDomain, changes);
        const updated = await doing('failed to update bundle', updating);
        if (updated === undefined) throw notFound('bundle not found');
        return updated;
      }),
  );
