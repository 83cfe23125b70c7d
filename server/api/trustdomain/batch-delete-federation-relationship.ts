/** TrustDomain/BatchDeleteFederationRelationship: relationships go, the bundles that were had stay; each item by itself. */
import type { BatchDeleteFederationRelationshipRequestOutput } from '../../../proto/gen/spire/api/server/trustdomain/v1/BatchDeleteFederationRelationshipRequest.ts';
import type { BatchDeleteFederationRelationshipResponse } from '../../../proto/gen/spire/api/server/trustdomain/v1/BatchDeleteFederationRelationshipResponse.ts';
import type { StatusOutput } from '../../../proto/gen/spire/api/types/Status.ts';
import { invalidArgument, notFound } from '../../../shared/errors.ts';
import { type Handler, unary } from '../../../shared/rpc/handler.ts';
import type { RelationshipStore } from '../../federation/relationship-store.ts';
import { trustDomainFields } from '../gate/audit-bundle-fields.ts';
import type { CallContext } from '../gate/context.ts';
import { itemByItem } from '../item-by-item.ts';
import { doing, OK, statusOf } from '../wire/status.ts';
import { askedTrustDomain } from './asked-trust-domain.ts';

export interface BatchDeleteFederationRelationshipNeeds {
  readonly relationships: Pick<RelationshipStore, 'delete'>;
}

interface DeleteResult {
  readonly status: StatusOutput;
  readonly trust_domain: string;
}

export const batchDeleteFederationRelationship = ({
  relationships,
}: BatchDeleteFederationRelationshipNeeds): Handler<CallContext> =>
  unary(
    async (
      { trust_domains: names }: BatchDeleteFederationRelationshipRequestOutput,
      { trail }: CallContext,
    ): Promise<BatchDeleteFederationRelationshipResponse> => {
      const results = await itemByItem<string, DeleteResult>(
        names,
        (text) => deleteOne(text, relationships),
        (error, trust_domain) => ({ status: statusOf(error), trust_domain }),
      );
      names.forEach((trust_domain, at) =>
        trail.item(() => trustDomainFields({ trust_domain }), results[at]?.status ?? OK),
      );
      return { results };
    },
  );

async function deleteOne(
  text: string,
  relationships: BatchDeleteFederationRelationshipNeeds['relationships'],
): Promise<DeleteResult> {
  if (text === '') throw invalidArgument('missing trust domain');
  const trustDomain = askedTrustDomain(text);
  const deleting = relationships.delete(trustDomain);
  if (!(await doing('failed to delete federation relationship', deleting)))
    throw notFound('federation relationship not found');
  return { status: OK, trust_domain: trustDomain.name };
}
