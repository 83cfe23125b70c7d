/** TrustDomain/BatchUpdateFederationRelationship: replaces relationships, or the parts that a mask names; each item by itself. */
import type { BatchUpdateFederationRelationshipRequestOutput } from '../../../proto/gen/spire/api/server/trustdomain/v1/BatchUpdateFederationRelationshipRequest.ts';
import type { BatchUpdateFederationRelationshipResponse } from '../../../proto/gen/spire/api/server/trustdomain/v1/BatchUpdateFederationRelationshipResponse.ts';
import { type CodedError, notFound } from '../../../shared/errors.ts';
import { type Handler, unary } from '../../../shared/rpc/handler.ts';
import type { RelationshipStore } from '../../federation/relationship-store.ts';
import type { CallContext } from '../gate/context.ts';
import { relationshipChangesFromWire } from '../wire/federation-relationship.ts';
import { doing } from '../wire/status.ts';
import { writeRelationships, type WriteRelationshipsNeeds } from './write-relationships.ts';

export interface BatchUpdateFederationRelationshipNeeds extends WriteRelationshipsNeeds {
  readonly relationships: Pick<RelationshipStore, 'update'>;
}

const FAILED = 'failed to update federation relationship';

/** DIVERGES: in SPIRE this is Internal, and the fields that the mask leaves out must be right too. */
const notThere = (): CodedError => notFound(`${FAILED}: federation relationship not found`);

export const batchUpdateFederationRelationship = (
  needs: BatchUpdateFederationRelationshipNeeds,
): Handler<CallContext> =>
  unary(
    (
      request: BatchUpdateFederationRelationshipRequestOutput,
      { trail }: CallContext,
    ): Promise<BatchUpdateFederationRelationshipResponse> =>
      writeRelationships(needs, { request, trail }, async (wire) => {
        const { trustDomain, changes } = relationshipChangesFromWire(wire, request.input_mask);
        const updated = await doing(FAILED, needs.relationships.update(trustDomain, changes));
        if (updated === undefined) throw notThere();
        return updated;
      }),
  );
