// From proto/spire/api/agent/delegatedidentity/v1/delegatedidentity.proto

import type { JWTSVID as _spire_api_types_JWTSVID, JWTSVIDOutput as _spire_api_types_JWTSVIDOutput } from '../../../../../spire/api/types/JWTSVID.ts';

export interface FetchJWTSVIDsResponse {
  'svids'?: (_spire_api_types_JWTSVID)[];
}

export interface FetchJWTSVIDsResponseOutput {
  'svids': (_spire_api_types_JWTSVIDOutput)[];
}
