/** Bundle/CountBundles: how many bundles there are, the trust domain's own among them. */
import type { CountBundlesResponse } from '../../../proto/gen/spire/api/server/bundle/v1/CountBundlesResponse.ts';
import { type Handler, unary } from '../../../shared/rpc/handler.ts';
import type { BundleStore } from '../../bundle/bundle-store.ts';
import type { CallContext } from '../gate/context.ts';
import { doing } from '../wire/status.ts';

export interface CountBundlesNeeds {
  readonly bundles: Pick<BundleStore, 'count'>;
}

export const countBundles = ({ bundles }: CountBundlesNeeds): Handler<CallContext> =>
  unary(
    async (): Promise<CountBundlesResponse> => ({
      count: await doing('failed to count bundles', bundles.count()),
    }),
  );
