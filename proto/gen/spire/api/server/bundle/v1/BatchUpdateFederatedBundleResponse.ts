// From proto/spire/api/server/bundle/v1/bundle.proto

import type { Status as _spire_api_types_Status, StatusOutput as _spire_api_types_StatusOutput } from '../../../../../spire/api/types/Status.ts';
import type { Bundle as _spire_api_types_Bundle, BundleOutput as _spire_api_types_BundleOutput } from '../../../../../spire/api/types/Bundle.ts';

export interface _spire_api_server_bundle_v1_BatchUpdateFederatedBundleResponse_Result {
  'status'?: (_spire_api_types_Status | null);
  'bundle'?: (_spire_api_types_Bundle | null);
}

export interface _spire_api_server_bundle_v1_BatchUpdateFederatedBundleResponse_ResultOutput {
  'status': (_spire_api_types_StatusOutput | null);
  'bundle': (_spire_api_types_BundleOutput | null);
}

export interface BatchUpdateFederatedBundleResponse {
  'results'?: (_spire_api_server_bundle_v1_BatchUpdateFederatedBundleResponse_Result)[];
}

export interface BatchUpdateFederatedBundleResponseOutput {
  'results': (_spire_api_server_bundle_v1_BatchUpdateFederatedBundleResponse_ResultOutput)[];
}
