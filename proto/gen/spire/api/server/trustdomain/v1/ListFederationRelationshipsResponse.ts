// From proto/spire/api/server/trustdomain/v1/trustdomain.proto

import type { FederationRelationship as _spire_api_types_FederationRelationship, FederationRelationshipOutput as _spire_api_types_FederationRelationshipOutput } from '../../../../../spire/api/types/FederationRelationship.ts';

export interface ListFederationRelationshipsResponse {
  'federation_relationships'?: (_spire_api_types_FederationRelationship)[];
  'next_page_token'?: (string);
}

export interface ListFederationRelationshipsResponseOutput {
  'federation_relationships': (_spire_api_types_FederationRelationshipOutput)[];
  'next_page_token': (string);
}
