// From proto/spire/api/server/svid/v1/svid.proto

import type { WITSVID as _spire_api_types_WITSVID, WITSVIDOutput as _spire_api_types_WITSVIDOutput } from '../../../../../spire/api/types/WITSVID.ts';

export interface MintWITSVIDResponse {
  'svid'?: (_spire_api_types_WITSVID | null);
}

export interface MintWITSVIDResponseOutput {
  'svid': (_spire_api_types_WITSVIDOutput | null);
}
