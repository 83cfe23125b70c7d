// From proto/spire/api/server/svid/v1/svid.proto

import type { Status as _spire_api_types_Status, StatusOutput as _spire_api_types_StatusOutput } from '../../../../../spire/api/types/Status.ts';
import type { X509SVID as _spire_api_types_X509SVID, X509SVIDOutput as _spire_api_types_X509SVIDOutput } from '../../../../../spire/api/types/X509SVID.ts';

export interface _spire_api_server_svid_v1_BatchNewX509SVIDResponse_Result {
  'status'?: (_spire_api_types_Status | null);
  'svid'?: (_spire_api_types_X509SVID | null);
}

export interface _spire_api_server_svid_v1_BatchNewX509SVIDResponse_ResultOutput {
  'status': (_spire_api_types_StatusOutput | null);
  'svid': (_spire_api_types_X509SVIDOutput | null);
}

export interface BatchNewX509SVIDResponse {
  'results'?: (_spire_api_server_svid_v1_BatchNewX509SVIDResponse_Result)[];
}

export interface BatchNewX509SVIDResponseOutput {
  'results': (_spire_api_server_svid_v1_BatchNewX509SVIDResponse_ResultOutput)[];
}
