/** Bundle/BatchCreateFederatedBundle: bundles of trust domains that have none yet; each item by itself. */
import type { BatchCreateFederatedBundleRequestOutput } from '../../../proto/gen/spire/api/server/bundle/v1/BatchCreateFederatedBundleRequest.ts';
import type { BatchCreateFederatedBundleResponse } from '../../../proto/gen/spire/api/server/bundle/v1/BatchCreateFederatedBundleResponse.ts';
import { Code, CodedError } from '../../../shared/errors.ts';
import { type Handler, unary } from '../../../shared/rpc/handler.ts';
import type { TrustDomain } from '../../../shared/spiffe/trust-domain.ts';
import type { FederatedBundleStore } from '../../bundle/federated-bundle-store.ts';
import type { CallContext } from '../gate/context.ts';
import { doing } from '../wire/status.ts';
import { foreignBundle } from './foreign-trust-domain.ts';
import { writeBundles } from './write-bundles.ts';

export interface BatchCreateFederatedBundleNeeds {
  readonly trustDomain: TrustDomain;
  readonly federatedBundles: Pick<FederatedBundleStore, 'create'>;
}

export const batchCreateFederatedBundle = (needs: BatchCreateFederatedBundleNeeds): Handler<CallContext> =>
  unary(
    (
      request: BatchCreateFederatedBundleRequestOutput,
      { trail }: CallContext,
    ): Promise<BatchCreateFederatedBundleResponse> =>
      writeBundles({ request, trail }, async (wire) => {
        const bundle = foreignBundle(wire, needs.trustDomain, 'creating');
        const isNew = await doing('unable to create bundle', needs.federatedBundles.create(bundle));
        if (!isNew) throw new CodedError(Code.alreadyExists, 'bundle already exists');
        return bundle;
      }),
  );
