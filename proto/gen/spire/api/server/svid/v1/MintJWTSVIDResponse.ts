// From proto/spire/api/server/svid/v1/svid.proto

import type { JWTSVID as _spire_api_types_JWTSVID, JWTSVIDOutput as _spire_api_types_JWTSVIDOutput } from '../../../../../spire/api/types/JWTSVID.ts';

export interface MintJWTSVIDResponse {
  'svid'?: (_spire_api_types_JWTSVID | null);
}

export interface MintJWTSVIDResponseOutput {
  'svid': (_spire_api_types_JWTSVIDOutput | null);
}
