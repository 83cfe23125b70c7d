// From proto/spire/api/server/svid/v1/svid.proto

import type { Status as _spire_api_types_Status, StatusOutput as _spire_api_types_StatusOutput } from '../../../../../spire/api/types/Status.ts';
import type { WITSVID as _spire_api_types_WITSVID, WITSVIDOutput as _spire_api_types_WITSVIDOutput } from '../../../../../spire/api/types/WITSVID.ts';

export interface _spire_api_server_svid_v1_BatchNewWITSVIDResponse_Result {
  'status'?: (_spire_api_types_Status | null);
  'svid'?: (_spire_api_types_WITSVID | null);
}

export interface _spire_api_server_svid_v1_BatchNewWITSVIDResponse_ResultOutput {
  'status': (_spire_api_types_StatusOutput | null);
  'svid': (_spire_api_types_WITSVIDOutput | null);
}

export interface BatchNewWITSVIDResponse {
  'results'?: (_spire_api_server_svid_v1_BatchNewWITSVIDResponse_Result)[];
}

export interface BatchNewWITSVIDResponseOutput {
  'results': (_spire_api_server_svid_v1_BatchNewWITSVIDResponse_ResultOutput)[];
}
