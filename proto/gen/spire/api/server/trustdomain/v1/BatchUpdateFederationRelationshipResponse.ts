// From proto/spire/api/server/trustdomain/v1/trustdomain.proto

import type { Status as _spire_api_types_Status, StatusOutput as _spire_api_types_StatusOutput } from '../../../../../spire/api/types/Status.ts';
import type { FederationRelationship as _spire_api_types_FederationRelationship, FederationRelationshipOutput as _spire_api_types_FederationRelationshipOutput } from '../../../../../spire/api/types/FederationRelationship.ts';

export interface _spire_api_server_trustdomain_v1_BatchUpdateFederationRelationshipResponse_Result {
  'status'?: (_spire_api_types_Status | null);
  'federation_relationship'?: (_spire_api_types_FederationRelationship | null);
}

export interface _spire_api_server_trustdomain_v1_BatchUpdateFederationRelationshipResponse_ResultOutput {
  'status': (_spire_api_types_StatusOutput | null);
  'federation_relationship': (_spire_api_types_FederationRelationshipOutput | null);
}

export interface BatchUpdateFederationRelationshipResponse {
  'results'?: (_spire_api_server_trustdomain_v1_BatchUpdateFederationRelationshipResponse_Result)[];
}

export interface BatchUpdateFederationRelationshipResponseOutput {
  'results': (_spire_api_server_trustdomain_v1_BatchUpdateFederationRelationshipResponse_ResultOutput)[];
}
