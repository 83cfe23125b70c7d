// From proto/spire/api/server/svid/v1/svid.proto

import type { MethodDefinition } from '@grpc/proto-loader'
import type { BatchNewWITSVIDRequest as _spire_api_server_svid_v1_BatchNewWITSVIDRequest, BatchNewWITSVIDRequestOutput as _spire_api_server_svid_v1_BatchNewWITSVIDRequestOutput } from '../../../../../spire/api/server/svid/v1/BatchNewWITSVIDRequest.ts';
import type { BatchNewWITSVIDResponse as _spire_api_server_svid_v1_BatchNewWITSVIDResponse, BatchNewWITSVIDResponseOutput as _spire_api_server_svid_v1_BatchNewWITSVIDResponseOutput } from '../../../../../spire/api/server/svid/v1/BatchNewWITSVIDResponse.ts';
import type { BatchNewX509SVIDRequest as _spire_api_server_svid_v1_BatchNewX509SVIDRequest, BatchNewX509SVIDRequestOutput as _spire_api_server_svid_v1_BatchNewX509SVIDRequestOutput } from '../../../../../spire/api/server/svid/v1/BatchNewX509SVIDRequest.ts';
import type { BatchNewX509SVIDResponse as _spire_api_server_svid_v1_BatchNewX509SVIDResponse, BatchNewX509SVIDResponseOutput as _spire_api_server_svid_v1_BatchNewX509SVIDResponseOutput } from '../../../../../spire/api/server/svid/v1/BatchNewX509SVIDResponse.ts';
import type { MintJWTSVIDRequest as _spire_api_server_svid_v1_MintJWTSVIDRequest, MintJWTSVIDRequestOutput as _spire_api_server_svid_v1_MintJWTSVIDRequestOutput } from '../../../../../spire/api/server/svid/v1/MintJWTSVIDRequest.ts';
import type { MintJWTSVIDResponse as _spire_api_server_svid_v1_MintJWTSVIDResponse, MintJWTSVIDResponseOutput as _spire_api_server_svid_v1_MintJWTSVIDResponseOutput } from '../../../../../spire/api/server/svid/v1/MintJWTSVIDResponse.ts';
import type { MintWITSVIDRequest as _spire_api_server_svid_v1_MintWITSVIDRequest, MintWITSVIDRequestOutput as _spire_api_server_svid_v1_MintWITSVIDRequestOutput } from '../../../../../spire/api/server/svid/v1/MintWITSVIDRequest.ts';
import type { MintWITSVIDResponse as _spire_api_server_svid_v1_MintWITSVIDResponse, MintWITSVIDResponseOutput as _spire_api_server_svid_v1_MintWITSVIDResponseOutput } from '../../../../../spire/api/server/svid/v1/MintWITSVIDResponse.ts';
import type { MintX509SVIDRequest as _spire_api_server_svid_v1_MintX509SVIDRequest, MintX509SVIDRequestOutput as _spire_api_server_svid_v1_MintX509SVIDRequestOutput } from '../../../../../spire/api/server/svid/v1/MintX509SVIDRequest.ts';
import type { MintX509SVIDResponse as _spire_api_server_svid_v1_MintX509SVIDResponse, MintX509SVIDResponseOutput as _spire_api_server_svid_v1_MintX509SVIDResponseOutput } from '../../../../../spire/api/server/svid/v1/MintX509SVIDResponse.ts';
import type { NewDownstreamX509CARequest as _spire_api_server_svid_v1_NewDownstreamX509CARequest, NewDownstreamX509CARequestOutput as _spire_api_server_svid_v1_NewDownstreamX509CARequestOutput } from '../../../../../spire/api/server/svid/v1/NewDownstreamX509CARequest.ts';
import type { NewDownstreamX509CAResponse as _spire_api_server_svid_v1_NewDownstreamX509CAResponse, NewDownstreamX509CAResponseOutput as _spire_api_server_svid_v1_NewDownstreamX509CAResponseOutput } from '../../../../../spire/api/server/svid/v1/NewDownstreamX509CAResponse.ts';
import type { NewJWTSVIDRequest as _spire_api_server_svid_v1_NewJWTSVIDRequest, NewJWTSVIDRequestOutput as _spire_api_server_svid_v1_NewJWTSVIDRequestOutput } from '../../../../../spire/api/server/svid/v1/NewJWTSVIDRequest.ts';
import type { NewJWTSVIDResponse as _spire_api_server_svid_v1_NewJWTSVIDResponse, NewJWTSVIDResponseOutput as _spire_api_server_svid_v1_NewJWTSVIDResponseOutput } from '../../../../../spire/api/server/svid/v1/NewJWTSVIDResponse.ts';

export interface SVIDDefinition {
  BatchNewWITSVID: MethodDefinition<_spire_api_server_svid_v1_BatchNewWITSVIDRequest, _spire_api_server_svid_v1_BatchNewWITSVIDResponse, _spire_api_server_svid_v1_BatchNewWITSVIDRequestOutput, _spire_api_server_svid_v1_BatchNewWITSVIDResponseOutput>
  BatchNewX509SVID: MethodDefinition<_spire_api_server_svid_v1_BatchNewX509SVIDRequest, _spire_api_server_svid_v1_BatchNewX509SVIDResponse, _spire_api_server_svid_v1_BatchNewX509SVIDRequestOutput, _spire_api_server_svid_v1_BatchNewX509SVIDResponseOutput>
  MintJWTSVID: MethodDefinition<_spire_api_server_svid_v1_MintJWTSVIDRequest, _spire_api_server_svid_v1_MintJWTSVIDResponse, _spire_api_server_svid_v1_MintJWTSVIDRequestOutput, _spire_api_server_svid_v1_MintJWTSVIDResponseOutput>
  MintWITSVID: MethodDefinition<_spire_api_server_svid_v1_MintWITSVIDRequest, _spire_api_server_svid_v1_MintWITSVIDResponse, _spire_api_server_svid_v1_MintWITSVIDRequestOutput, _spire_api_server_svid_v1_MintWITSVIDResponseOutput>
  MintX509SVID: MethodDefinition<_spire_api_server_svid_v1_MintX509SVIDRequest, _spire_api_server_svid_v1_MintX509SVIDResponse, _spire_api_server_svid_v1_MintX509SVIDRequestOutput, _spire_api_server_svid_v1_MintX509SVIDResponseOutput>
  NewDownstreamX509CA: MethodDefinition<_spire_api_server_svid_v1_NewDownstreamX509CARequest, _spire_api_server_svid_v1_NewDownstreamX509CAResponse, _spire_api_server_svid_v1_NewDownstreamX509CARequestOutput, _spire_api_server_svid_v1_NewDownstreamX509CAResponseOutput>
  NewJWTSVID: MethodDefinition<_spire_api_server_svid_v1_NewJWTSVIDRequest, _spire_api_server_svid_v1_NewJWTSVIDResponse, _spire_api_server_svid_v1_NewJWTSVIDRequestOutput, _spire_api_server_svid_v1_NewJWTSVIDResponseOutput>
}
