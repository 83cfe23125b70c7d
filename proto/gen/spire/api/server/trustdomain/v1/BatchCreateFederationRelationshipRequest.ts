// From proto/spire/api/server/trustdomain/v1/trustdomain.proto

import type { FederationRelationship as _spire_api_types_FederationRelationship, FederationRelationshipOutput as _spire_api_types_FederationRelationshipOutput } from '../../../../../spire/api/types/FederationRelationship.ts';
import type { FederationRelationshipMask as _spire_api_types_FederationRelationshipMask, FederationRelationshipMaskOutput as _spire_api_types_FederationRelationshipMaskOutput } from '../../../../../spire/api/types/FederationRelationshipMask.ts';

export interface BatchCreateFederationRelationshipRequest {
  'federation_relationships'?: (_spire_api_types_FederationRelationship)[];
  'output_mask'?: (_spire_api_types_FederationRelationshipMask | null);
}

export interface BatchCreateFederationRelationshipRequestOutput {
  'federation_relationships': (_spire_api_types_FederationRelationshipOutput)[];
  'output_mask': (_spire_api_types_FederationRelationshipMaskOutput | null);
}
