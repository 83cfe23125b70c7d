/** Bundle/ListFederatedBundles: the bundles of other trust domains, in pages. */
import type { ListFederatedBundlesRequestOutput } from '../../../proto/gen/spire/api/server/bundle/v1/ListFederatedBundlesRequest.ts';
import type { ListFederatedBundlesResponse } from '../../../proto/gen/spire/api/server/bundle/v1/ListFederatedBundlesResponse.ts';
import { type Handler, unary } from '../../../shared/rpc/handler.ts';
import type { TrustDomain } from '../../../shared/spiffe/trust-domain.ts';
import type { FederatedBundleStore } from '../../bundle/federated-bundle-store.ts';
import type { PageRequest } from '../../entries/entry-store.ts';
import type { CallContext } from '../gate/context.ts';
import { bundleWriter, maskedBundleBytes } from '../wire/bundle.ts';
import { BUNDLES_AT_ONCE, listPage } from '../wire/paging.ts';
import { doing } from '../wire/status.ts';

export interface ListFederatedBundlesNeeds {
  readonly trustDomain: TrustDomain;
  readonly federatedBundles: Pick<FederatedBundleStore, 'list'>;
}

export const listFederatedBundles = (needs: ListFederatedBundlesNeeds): Handler<CallContext> =>
  unary(async (request: ListFederatedBundlesRequestOutput): Promise<ListFederatedBundlesResponse> => {
    const { trustDomain, federatedBundles } = needs;
    const list = (page: PageRequest) =>
      doing('failed to list bundles', federatedBundles.list(trustDomain, page));
    const bytesOf = maskedBundleBytes(request.output_mask);
    const { items, nextPageToken } = await listPage({ list, bytesOf, atOnceMax: BUNDLES_AT_ONCE }, request);
    return { bundles: items.map(bundleWriter(request.output_mask)), next_page_token: nextPageToken };
  });
