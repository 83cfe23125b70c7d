/** Bundle/BatchDeleteFederatedBundle: bundles of other trust domains go, by a mode also entries that federate with them; each item by itself. */
import type { BatchDeleteFederatedBundleRequestOutput } from '../../../proto/gen/spire/api/server/bundle/v1/BatchDeleteFederatedBundleRequest.ts';
import type { BatchDeleteFederatedBundleResponse } from '../../../proto/gen/spire/api/server/bundle/v1/BatchDeleteFederatedBundleResponse.ts';
import type { StatusOutput } from '../../../proto/gen/spire/api/types/Status.ts';
import { assertNever, Code, CodedError, invalidArgument, notFound } from '../../../shared/errors.ts';
import { type Handler, unary } from '../../../shared/rpc/handler.ts';
import type { TrustDomain } from '../../../shared/spiffe/trust-domain.ts';
import type { DeleteMode, FederatedBundleStore } from '../../bundle/federated-bundle-store.ts';
import { trustDomainFields } from '../gate/audit-bundle-fields.ts';
import type { CallContext } from '../gate/context.ts';
import { itemByItem } from '../item-by-item.ts';
import { doing, OK, statusOf } from '../wire/status.ts';
import { foreignTrustDomain } from './foreign-trust-domain.ts';

export interface BatchDeleteFederatedBundleNeeds {
  readonly trustDomain: TrustDomain;
  readonly federatedBundles: Pick<FederatedBundleStore, 'delete'>;
}

const OWN = 'removing the bundle for the server trust domain is not allowed';
const FAILED = 'failed to delete federated bundle';

export const batchDeleteFederatedBundle = (needs: BatchDeleteFederatedBundleNeeds): Handler<CallContext> =>
  unary(
    async (
      request: BatchDeleteFederatedBundleRequestOutput,
      { trail }: CallContext,
    ): Promise<BatchDeleteFederatedBundleResponse> => {
      const mode = modeOf(request.mode);
      const statuses = await itemByItem<string, StatusOutput>(
        request.trust_domains,
        async (text) => deleteOne(needs, foreignTrustDomain(text, needs.trustDomain, OWN), mode),
        statusOf,
      );
      const named = request.trust_domains.map((trust_domain, at) => ({
        trust_domain,
        status: statuses[at] ?? OK,
      }));
      for (const { trust_domain, status } of named)
        trail.item(() => ({ ...trustDomainFields({ trust_domain }), mode: request.mode }), status);
      return { results: named };
    },
  );

async function deleteOne(
  { federatedBundles }: BatchDeleteFederatedBundleNeeds,
  trustDomain: TrustDomain,
  mode: DeleteMode,
): Promise<StatusOutput> {
  const outcome = await doing(FAILED, federatedBundles.delete(trustDomain, mode));
  switch (outcome.kind) {
    case 'deleted':
      return OK;
    case 'not-found':
      throw notFound('bundle not found');
    case 'restricted':
      throw new CodedError(
        Code.failedPrecondition,
        `${FAILED}: cannot delete bundle; federated with ${outcome.entryCount} registration entries`,
      );
    default:
      return assertNever(outcome);
  }
}

const MODES: Readonly<Record<string, DeleteMode>> = {
  RESTRICT: 'restrict',
  DELETE: 'delete',
  DISSOCIATE: 'dissociate',
};

/** A number that has no name comes as it is. */
function modeOf(wire: string | number): DeleteMode {
  const mode = Object.hasOwn(MODES, wire) ? MODES[wire] : undefined;
  if (mode === undefined)
    throw invalidArgument(`failed to parse deletion mode: unhandled delete mode "${wire}"`);
  return mode;
}
