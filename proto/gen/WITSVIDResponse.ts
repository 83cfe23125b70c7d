// From proto/spiffe/workload/workload.proto

import type { WITSVID as _WITSVID, WITSVIDOutput as _WITSVIDOutput } from './WITSVID.ts';

export interface WITSVIDResponse {
  'svids'?: (_WITSVID)[];
}

export interface WITSVIDResponseOutput {
  'svids': (_WITSVIDOutput)[];
}
