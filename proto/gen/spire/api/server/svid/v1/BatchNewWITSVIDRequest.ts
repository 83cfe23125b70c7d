// From proto/spire/api/server/svid/v1/svid.proto

import type { NewWITSVIDParams as _spire_api_server_svid_v1_NewWITSVIDParams, NewWITSVIDParamsOutput as _spire_api_server_svid_v1_NewWITSVIDParamsOutput } from '../../../../../spire/api/server/svid/v1/NewWITSVIDParams.ts';

export interface BatchNewWITSVIDRequest {
  'params'?: (_spire_api_server_svid_v1_NewWITSVIDParams)[];
}

export interface BatchNewWITSVIDRequestOutput {
  'params': (_spire_api_server_svid_v1_NewWITSVIDParamsOutput)[];
}
