/** Bundle/ListFederatedBundles: the bundles of other trust domains, in pages. */
import type { ListFederatedBundlesRequestOutput } from '../../../proto/gen/spire/api/server/bundle/v1/ListFederatedBundlesRequest.ts';
import type { ListFederatedBundlesResponse } from '../../../proto/gen/spire/api/server/bundle/v1/ListFederatedBundlesResponse.ts';
import type { Bundle } from '../../../shared/bundle/bundle.ts';
import { answerEncoder } from '../../../shared/rpc/encoded.ts';
import { type Handler, unary } from '../../../shared/rpc/handler.ts';
import type { TrustDomain } from '../../../shared/spiffe/trust-domain.ts';
import type { FederatedBundleStore } from '../../bundle/federated-bundle-store.ts';
import type { CallContext } from '../gate/context.ts';
import { bundleWriter } from '../wire/bundle.ts';
import { listAnswer } from '../wire/paging.ts';
import { doing } from '../wire/status.ts';

export interface ListFederatedBundlesNeeds {
  readonly trustDomain: TrustDomain;
  readonly federatedBundles: Pick<FederatedBundleStore, 'list'>;
}

export const listFederatedBundles = (needs: ListFederatedBundlesNeeds): Handler<CallContext> => {
  const { trustDomain, federatedBundles } = needs;
  const encode = answerEncoder<ListFederatedBundlesResponse>(
    'spire.api.server.bundle.v1.Bundle',
    'ListFederatedBundles',
  );
  return unary(async (request: ListFederatedBundlesRequestOutput, { call }: CallContext) => {
    const write = bundleWriter(request.output_mask);
    return listAnswer(
      {
        list: (page, show) => doing('failed to list bundles', federatedBundles.list(trustDomain, page, show)),
        part: (bundle: Bundle) => encode({ bundles: [write(bundle)] }),
        tokenPart: (next_page_token) => encode({ next_page_token }),
      },
      request,
      call,
    );
  });
};
