/** Bundle/GetFederatedBundle: the bundle of another trust domain. Agents ask for those that their entries federate with. */
import type { GetFederatedBundleRequestOutput } from '../../../proto/gen/spire/api/server/bundle/v1/GetFederatedBundleRequest.ts';
import type { Bundle } from '../../../proto/gen/spire/api/types/Bundle.ts';
import { notFound } from '../../../shared/errors.ts';
import { type Handler, unary } from '../../../shared/rpc/handler.ts';
import type { TrustDomain } from '../../../shared/spiffe/trust-domain.ts';
import type { BundleStore } from '../../bundle/bundle-store.ts';
import type { ForeignBundles } from '../../bundle/foreign-bundles.ts';
import type { CallContext } from '../gate/context.ts';
import { bundleWriter } from '../wire/bundle.ts';
import { doing } from '../wire/status.ts';
import { foreignTrustDomain } from './foreign-trust-domain.ts';

export interface GetFederatedBundleNeeds {
  readonly trustDomain: TrustDomain;
  /** For administrators, who may have written it a moment ago. */
  readonly bundles: Pick<BundleStore, 'find'>;
  /** For agents. */
  readonly foreignBundles: Pick<ForeignBundles, 'find'>;
}

const OWN = "getting a federated bundle for the server's own trust domain is not allowed";

export const getFederatedBundle = (needs: GetFederatedBundleNeeds): Handler<CallContext> =>
  unary(async (request: GetFederatedBundleRequestOutput, { agent }: CallContext): Promise<Bundle> => {
    const asked = foreignTrustDomain(request.trust_domain, needs.trustDomain, OWN);
    const source = agent === undefined ? needs.bundles : needs.foreignBundles;
    const found = await doing('failed to fetch bundle', source.find(asked));
    if (found === undefined) throw notFound('bundle not found');
    return bundleWriter(request.output_mask)(found);
  });
