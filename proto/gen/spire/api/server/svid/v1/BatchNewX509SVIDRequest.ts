// From proto/spire/api/server/svid/v1/svid.proto

import type { NewX509SVIDParams as _spire_api_server_svid_v1_NewX509SVIDParams, NewX509SVIDParamsOutput as _spire_api_server_svid_v1_NewX509SVIDParamsOutput } from '../../../../../spire/api/server/svid/v1/NewX509SVIDParams.ts';

export interface BatchNewX509SVIDRequest {
  'params'?: (_spire_api_server_svid_v1_NewX509SVIDParams)[];
}

export interface BatchNewX509SVIDRequestOutput {
  'params': (_spire_api_server_svid_v1_NewX509SVIDParamsOutput)[];
}
