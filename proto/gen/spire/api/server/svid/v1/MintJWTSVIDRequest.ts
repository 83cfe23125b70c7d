// From proto/spire/api/server/svid/v1/svid.proto

import type { SPIFFEID as _spire_api_types_SPIFFEID, SPIFFEIDOutput as _spire_api_types_SPIFFEIDOutput } from '../../../../../spire/api/types/SPIFFEID.ts';

export interface MintJWTSVIDRequest {
  'id'?: (_spire_api_types_SPIFFEID | null);
  'audience'?: (string)[];
  'ttl'?: (number);
}

export interface MintJWTSVIDRequestOutput {
  'id': (_spire_api_types_SPIFFEIDOutput | null);
  'audience': (string)[];
  'ttl': (number);
}
