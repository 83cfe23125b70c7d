/** The RPCs of the TrustDomain service. Called by api/routes. */
import type { Handler } from '../../../shared/rpc/handler.ts';
import type { CallContext } from '../gate/context.ts';
import {
  batchCreateFederationRelationship,
  type BatchCreateFederationRelationshipNeeds,
} from './batch-create-federation-relationship.ts';
import {
  batchDeleteFederationRelationship,
  type BatchDeleteFederationRelationshipNeeds,
} from './batch-delete-federation-relationship.ts';
import {
  batchUpdateFederationRelationship,
  type BatchUpdateFederationRelationshipNeeds,
} from './batch-update-federation-relationship.ts';
import {
  getFederationRelationship,
  type GetFederationRelationshipNeeds,
} from './get-federation-relationship.ts';
import {
  listFederationRelationships,
  type ListFederationRelationshipsNeeds,
} from './list-federation-relationships.ts';
import { refreshBundle } from './refresh-bundle.ts';

export type TrustDomainNeeds = ListFederationRelationshipsNeeds &
  GetFederationRelationshipNeeds &
  BatchCreateFederationRelationshipNeeds &
  BatchUpdateFederationRelationshipNeeds &
  BatchDeleteFederationRelationshipNeeds;

export const trustDomainRoutes = (
  needs: TrustDomainNeeds,
): Readonly<Record<string, Handler<CallContext>>> => ({
  ListFederationRelationships: listFederationRelationships(needs),
  GetFederationRelationship: getFederationRelationship(needs),
  BatchCreateFederationRelationship: batchCreateFederationRelationship(needs),
  BatchUpdateFederationRelationship: batchUpdateFederationRelationship(needs),
  BatchDeleteFederationRelationship: batchDeleteFederationRelationship(needs),
  RefreshBundle: refreshBundle(),
});
