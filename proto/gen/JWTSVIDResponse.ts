// From proto/spiffe/workload/workload.proto

import type { JWTSVID as _JWTSVID, JWTSVIDOutput as _JWTSVIDOutput } from './JWTSVID.ts';

export interface JWTSVIDResponse {
  'svids'?: (_JWTSVID)[];
}

export interface JWTSVIDResponseOutput {
  'svids': (_JWTSVIDOutput)[];
}
