/** TrustDomain/BatchCreateFederationRelationship: from where bundles of other trust domains are to be had; each item by itself. */
import type { BatchCreateFederationRelationshipRequestOutput } from '../../../proto/gen/spire/api/server/trustdomain/v1/BatchCreateFederationRelationshipRequest.ts';
import type { BatchCreateFederationRelationshipResponse } from '../../../proto/gen/spire/api/server/trustdomain/v1/BatchCreateFederationRelationshipResponse.ts';
import { Code, CodedError, invalidArgument } from '../../../shared/errors.ts';
import { type Handler, unary } from '../../../shared/rpc/handler.ts';
import type { TrustDomain } from '../../../shared/spiffe/trust-domain.ts';
import type { RelationshipStore } from '../../federation/relationship-store.ts';
import type { CallContext } from '../gate/context.ts';
import { relationshipFromWire } from '../wire/federation-relationship.ts';
import { doing } from '../wire/status.ts';
import { writeRelationships, type WriteRelationshipsNeeds } from './write-relationships.ts';

export interface BatchCreateFederationRelationshipNeeds extends WriteRelationshipsNeeds {
  readonly trustDomain: TrustDomain;
  readonly relationships: Pick<RelationshipStore, 'create'>;
}

const FAILED = 'failed to create federation relationship';

/** DIVERGES: in SPIRE a second relationship with a trust domain fails with Internal and words of its database. */
const alreadyThere = (): CodedError =>
  new CodedError(Code.alreadyExists, `${FAILED}: federation relationship already exists`);

export const batchCreateFederationRelationship = (
  needs: BatchCreateFederationRelationshipNeeds,
): Handler<CallContext> =>
  unary(
    (
      request: BatchCreateFederationRelationshipRequestOutput,
      { trail }: CallContext,
    ): Promise<BatchCreateFederationRelationshipResponse> =>
      writeRelationships(needs, { request, trail }, async (wire) => {
        const given = relationshipFromWire(wire);
        if (given.relationship.trustDomain.equals(needs.trustDomain))
          throw invalidArgument('unable to create federation relationship for server trust domain');
        if (!(await doing(FAILED, needs.relationships.create(given)))) throw alreadyThere();
        return given;
      }),
  );
