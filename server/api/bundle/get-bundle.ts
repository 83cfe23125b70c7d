/** Bundle/GetBundle: the trust domain's own bundle, for everybody. */
import type { GetBundleRequestOutput } from '../../../proto/gen/spire/api/server/bundle/v1/GetBundleRequest.ts';
import type { Bundle } from '../../../proto/gen/spire/api/types/Bundle.ts';
import { type Handler, unary } from '../../../shared/rpc/handler.ts';
import type { BundleCache } from '../../bundle/bundle-cache.ts';
import type { BundleReach } from '../../cluster/bundle-reach.ts';
import type { CallContext } from '../gate/context.ts';
import { bundleWriter } from '../wire/bundle.ts';

export interface GetBundleNeeds {
  readonly bundle: Pick<BundleCache, 'current'>;
  readonly reach: Pick<BundleReach, 'fetched'>;
}

export const getBundle = ({ bundle, reach }: GetBundleNeeds): Handler<CallContext> =>
  unary(async ({ output_mask: mask }: GetBundleRequestOutput, { caller }: CallContext): Promise<Bundle> => {
    const current = bundle.current();
    if (caller.kind === 'identified') reach.fetched(caller.svid.id, current.sequenceNumber);
    return bundleWriter(mask)(current);
  });
