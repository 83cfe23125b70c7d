// From proto/spire/api/server/trustdomain/v1/trustdomain.proto

import type { Status as _spire_api_types_Status, StatusOutput as _spire_api_types_StatusOutput } from '../../../../../spire/api/types/Status.ts';

export interface _spire_api_server_trustdomain_v1_BatchDeleteFederationRelationshipResponse_Result {
  'status'?: (_spire_api_types_Status | null);
  'trust_domain'?: (string);
}

export interface _spire_api_server_trustdomain_v1_BatchDeleteFederationRelationshipResponse_ResultOutput {
  'status': (_spire_api_types_StatusOutput | null);
  'trust_domain': (string);
}

export interface BatchDeleteFederationRelationshipResponse {
  'results'?: (_spire_api_server_trustdomain_v1_BatchDeleteFederationRelationshipResponse_Result)[];
}

export interface BatchDeleteFederationRelationshipResponseOutput {
  'results': (_spire_api_server_trustdomain_v1_BatchDeleteFederationRelationshipResponse_ResultOutput)[];
}
