/** TrustDomain/GetFederationRelationship: where the bundle of one other trust domain is to be had. */
import type { GetFederationRelationshipRequestOutput } from '../../../proto/gen/spire/api/server/trustdomain/v1/GetFederationRelationshipRequest.ts';
import type { FederationRelationship } from '../../../proto/gen/spire/api/types/FederationRelationship.ts';
import { notFound } from '../../../shared/errors.ts';
import { type Handler, unary } from '../../../shared/rpc/handler.ts';
import type { RelationshipStore } from '../../federation/relationship-store.ts';
import type { CallContext } from '../gate/context.ts';
import { relationshipWriter } from '../wire/federation-relationship.ts';
import { doing } from '../wire/status.ts';
import { askedTrustDomain } from './asked-trust-domain.ts';

export interface GetFederationRelationshipNeeds {
  readonly relationships: Pick<RelationshipStore, 'find'>;
}

export const getFederationRelationship = (needs: GetFederationRelationshipNeeds): Handler<CallContext> =>
  unary(async (request: GetFederationRelationshipRequestOutput): Promise<FederationRelationship> => {
    const finding = needs.relationships.find(askedTrustDomain(request.trust_domain));
    const found = await doing('failed to fetch federation relationship', finding);
    if (found === undefined) throw notFound('federation relationship does not exist');
    return relationshipWriter(request.output_mask)(found);
  });
