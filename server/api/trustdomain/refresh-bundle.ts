/** TrustDomain/RefreshBundle: this server fetches no bundle of another trust domain, so it has none to fetch anew. */
import type { RefreshBundleRequestOutput } from '../../../proto/gen/spire/api/server/trustdomain/v1/RefreshBundleRequest.ts';
import { notFound } from '../../../shared/errors.ts';
import { type Handler, unary } from '../../../shared/rpc/handler.ts';
import type { CallContext } from '../gate/context.ts';
import { askedTrustDomain } from './asked-trust-domain.ts';

export const refreshBundle = (): Handler<CallContext> =>
  unary(async ({ trust_domain }: RefreshBundleRequestOutput): Promise<object> => {
    throw notFound(`no relationship with trust domain "${askedTrustDomain(trust_domain)}"`);
  });
