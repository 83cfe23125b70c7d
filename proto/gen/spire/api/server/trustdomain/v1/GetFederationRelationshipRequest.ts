// From proto/spire/api/server/trustdomain/v1/trustdomain.proto

import type { FederationRelationshipMask as _spire_api_types_FederationRelationshipMask, FederationRelationshipMaskOutput as _spire_api_types_FederationRelationshipMaskOutput } from '../../../../../spire/api/types/FederationRelationshipMask.ts';

export interface GetFederationRelationshipRequest {
  'trust_domain'?: (string);
  'output_mask'?: (_spire_api_types_FederationRelationshipMask | null);
}

export interface GetFederationRelationshipRequestOutput {
  'trust_domain': (string);
  'output_mask': (_spire_api_types_FederationRelationshipMaskOutput | null);
}
