// From proto/spire/api/server/trustdomain/v1/trustdomain.proto

import type { FederationRelationshipMask as _spire_api_types_FederationRelationshipMask, FederationRelationshipMaskOutput as _spire_api_types_FederationRelationshipMaskOutput } from '../../../../../spire/api/types/FederationRelationshipMask.ts';

export interface ListFederationRelationshipsRequest {
  'output_mask'?: (_spire_api_types_FederationRelationshipMask | null);
  'page_size'?: (number);
  'page_token'?: (string);
}

export interface ListFederationRelationshipsRequestOutput {
  'output_mask': (_spire_api_types_FederationRelationshipMaskOutput | null);
  'page_size': (number);
  'page_token': (string);
}
