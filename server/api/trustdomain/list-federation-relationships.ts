/** TrustDomain/ListFederationRelationships: where bundles of other trust domains are to be had, in pages. */
import type { ListFederationRelationshipsRequestOutput } from '../../../proto/gen/spire/api/server/trustdomain/v1/ListFederationRelationshipsRequest.ts';
import type { ListFederationRelationshipsResponse } from '../../../proto/gen/spire/api/server/trustdomain/v1/ListFederationRelationshipsResponse.ts';
import { answerEncoder } from '../../../shared/rpc/encoded.ts';
import { type Handler, unary } from '../../../shared/rpc/handler.ts';
import type { RelationshipStore, WithBundle } from '../../federation/relationship-store.ts';
import type { CallContext } from '../gate/context.ts';
import { relationshipWriter } from '../wire/federation-relationship.ts';
import { listAnswer } from '../wire/paging.ts';
import { doing } from '../wire/status.ts';

export interface ListFederationRelationshipsNeeds {
  readonly relationships: Pick<RelationshipStore, 'list'>;
}

export const listFederationRelationships = (
  needs: ListFederationRelationshipsNeeds,
): Handler<CallContext> => {
  const encode = answerEncoder<ListFederationRelationshipsResponse>(
    'spire.api.server.trustdomain.v1.TrustDomain',
    'ListFederationRelationships',
  );
  return unary(async (request: ListFederationRelationshipsRequestOutput, { call }: CallContext) => {
    const write = relationshipWriter(request.output_mask);
    return listAnswer(
      {
        list: (page, show) =>
          doing('failed to list federation relationships', needs.relationships.list(page, show)),
        part: (found: WithBundle) => encode({ federation_relationships: [write(found)] }),
        tokenPart: (next_page_token) => encode({ next_page_token }),
      },
      request,
      call,
    );
  });
};
