/** TrustDomain/ListFederationRelationships: where bundles of other trust domains are to be had, in pages. */
import type { ListFederationRelationshipsRequestOutput } from '../../../proto/gen/spire/api/server/trustdomain/v1/ListFederationRelationshipsRequest.ts';
import type { ListFederationRelationshipsResponse } from '../../../proto/gen/spire/api/server/trustdomain/v1/ListFederationRelationshipsResponse.ts';
import { type Handler, unary } from '../../../shared/rpc/handler.ts';
import type { PageRequest } from '../../entries/entry-store.ts';
import type { RelationshipStore } from '../../federation/relationship-store.ts';
import type { CallContext } from '../gate/context.ts';
import { relationshipBytes, relationshipWriter } from '../wire/federation-relationship.ts';
import { BUNDLES_AT_ONCE, listPage } from '../wire/paging.ts';
import { doing } from '../wire/status.ts';

export interface ListFederationRelationshipsNeeds {
  readonly relationships: Pick<RelationshipStore, 'list'>;
}

export const listFederationRelationships = (needs: ListFederationRelationshipsNeeds): Handler<CallContext> =>
  unary(
    async (
      request: ListFederationRelationshipsRequestOutput,
    ): Promise<ListFederationRelationshipsResponse> => {
      const list = (page: PageRequest) =>
        doing('failed to list federation relationships', needs.relationships.list(page));
      const bytesOf = relationshipBytes(request.output_mask);
      const { items, nextPageToken } = await listPage({ list, bytesOf, atOnceMax: BUNDLES_AT_ONCE }, request);
      return {
        federation_relationships: items.map(relationshipWriter(request.output_mask)),
        next_page_token: nextPageToken,
      };
    },
  );
