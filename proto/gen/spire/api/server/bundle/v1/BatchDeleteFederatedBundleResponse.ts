// From proto/spire/api/server/bundle/v1/bundle.proto

import type { Status as _spire_api_types_Status, StatusOutput as _spire_api_types_StatusOutput } from '../../../../../spire/api/types/Status.ts';

export interface _spire_api_server_bundle_v1_BatchDeleteFederatedBundleResponse_Result {
  'status'?: (_spire_api_types_Status | null);
  'trust_domain'?: (string);
}

export interface _spire_api_server_bundle_v1_BatchDeleteFederatedBundleResponse_ResultOutput {
  'status': (_spire_api_types_StatusOutput | null);
  'trust_domain': (string);
}

export interface BatchDeleteFederatedBundleResponse {
  'results'?: (_spire_api_server_bundle_v1_BatchDeleteFederatedBundleResponse_Result)[];
}

export interface BatchDeleteFederatedBundleResponseOutput {
  'results': (_spire_api_server_bundle_v1_BatchDeleteFederatedBundleResponse_ResultOutput)[];
}
